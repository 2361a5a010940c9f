package risk

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

type way struct{ kind, key, peers string }

// ways are the directions that a NetworkPolicy restricts, with the fields that
// say what it allows. Read only.
var ways = []way{{"Ingress", "ingress", "from"}, {"Egress", "egress", "to"}}

// isolated fires for a policy that closes what was open: pods that no policy
// selected may talk to everybody, and from the first one on only as it says.
func isolated(o *object) []finding {
	if !isPolicy(o.after) || o.Hook() {
		return nil
	}
	selects := o.after.company()
	if selects == nil {
		return nil
	}
	c, spec, before := o.in.in, sub(o.after.tree(), "spec"), sub(o.before.tree(), "spec")
	var found []finding
	for _, way := range ways {
		if !closes(spec, way) {
			continue
		}
		all := selects(c.podsIn(present, o.After.ID.Namespace))
		if !isPolicy(o.before) || !closes(before, way) || !reflect.DeepEqual(spec["podSelector"], before["podSelector"]) {
			all = slices.Concat(all, selects(c.podsElsewhere(o.After.ID.Namespace)))
		}
		var names []string
		for _, p := range all {
			if was := p.on.was(); was != nil && c.open(past, was, way.kind) {
				names = append(names, p.on.title(o.in))
			}
		}
		if len(names) == 0 {
			continue
		}
		said := "everybody could reach %s; now only what NetworkPolicies allow"
		if way.kind == "Egress" {
			said = "%s could reach everything; now only what NetworkPolicies allow"
		}
		found = append(found, finding{path: path("spec", way.key), reason: fmt.Sprintf(said, some(unique(names)))})
	}
	return found
}

// restriction is a policy by what it restricts.
type restriction struct {
	selects labels.Selector
	ways    map[string]bool
}

func restrictionsOf(policies []*side) []restriction {
	var all []restriction
	for _, s := range policies {
		spec := sub(s.tree(), "spec")
		has := restriction{selectorOf(sub(spec, "podSelector")), map[string]bool{}}
		for _, w := range ways {
			has.ways[w.kind] = restricts(spec, w.kind, w.key)
		}
		if has.selects != nil {
			all = append(all, has)
		}
	}
	return all
}

// open tells whether no policy of the cluster restricts a workload's pods.
func (c *cluster) open(m moment, workload *side, way string) bool {
	policies := kind{"networking.k8s.io", "NetworkPolicy"}
	namespace := workload.ID.Namespace
	known := remembered(&c.restrictions[m], namespace, func() []restriction { return restrictionsOf(c.known(m, namespace, policies)) })
	if restricted(known, workload, way) {
		return false
	}
	others := remembered(&c.restrictionsElsewhere, namespace, func() []restriction { return restrictionsOf(c.elsewhere(namespace, policies)) })
	return !restricted(others, workload, way)
}

func restricted(by []restriction, workload *side, way string) bool {
	for _, p := range workload.podsOf() {
		set := labelsOf(p.template)
		for _, r := range by {
			if r.ways[way] && r.selects.Matches(set) {
				return true
			}
		}
	}
	return false
}
