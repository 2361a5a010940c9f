package engine

import (
	"slices"

	"github.com/weir-dev/weir/engine/values"
)

// sensitive are the texts that nobody may read: what sensitive variables are set
// to, on both sides, and what values were made of them.
func (c *comparison) sensitive(run Run) []string {
	all := run.Project.Sensitive()
	for _, project := range c.projects {
		all = append(all, project.Sensitive()...)
	}
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
