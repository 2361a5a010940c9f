package values

import (
	"cmp"
	"slices"
)

// Merge lays layers over each other, the lowest first: maps merge deeply, lists
// and everything else replace, null is a value like any other (Helm deletes the
// chart's default for it later) and a later layer may set its key again. The
// result is a map and never nil. Every value gets the name of its layer, unless
// it has one, and the values that it replaced. What only one layer says is
// shared with it where it was labelled before (see Label). A root that is nil or
// no map says nothing.
func Merge(layers []Layer) *Node {
	roots := make([]contribution, 0, len(layers))
	for _, l := range layers {
		if l.Root == nil {
			continue
		}
		if _, ok := l.Root.Value.(map[string]*Node); ok {
			roots = append(roots, contribution{l.Root, l.Name})
		}
	}
	if len(roots) == 0 {
		return &Node{Value: map[string]*Node{}}
	}
	m := merger{}
	return m.merge(roots)
}

// Label returns the tree with the layer's name on every value that has none.
// Merge does that by itself; a tree that goes into many merges is labelled once
// and then shared by all results.
func Label(name string, root *Node) *Node {
	if root == nil || root.Layer != "" {
		return root // a labelled node is labelled all the way down
	}
	c := *root
	c.Layer = name
	switch v := root.Value.(type) {
	case map[string]*Node:
		m := make(map[string]*Node, len(v))
		for k, n := range v {
			m[k] = Label(name, n)
		}
		c.Value = m
	case []*Node:
		l := make([]*Node, len(v))
		for i, n := range v {
			l[i] = Label(name, n)
		}
		c.Value = l
	}
	return &c
}

// contribution is what one layer says at one path.
type contribution struct {
	node  *Node
	layer string
}

// merger holds the stack of contributions of the paths being merged, so that
// a merge of many keys allocates it once.
type merger struct {
	stack []contribution
}

// merge combines what the layers say at one path: runs of maps become one map,
// and everything else replaces what is below it.
func (m *merger) merge(all []contribution) *Node {
	var result *Node
	for len(all) > 0 {
		run := leadingMaps(all)
		var next *Node
		if run > 1 {
			next = m.mergeMaps(all[:run])
		} else {
			run = 1
			next = Label(all[0].layer, all[0].node)
		}
		if result != nil {
			next = replacing(next, result)
		}
		result, all = next, all[run:]
	}
	return result
}

// leadingMaps counts the maps at the start of a list of contributions that
// unite. A map that replaced something, in a merge before this one, replaces
// what is below it here too: merging is associative.
func leadingMaps(all []contribution) int {
	for i, c := range all {
		if _, ok := c.node.Value.(map[string]*Node); !ok || i > 0 && len(c.node.Over) > 0 {
			return i
		}
	}
	return len(all)
}

// replacing is next with what it replaced on record, the most recent first.
func replacing(next, old *Node) *Node {
	c := *next
	c.Over = make([]*Node, 0, len(next.Over)+1+len(old.Over))
	c.Over = append(append(append(c.Over, next.Over...), old), old.Over...)
	return &c
}

// mergeMaps unites maps; the place of the result is that of the highest one.
func (m *merger) mergeMaps(all []contribution) *Node {
	all = speaking(all)
	top := all[len(all)-1]
	if len(all) == 1 {
		return Label(top.layer, top.node)
	}
	size := 0
	for _, c := range all {
		size = max(size, len(c.node.Value.(map[string]*Node)))
	}
	out := make(map[string]*Node, size)
	for i, c := range all {
		for key := range c.node.Value.(map[string]*Node) {
			if _, ok := out[key]; ok {
				continue
			}
			base := len(m.stack)
			for _, later := range all[i:] {
				if n, ok := later.node.Value.(map[string]*Node)[key]; ok {
					m.stack = append(m.stack, contribution{n, later.layer})
				}
			}
			if said := m.stack[base:]; len(said) == 1 {
				out[key] = Label(said[0].layer, said[0].node)
			} else {
				out[key] = m.merge(said)
			}
			m.stack = m.stack[:base]
		}
	}
	merged := *top.node
	merged.Value = out
	merged.Layer = cmp.Or(top.node.Layer, top.layer)
	merged.Over = all[0].node.Over // no other has any, see leadingMaps
	for _, c := range all {
		merged.Sensitive = merged.Sensitive || c.node.Sensitive
	}
	return &merged
}

// speaking leaves out the maps that say nothing: empty ones beside others.
func speaking(all []contribution) []contribution {
	silent := func(c contribution) bool {
		return len(c.node.Value.(map[string]*Node)) == 0 && len(c.node.Over) == 0 && !c.node.Sensitive
	}
	if !slices.ContainsFunc(all, silent) {
		return all
	}
	kept := slices.DeleteFunc(slices.Clone(all), silent)
	if len(kept) == 0 {
		return all[:1]
	}
	return kept
}
