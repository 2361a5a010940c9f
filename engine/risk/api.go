package risk

import (
	"github.com/weir-dev/weir/engine/manifest"
)

var apiRules = []Rule{
	{ID: "api/not-served", Level: Block, Title: "Kubernetes does not serve the API",
		Doc:     "The cluster's Kubernetes version no longer has, or does not have yet, the apiVersion of an object: applying it fails.",
		release: notServed},
}

// notServed looks at every object, as the Kubernetes version may be all that
// changes.
func notServed(r *release) []finding {
	table, was := r.in.table(r.after), r.in.table(r.before)
	if table == nil {
		return nil
	}
	var found []finding
	report := func(on *object, o manifest.Object) {
		gap, missing := table.Gap(o.APIVersion, o.ID.Kind)
		if !missing {
			return
		}
		if on != nil && on.before != nil && on.before.APIVersion == o.APIVersion || on == nil {
			if _, before := was.Gap(o.APIVersion, o.ID.Kind); before {
				return
			}
		}
		found = append(found, finding{on: on, id: idUnless(on, o), path: path("apiVersion"), reason: gap.String()})
	}
	for _, o := range r.objects {
		if o.after != nil {
			report(o, o.after.Object)
		}
	}
	if was == nil || was.Minor() == table.Minor() {
		return found
	}
	changed := map[manifest.ID]bool{}
	for _, o := range r.objects {
		changed[o.id] = true
	}
	for o := range r.after.all() {
		if !changed[o.ID] {
			report(nil, o)
		}
	}
	return found
}

func idUnless(on *object, o manifest.Object) manifest.ID {
	if on != nil {
		return manifest.ID{}
	}
	return o.ID
}
