package risk

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/manifest"
)

// ways are the directions that a NetworkPolicy restricts, with the fields that
// say what it allows. Read only.
var ways = []struct{ kind, key, peers string }{{"Ingress", "ingress", "from"}, {"Egress", "egress", "to"}}

// isolated fires for a policy that closes what was open: pods that no policy
// selected may talk to everybody, and from the first one on only as it says.
func isolated(o *object) []finding {
	if !isPolicy(o.after) || o.Hook() {
		return nil
	}
	spec := sub(o.after.tree(), "spec")
	var found []finding
	for _, way := range ways {
		if !restricts(spec, way.kind, way.key) || uncovered(items(spec, way.key), tree{}, way.peers) == nil {
			continue
		}
		var names []string
		for _, id := range o.in.after.chosen(o.after) {
			if was := o.in.before.find(id); was != nil && o.in.in.open(was, way.kind) {
				names = append(names, id.Kind+" "+id.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		said := "everybody could reach %s; now only what NetworkPolicies allow"
		if way.kind == "Egress" {
			said = "%s could reach everything; now only what NetworkPolicies allow"
		}
		found = append(found, finding{path: path("spec", way.key), reason: fmt.Sprintf(said, some(names))})
	}
	return found
}

// chosen lists the workloads whose pods a policy selects.
func (v *version) chosen(policy *side) []manifest.ID {
	selects := selectorOf(sub(policy.tree(), "spec", "podSelector"))
	if selects == nil {
		return nil
	}
	var ids []manifest.ID
	for _, pods := range v.podsIn(policy.ID.Namespace) {
		if selects.Matches(pods.labels) {
			ids = append(ids, pods.id)
		}
	}
	return ids
}

// podsIn are the workloads of a namespace with the labels of their pods.
func (v *version) podsIn(namespace string) []labelled {
	if v.labelled == nil {
		v.labelled = map[string][]labelled{}
		for o := range v.all() {
			for _, p := range v.side(o).podsOf() {
				v.labelled[o.ID.Namespace] = append(v.labelled[o.ID.Namespace], labelled{o.ID, labelsOf(p.template)})
			}
		}
	}
	return v.labelled[namespace]
}

// restriction is a policy as it was before, by what it restricts.
type restriction struct {
	selects labels.Selector
	ways    map[string]bool
}

// open tells whether no policy of the releases that change restricted a
// workload's pods before.
func (c *cluster) open(workload *side, way string) bool {
	if c.restrictions == nil {
		c.restrictions = map[string][]restriction{}
		for _, r := range c.releases {
			for _, s := range r.before.of("networking.k8s.io", "NetworkPolicy") {
				spec := sub(s.tree(), "spec")
				has := restriction{selectorOf(sub(spec, "podSelector")), map[string]bool{}}
				for _, w := range ways {
					has.ways[w.kind] = restricts(spec, w.kind, w.key)
				}
				if has.selects != nil {
					c.restrictions[s.ID.Namespace] = append(c.restrictions[s.ID.Namespace], has)
				}
			}
		}
	}
	for _, p := range workload.podsOf() {
		set := labelsOf(p.template)
		for _, r := range c.restrictions[workload.ID.Namespace] {
			if r.ways[way] && r.selects.Matches(set) {
				return false
			}
		}
	}
	return true
}
