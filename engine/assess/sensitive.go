package assess

import (
	"slices"
	"strconv"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/engine/work"
)

// sensitive are the texts that nobody may read: what sensitive variables are set
// to, on both sides, and what values were made of them.
func sensitive(run work.Run, c *compare.Comparison) []string {
	all := slices.Concat(run.Project.Sensitive(), c.Secrets)
	for _, p := range c.Pairs {
		for _, m := range []*compare.Making{p.Was, p.Is} {
			if m != nil {
				all = appendSensitive(all, m.Release.Values, false)
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
	default:
		if text := sensitiveText(v); above && text != "" {
			all = append(all, text)
		}
	}
	return all
}

// sensitiveText is what a value is written as; empty for what says nothing by
// itself, as true does.
func sensitiveText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
