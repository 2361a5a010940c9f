package values

import (
	"maps"
	"slices"

	"github.com/weir-dev/weir/schema/diag"
)

// Plain returns the value as a tree of its own that the caller may change: nil,
// bool, int64, float64, string, []any and map[string]any.
func (n *Node) Plain() any {
	if n == nil {
		return nil
	}
	switch v := n.Value.(type) {
	case map[string]*Node:
		m := make(map[string]any, len(v))
		for k, c := range v {
			m[k] = c.Plain()
		}
		return m
	case []*Node:
		l := make([]any, len(v))
		for i, c := range v {
			l[i] = c.Plain()
		}
		return l
	}
	return n.Value
}

// PlainMap is Plain for a tree that is a map; an empty map for any other.
func (n *Node) PlainMap() map[string]any {
	if m, ok := n.Plain().(map[string]any); ok {
		return m
	}
	return map[string]any{}
}

// Map returns the entries of a map, nil for anything else. The caller must not
// change them.
func (n *Node) Map() map[string]*Node {
	if n == nil {
		return nil
	}
	m, _ := n.Value.(map[string]*Node)
	return m
}

// At returns the value at a path, nil where there is none.
func (n *Node) At(p Path) *Node {
	found, rest := n.Nearest(p)
	if len(rest) > 0 {
		return nil
	}
	return found
}

// Nearest returns the deepest value on the way to a path and what is left of
// the path below it.
func (n *Node) Nearest(p Path) (*Node, Path) {
	for i, s := range p {
		next := n.child(s)
		if next == nil {
			return n, p[i:]
		}
		n = next
	}
	return n, nil
}

func (n *Node) child(s Step) *Node {
	if n == nil {
		return nil
	}
	switch v := n.Value.(type) {
	case map[string]*Node:
		if s.IsKey() {
			return v[s.Key]
		}
	case []*Node:
		if !s.IsKey() && s.Index >= 0 && s.Index < len(v) {
			return v[s.Index]
		}
	}
	return nil
}

// Find returns the value at a written path, as in `ingress.hosts[0].host`. It
// is nil where there is none or the path cannot be read (see ParsePath).
func (n *Node) Find(path string) *Node {
	p, err := ParsePath(path)
	if err != nil {
		return nil
	}
	return n.At(p)
}

// Leaf is a value that has nothing below it, with its story. Empty maps and
// empty lists are leaves too, but for a tree that is all empty.
type Leaf struct {
	Path      Path
	Value     any // nil, bool, int64, float64, string, an empty []any or an empty map[string]any
	Origin    diag.Range
	Layer     string
	Over      []*Node // what it replaced at its path, the most recent first
	Sensitive bool    // it or something above it
}

// Leaves lists the leaves of a tree, keys sorted, list items in their order.
func (n *Node) Leaves() []Leaf {
	if n == nil {
		return nil
	}
	var all []Leaf
	leaves(n, nil, nil, false, &all)
	return all
}

func leaves(n *Node, path Path, over []*Node, sensitive bool, all *[]Leaf) {
	sensitive = sensitive || n.Sensitive
	if len(n.Over) > 0 {
		over = slices.Concat(n.Over, over) // what replaced a map or a list replaced all in it, earlier
	}
	switch v := n.Value.(type) {
	case map[string]*Node:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			leaves(v[k], path.Key(k), below(over, Step{Key: k, Index: isKey}), sensitive, all)
		}
		if len(v) > 0 || len(path) == 0 {
			return
		}
	case []*Node:
		for i, c := range v {
			leaves(c, path.Item(i), below(over, Step{Index: i}), sensitive, all)
		}
		if len(v) > 0 {
			return
		}
	}
	*all = append(*all, Leaf{Path: path, Value: n.Plain(), Origin: n.Origin, Layer: n.Layer, Over: over, Sensitive: sensitive})
}

// below follows replaced values one step down. A single value or a list too
// short stands for itself, as it filled the whole place; a map that had no such
// key replaced nothing here.
func below(over []*Node, s Step) []*Node {
	if len(over) == 0 {
		return nil
	}
	var kept []*Node
	for _, o := range over {
		if c := o.child(s); c != nil {
			kept = append(kept, c)
		} else if _, ok := o.Value.(map[string]*Node); !ok {
			kept = append(kept, o)
		}
	}
	return kept
}
