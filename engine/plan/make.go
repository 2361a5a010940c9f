package plan

import (
	"slices"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Make plans a selection of a project in one go and without goroutines. The
// plan is never nil; where the list has errors, only releases that are not
// Mistaken are of use, and only to find their mistakes.
func Make(p Project, s Selection) (*Plan, diag.List) {
	o, list := Draw(p, s, Serially)
	plan, more := o.Resolve(Serially)
	return plan, append(list, more...)
}

// Resolve evaluates the selected releases and puts them in order. Mistakes are
// listed in the order of the plan, whatever the loop does.
func (o *Outline) Resolve(each Loop) (*Plan, diag.List) {
	p := o.project
	plan := &Plan{
		Project:  p.Name(),
		Clusters: o.Clusters,
		Removed:  p.Removed(),
		Moved:    p.Moved(),
		Targets:  make([]Target, len(o.Targets)),
	}
	namespaces := p.Namespaces()
	var slots []slot
	for i, t := range o.Targets {
		plan.Targets[i] = Target{Environment: t.Environment, Cluster: t.Cluster, Namespaces: namespaces, Headers: t.Headers, Selected: t.Selected}
		for _, j := range t.picked {
			if t.Headers[j].Planned {
				slots = append(slots, slot{i, j})
			}
		}
	}

	releases, lists := make([]*Release, len(slots)), make([]diag.List, len(slots))
	each(len(slots), func(k int) {
		t := o.Targets[slots[k].target]
		var r schema.Release
		if b := o.bodies[slots[k]]; b != nil {
			r, lists[k] = b.release, b.list
		} else {
			r, lists[k] = p.Release(t.Headers[slots[k].header], t.pair())
		}
		releases[k] = &Release{Release: r, Environment: t.Environment, Cluster: t.Cluster, Values: values.Merge(r.Layers), Mistaken: lists[k].HasErrors()}
	})

	for k, r := range releases {
		if r == nil {
			continue // the loop was cancelled
		}
		t := &plan.Targets[slots[k].target]
		t.Releases = append(t.Releases, r)
	}
	n := newNeeds(o)
	list := slices.Concat(lists...)
	for i := range plan.Targets {
		n.resolve(o.Targets[i], plan.Targets[i].Releases)
	}
	list = append(list, n.found.found()...)
	list = append(list, cycles(plan.Targets)...)
	for i := range plan.Targets {
		order(plan.Targets[i].Environment, plan.Targets[i].Releases)
	}
	return plan, list
}
