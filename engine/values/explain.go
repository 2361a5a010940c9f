package values

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// ChartLayer is the name of the lowest layer where a caller adds the chart's
// own values.yaml, as Explain wants it.
const ChartLayer = "chart"

// Explanation answers why a value is what it is.
type Explanation struct {
	Path Path
	// Found tells whether any layer says something at the path. Where none
	// does, Known lists the keys that stand beside it, sorted.
	Found bool
	Known []string
	// Above is the path at which the answer was decided where a value above the
	// asked one leaves no room for it: `ingress` for `ingress.host` when ingress
	// is null. Empty otherwise.
	Above Path
	Set   Setting
	Over  []Setting // the most recent first
	// InChart tells that the chart's values.yaml has a value there; Deleted that
	// a null takes it away, so that the chart sees nothing.
	InChart bool
	Deleted bool
	// Leaves are the values below the path, where it is a map or a list.
	Leaves Origins
}

// Explain tells the story of one path of a merged tree.
func (n *Node) Explain(path Path) Explanation {
	e := Explanation{Path: path}
	at, sensitive, over := n, n.Sensitive, n.Over
	for i, s := range path {
		next := at.child(s)
		over = below(over, s)
		if next == nil && len(keys(at)) == 0 && i > 0 {
			e.Above = path[:i] // null or a single value instead of what is asked for
			for _, s := range path[i+1:] {
				over = below(over, s)
			}
			break
		}
		if next == nil {
			e.Known = keys(at)
			return e
		}
		at, sensitive, over = next, sensitive || next.Sensitive, slices.Concat(next.Over, over)
	}
	e.Found = true
	e.Set = setting(at.Masked(), at, sensitive)
	for _, o := range over {
		e.Over = append(e.Over, setting(o.Masked(), o, sensitive))
	}
	e.Deleted = at.Value == nil
	switch v := at.Value.(type) {
	case map[string]*Node, []*Node:
		var all []Leaf
		leaves(&Node{Value: v, Origin: at.Origin, Layer: at.Layer}, path, over, sensitive, &all)
		for _, l := range all {
			e.Leaves = append(e.Leaves, l.origin())
		}
	}
	e.InChart = e.Set.Layer == ChartLayer || fromChart(e.Over) ||
		slices.ContainsFunc(e.Leaves, func(o Origin) bool { return o.Set.Layer == ChartLayer || fromChart(o.Over) })
	return e
}

func fromChart(all []Setting) bool {
	return slices.ContainsFunc(all, func(s Setting) bool { return s.Layer == ChartLayer })
}

func keys(n *Node) []string {
	return slices.Sorted(maps.Keys(n.Map()))
}

// Text is the view for people: the value with every place that set it, or the
// leaves below it, each with its own.
func (e Explanation) Text() string {
	var b strings.Builder
	switch {
	case !e.Found:
		return fmt.Sprintf("%s is not set by any layer\n", e.Path)
	case e.Above != nil:
		fmt.Fprintf(&b, "%s is not set: %s is %s\n", e.Path, e.Above, e.Set.brief())
	case len(e.Path) > 0:
		fmt.Fprintf(&b, "%s = %s\n", e.Path, e.Set.brief())
	}
	if e.hasLeaves() {
		for line := range strings.Lines(e.Leaves.Text()) {
			b.WriteString("  " + line)
		}
		return b.String()
	}
	rows := append([]Setting{e.Set}, e.Over...)
	width := 0
	for _, s := range rows {
		width = max(width, utf8.RuneCountInString(s.Place()))
	}
	for i, s := range rows {
		label := "set by"
		if i > 0 {
			label = "over  "
		}
		fmt.Fprintf(&b, "  %s  %s%s  %s\n", label, s.Place(), strings.Repeat(" ", width-utf8.RuneCountInString(s.Place())), s.brief())
	}
	if e.Deleted && e.InChart {
		b.WriteString("  null takes the chart's default away\n")
	}
	return b.String()
}

// hasLeaves tells a map or a list with something in it that may be shown.
func (e Explanation) hasLeaves() bool {
	return e.Above == nil && !e.Set.Sensitive && len(e.Leaves) > 0 && len(e.Leaves[0].Path) > len(e.Path)
}

// MarshalJSON is the view for programs.
func (e Explanation) MarshalJSON() ([]byte, error) {
	type view struct {
		Path    Path      `json:"path"`
		Found   bool      `json:"found"`
		Above   string    `json:"above,omitempty"`
		Set     *Setting  `json:"set,omitempty"`
		Over    []Setting `json:"over,omitempty"`
		InChart bool      `json:"inChart"`
		Deleted bool      `json:"deleted"`
		Leaves  Origins   `json:"leaves,omitempty"`
	}
	v := view{Path: e.Path, Found: e.Found, Above: e.Above.String(), Over: e.Over, InChart: e.InChart, Deleted: e.Deleted, Leaves: e.Leaves}
	if e.Found {
		v.Set = &e.Set
	}
	return json.Marshal(v)
}
