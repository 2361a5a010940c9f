package risk

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/manifest"
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
	spec := sub(o.after.tree(), "spec")
	var found []finding
	for _, way := range ways {
		if !closes(spec, way) {
			continue
		}
		var names []string
		for _, id := range o.in.after.chosen(o.after) {
			if was := o.in.before.find(id); was != nil && o.in.in.open(past, was, way.kind) {
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
			ids = append(ids, pods.on.ID)
		}
	}
	return ids
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
	if _, known := c.restrictions[m][namespace]; !known {
		if c.restrictions[m] == nil {
			c.restrictions[m] = map[string][]restriction{}
		}
		c.restrictions[m][namespace] = restrictionsOf(c.known(m, namespace, policies))
	}
	if !restricted(c.restrictions[m][namespace], workload, way) {
		return !restricted(restrictionsOf(c.elsewhere(namespace, policies)), workload, way)
	}
	return false
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
