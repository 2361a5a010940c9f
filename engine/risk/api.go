package risk

import (
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
)

var apiRules = []Rule{
	{ID: "api/not-served", Level: Block, Title: "Kubernetes does not serve the API",
		Doc:     "The cluster's Kubernetes version no longer has, or does not have yet, the apiVersion of an object: applying it fails.",
		release: byVersionOf(notServed)},
	{ID: "api/invalid", Level: Block, Title: "An object is not valid",
		Doc:     "By the schemas of the cluster's Kubernetes version a field is unknown, missing or of another type: applying it fails.",
		release: byVersionOf(invalid)},
}

// byVersionOf makes a rule of what is wrong with an object under a version of
// Kubernetes. It looks at every object where that is what changes, and fires for
// what was not wrong before.
func byVersionOf(find func(*kube.Table, *side) []finding) func(*release) []finding {
	return func(r *release) []finding {
		table, was := r.in.table(r.after), r.in.table(r.before)
		if table == nil {
			return nil
		}
		judge := func(before, after *side) []finding {
			found := find(table, after)
			if len(found) == 0 || before == nil || was == nil {
				return found
			}
			old := find(was, before)
			return slices.DeleteFunc(found, func(f finding) bool {
				return slices.ContainsFunc(old, func(o finding) bool { return o.identity() == f.identity() })
			})
		}
		var all []finding
		changed := map[manifest.ID]bool{}
		for _, o := range r.objects {
			changed[o.id] = true
			if o.after == nil {
				continue
			}
			for _, f := range judge(o.before, o.after) {
				f.on = o
				all = append(all, f)
			}
		}
		if was == nil || was.Minor() == table.Minor() {
			return all
		}
		for o := range r.after.all() {
			if changed[o.ID] {
				continue
			}
			for _, f := range judge(r.before.find(o.ID), r.after.side(o)) {
				f.id = o.ID
				all = append(all, f)
			}
		}
		return all
	}
}

func notServed(table *kube.Table, s *side) []finding {
	gap, missing := table.Gap(s.APIVersion, s.ID.Kind)
	if !missing {
		return nil
	}
	return []finding{{path: path("apiVersion"), key: s.APIVersion, reason: gap.String()}}
}

func invalid(table *kube.Table, s *side) []finding {
	var found []finding
	for _, wrong := range table.Validate(s.tree()) {
		at := pathOf(s.tree(), wrong.Place)
		found = append(found, finding{path: at, key: string(wrong.Wrong) + " " + at.String(), reason: wrong.Reason})
	}
	return found
}

// pathOf writes a place as other paths are written: items of lists by their
// names.
func pathOf(t tree, place kube.Place) diff.Path {
	var p diff.Path
	var v any = t
	for _, step := range place {
		switch step := step.(type) {
		case string:
			p = p.Then(diff.Key(step))
			v = asTree(v)[step]
		case int:
			list, _ := v.([]any)
			if v = nil; step < len(list) {
				v = list[step]
			}
			p = named(p, asTree(v), step)
		}
	}
	return p
}
