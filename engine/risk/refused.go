package risk

import (
	"fmt"
	"slices"
)

// contradicts fires for a workload that does not select its own pods, whichever
// of the two changes.
func contradicts(o *object) []finding {
	asks := unmet(o.after)
	if asks == "" || unmet(o.before) != "" {
		return nil
	}
	at := path("spec", "selector")
	if o.before != nil && len(leaves(at, get(o.before.tree(), "spec", "selector"), get(o.after.tree(), "spec", "selector"))) == 0 {
		at = path("spec", "template", "metadata", "labels")
	}
	return []finding{{path: at, reason: fmt.Sprintf("its selector asks for %s, which the labels of its own pods do not meet: applying fails", asks)}}
}

// unmet is what a workload's selector asks for and its own pods do not have; empty
// where they have it, or need not.
func unmet(s *side) string {
	if s == nil {
		return ""
	}
	selector := sub(s.tree(), "spec", "selector")
	switch {
	case is(s.ID, "apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
	case is(s.ID, "batch", "Job") && truth(s.tree(), "spec", "manualSelector"):
	case is(s.ID, "", "ReplicationController"):
		selector = tree{"matchLabels": selector}
	default:
		return ""
	}
	selects := selectorOf(selector)
	if selects == nil {
		return ""
	}
	set := labelsOf(sub(s.tree(), "spec", "template"))
	requirements, _ := selects.Requirements()
	var asks []string
	for _, r := range requirements {
		if !r.Matches(set) {
			asks = append(asks, r.String())
		}
	}
	slices.Sort(asks)
	return some(asks)
}
