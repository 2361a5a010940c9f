package engine

import (
	"slices"

	"github.com/weir-dev/weir/engine/values"
)

// sensitive are the texts that nobody may read: the leaves of sensitive values
// of all releases of both sides.
func (c *comparison) sensitive() []string {
	var all []string
	for _, p := range c.pairs {
		for _, m := range []*making{p.before, p.after} {
			if m != nil {
				all = appendSensitive(all, m.release.Values, false)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func appendSensitive(all []string, n *values.Node, above bool) []string {
	if n == nil {
		return all
	}
	above = above || n.Sensitive
	switch v := n.Value.(type) {
	case map[string]*values.Node:
		for _, child := range v {
			all = appendSensitive(all, child, above)
		}
	case []*values.Node:
		for _, child := range v {
			all = appendSensitive(all, child, above)
		}
	case string:
		if above && v != "" {
			all = append(all, v)
		}
	}
	return all
}
