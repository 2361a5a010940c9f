package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
)

var apiRules = []Rule{
	{ID: "api/not-served", Level: Block, Title: "Kubernetes does not serve the API",
		Doc:     "The cluster's Kubernetes version no longer has, or does not have yet, the apiVersion of an object: applying it fails.",
		release: byVersionOf(notServed)},
	{ID: "api/invalid", Level: Block, Title: "An object is not valid",
		Doc:     "By the schemas of the cluster's Kubernetes version, or by the CRD of its kind in the cluster's releases, a field is unknown, missing, of another type or out of bounds: applying it fails. CEL rules are not evaluated.",
		release: byVersionOf(invalid)},
	{ID: "api/refused", Level: Block, Title: "An object contradicts itself",
		Doc:    "What API servers refuse beside their schemas: a workload whose selector does not meet the labels of its own pods, a mount without its volume, requests above limits, two containers or ports of one name, a Job whose pods restart always, a rollout that could replace no pod, a label, a key or the name of a port that cannot be one. Applying it fails.",
		object: anyOf(contradicts, newly(unsound))},
	{ID: "api/field-dropped", Level: Caution, Title: "A custom resource has a field that its CRD does not have",
		Doc:     "API servers drop such a field without a word, and refuse it in server-side apply.",
		release: byVersionOf(dropped)},
}

// world is what an object has to be valid in: one version of Kubernetes, and the
// custom resources defined beside it.
type world struct {
	table       *kube.Table
	definitions func(manifest.ID) *kube.CRD // of an object's kind; nil where nobody defines it
}

// byVersionOf makes a rule of what is wrong with an object in a world. It looks
// at every object whose world is what changes, and fires for what was not wrong
// before.
func byVersionOf(find func(world, *side) []finding) func(*release) []finding {
	return func(r *release) []finding {
		now := world{r.in.table(r.after), r.in.definition}
		was := world{r.in.table(r.before), r.in.oldDefinition}
		if now.table == nil {
			return nil
		}
		judge := func(before, after *side) []finding {
			found := find(now, after)
			if len(found) == 0 || before == nil || was.table == nil {
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
		other := was.table != nil && was.table.Minor() != now.table.Minor()
		if redefined := r.in.redefined(); other || len(redefined) > 0 {
			for o := range r.after.all() {
				if changed[o.ID] || !other && redefined[kindOf(o.ID)] == nil {
					continue
				}
				for _, f := range judge(r.before.find(o.ID), r.after.side(o)) {
					f.id = o.ID
					all = append(all, f)
				}
			}
		}
		for _, k := range r.redefines() {
			for _, s := range r.in.allElsewhere(k) {
				for _, f := range judge(s, s) {
					f.id, f.reason = s.ID, fmt.Sprintf("%s (release %s has it)", f.reason, s.in.release.title(r))
					all = append(all, f)
				}
			}
		}
		return all
	}
}

// redefines are the kinds that a release gives another definition, where there are
// others who may have objects of them.
func (r *release) redefines() []kind {
	if r.in.others == nil {
		return nil
	}
	var all []kind
	for k, by := range r.in.redefined() {
		if by == r && r.in.oldDefinition(manifest.ID{Group: k.group, Kind: k.kind}) != nil {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b kind) int { return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.kind, b.kind)) })
	return all
}

func notServed(in world, s *side) []finding {
	gap, missing := in.table.Gap(s.APIVersion, s.ID.Kind)
	if !missing {
		return nil
	}
	return []finding{{path: path("apiVersion"), key: s.APIVersion, reason: gap.String()}}
}

func invalid(in world, s *side) []finding {
	found := in.table.Validate(s.tree())
	if crd := in.definitions(s.ID); crd != nil {
		found = append(found, crd.Validate(s.tree())...)
	}
	found = slices.DeleteFunc(found, func(i kube.Invalid) bool { return i.Wrong == kube.Dropped })
	return wrong(s, found)
}

func dropped(in world, s *side) []finding {
	crd := in.definitions(s.ID)
	if crd == nil {
		return nil
	}
	return wrong(s, slices.DeleteFunc(crd.Validate(s.tree()), func(i kube.Invalid) bool { return i.Wrong != kube.Dropped }))
}

func wrong(s *side, found []kube.Invalid) []finding {
	var all []finding
	for _, i := range found {
		at := pathOf(s.tree(), i.Place)
		reason := strings.TrimPrefix(i.Reason, i.Place.String()+" ") // which the hit's path says
		all = append(all, finding{path: at, key: string(i.Wrong) + " " + at.String(), reason: reason})
	}
	return all
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
