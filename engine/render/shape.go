package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// keepShapes bounds how many shapes a chart holds.
const keepShapes = 32

// shape is a chart with its dependencies decided: those that are off are gone,
// aliases have their names, imported values are in place. Conditions and tags
// are all of a release's values that it depends on, so releases share shapes.
// Nothing changes one after it was made.
type shape struct {
	root     *chart.Chart
	set      *set
	warnings []string
}

// shape returns the chart's shape for some values.
func (c *Chart) shape(vals map[string]any) (*shape, error) {
	key := c.top.shapeKey(vals)
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.shapes[key]; ok {
		return s, nil
	}
	s := &shape{root: c.top.instance()}
	var err error
	logged := quietly(func() { err = chartutil.ProcessDependenciesWithMerge(s.root, vals) })
	if err != nil {
		return nil, err
	}
	for _, line := range logged {
		if strings.HasPrefix(line, "Warning: ") { // those about values come back when they are coalesced
			s.warnings = append(s.warnings, line)
		}
	}
	if s.set, err = c.newSet(s.root); err != nil {
		return nil, err
	}
	if len(c.shapes) >= keepShapes {
		clear(c.shapes)
	}
	c.shapes[key] = s
	return s, nil
}

// shapeKey writes down everything in a release's values that dependency
// processing looks at: tags, conditions, and whether the places of sub-charts
// are maps.
func (n *node) shapeKey(vals map[string]any) string {
	k := &shapeKey{vals: vals}
	k.whole("tags")
	k.node(n, nil)
	if k.global {
		k.whole("global")
	}
	return k.String()
}

type shapeKey struct {
	strings.Builder
	vals   map[string]any
	global bool
}

func (k *shapeKey) node(n *node, at []string) {
	declared := map[string]bool{}
	for _, d := range n.chart.Metadata.Dependencies {
		declared[d.Name] = true
		name := d.Name
		if d.Alias != "" {
			name = d.Alias
		}
		for condition := range strings.SplitSeq(strings.TrimSpace(d.Condition), ",") {
			if condition != "" {
				k.global = k.global || strings.Contains(condition, chartutil.GlobalKey)
				k.value(append(at[:len(at):len(at)], strings.Split(condition, ".")...))
			}
		}
		for _, child := range n.children {
			if child.chart.Name() == d.Name {
				k.child(child, name, at)
			}
		}
	}
	for _, child := range n.children {
		if !declared[child.chart.Name()] {
			k.child(child, child.chart.Name(), at)
		}
	}
}

func (k *shapeKey) child(n *node, name string, at []string) {
	below := append(at[:len(at):len(at)], name)
	k.value(below)
	k.value([]string{name}) // Helm looks for a sub-chart's sub-charts at the top too
	k.node(n, below)
}

// value writes what is at a path, or how far the path goes.
func (k *shapeKey) value(path []string) {
	var v any = k.vals
	for i, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			fmt.Fprintf(k, "%d:", i)
			break
		}
		if v, ok = m[key]; !ok {
			fmt.Fprintf(k, "%d;", i)
			return
		}
	}
	if _, ok := v.(map[string]any); ok {
		k.WriteString("{};")
		return
	}
	fmt.Fprintf(k, "%T=%v;", v, v)
}

func (k *shapeKey) whole(key string) {
	text, err := json.Marshal(k.vals[key])
	if err != nil {
		text = fmt.Append(nil, k.vals[key])
	}
	k.Write(text)
	k.WriteByte(';')
}
