package render

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Lint notes the top-level keys of a release's values that nothing in the chart
// reads. It is silent where it cannot know: where a template uses .Values as a
// whole. Keys that begin with `x-`, `_` or a dot hold anchors and are nobody's
// mistake.
func (c *Chart) Lint(vals *values.Node) []Note {
	var suspects []string
	read := c.reads()
	if read.whole {
		return nil
	}
	for key := range vals.Map() {
		if !read.keys[key] && !strings.HasPrefix(key, "x-") && !strings.HasPrefix(key, "_") && !strings.HasPrefix(key, ".") {
			suspects = append(suspects, key)
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	inTexts := &reads{keys: map[string]bool{}} // values may be given to tpl
	inTexts.node(vals)
	if inTexts.whole {
		return nil
	}
	var notes []Note
	slices.Sort(suspects)
	for _, key := range suspects {
		if inTexts.keys[key] {
			continue
		}
		n := Note{
			Summary: fmt.Sprintf("value `%s` is read by no template of chart %q", dotted([]string{key}), c.top.chart.Name()),
			Remedy:  "Remove it, or correct its name.",
			Value:   []string{key},
		}
		if s := diag.DidYouMean(key, slices.Collect(maps.Keys(read.keys))); s != "" {
			n.Remedy = s
		}
		notes = append(notes, n)
	}
	return notes
}

// reads are the top-level keys of values that templates read.
type reads struct {
	keys  map[string]bool
	whole bool
}

// reads looks at every template once. A key counts as read wherever a template
// of the chart or of a sub-chart reads one of that name, since a definition may
// be run with the values of either.
func (c *Chart) reads() *reads {
	c.readOnce.Do(func() {
		r := &reads{keys: map[string]bool{chartutil.GlobalKey: true, "tags": true}}
		c.readBy(r, c.top)
		c.read = r
	})
	return c.read
}

func (c *Chart) readBy(r *reads, n *node) {
	for _, d := range n.chart.Metadata.Dependencies {
		if n != c.top {
			break
		}
		r.keys[d.Name], r.keys[d.Alias] = true, true
		for condition := range strings.SplitSeq(d.Condition, ",") {
			first, _, _ := strings.Cut(strings.TrimSpace(condition), ".")
			r.keys[first] = true
		}
		for _, v := range d.ImportValues {
			if m, ok := v.(map[string]any); ok {
				first, _, _ := strings.Cut(fmt.Sprint(m["parent"]), ".")
				r.keys[first] = true
			}
		}
	}
	for _, t := range n.chart.Templates {
		c.mu.Lock()
		parsed, err := c.parseFile(n.prefix+t.Name, t)
		c.mu.Unlock()
		if err != nil {
			r.whole = true // who knows what it would read
			continue
		}
		own := &reads{keys: r.keys}
		for _, tree := range parsed.trees {
			own.tree(tree.Root)
		}
		// Of a sub-chart's own templates .Values is another one.
		r.whole = r.whole || own.whole && (n == c.top || strings.HasPrefix(path.Base(t.Name), "_"))
	}
	for _, f := range n.chart.Files {
		r.text(string(f.Data)) // may be given to tpl
	}
	if n == c.top {
		r.plain(n.chart.Values)
	}
	for _, child := range n.children {
		if n == c.top {
			r.keys[child.chart.Name()] = true
		}
		c.readBy(r, child)
	}
}

func (r *reads) tree(root parse.Node) {
	eachNode(root, func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ActionNode:
			r.pipe(n.Pipe)
		case *parse.IfNode:
			r.pipe(n.Pipe)
		case *parse.WithNode:
			r.pipe(n.Pipe)
		case *parse.RangeNode:
			r.pipe(n.Pipe)
		case *parse.TemplateNode:
			r.pipe(n.Pipe)
		}
	})
}

func (r *reads) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		args := c.Args
		if key, rest, ok := lookup(args); ok {
			r.keys[key] = true
			args = rest
		}
		for _, arg := range args {
			r.expression(arg)
		}
	}
}

// lookup takes the key out of `index .Values "key"` and its like.
func lookup(args []parse.Node) (key string, rest []parse.Node, ok bool) {
	if len(args) < 3 {
		return "", nil, false
	}
	function, isName := args[0].(*parse.IdentifierNode)
	if !isName {
		return "", nil, false
	}
	from, name := args[1], args[2]
	switch function.Ident {
	case "index", "get", "hasKey":
	case "dig", "pluck":
		from, name = args[len(args)-1], args[1]
	default:
		return "", nil, false
	}
	s, isString := name.(*parse.StringNode)
	if !isString || !isValues(fields(from)) {
		return "", nil, false
	}
	for _, arg := range args[1:] {
		if arg != from && arg != name {
			rest = append(rest, arg)
		}
	}
	return s.Text, rest, true
}

func isValues(names []string) bool { return len(names) > 0 && names[len(names)-1] == "Values" }

// fields are the names behind a dot, a variable or a parenthesis.
func fields(n parse.Node) []string {
	switch n := n.(type) {
	case *parse.FieldNode:
		return n.Ident
	case *parse.VariableNode:
		return n.Ident[1:]
	case *parse.ChainNode:
		return n.Field
	}
	return nil
}

func (r *reads) expression(n parse.Node) {
	switch n := n.(type) {
	case *parse.PipeNode:
		r.pipe(n)
		return
	case *parse.ChainNode:
		if p, ok := n.Node.(*parse.PipeNode); ok {
			r.pipe(p)
		}
	}
	names := fields(n)
	for i, name := range names {
		if name != "Values" {
			continue
		}
		if i+1 == len(names) || valuesMethods[names[i+1]] {
			r.whole = true
		} else {
			r.keys[names[i+1]] = true
		}
	}
}

// valuesMethods are what chartutil.Values can be asked for. Read only.
var valuesMethods = map[string]bool{"AsMap": true, "Encode": true, "PathValue": true, "Table": true, "YAML": true}

var valuesInText = regexp.MustCompile(`\.Values(?:\.([A-Za-z_][A-Za-z0-9_]*))?`)

// text looks for reads in a text that may be a template.
func (r *reads) text(s string) {
	if !strings.Contains(s, "{{") {
		return
	}
	for _, m := range valuesInText.FindAllStringSubmatch(s, -1) {
		if m[1] == "" {
			r.whole = true
		} else {
			r.keys[m[1]] = true
		}
	}
}

func (r *reads) node(n *values.Node) {
	switch v := n.Value.(type) {
	case string:
		r.text(v)
	case []*values.Node:
		for _, x := range v {
			r.node(x)
		}
	case map[string]*values.Node:
		for _, x := range v {
			r.node(x)
		}
	}
}

func (r *reads) plain(v any) {
	switch v := v.(type) {
	case string:
		r.text(v)
	case []any:
		for _, x := range v {
			r.plain(x)
		}
	case map[string]any:
		for _, x := range v {
			r.plain(x)
		}
	}
}
