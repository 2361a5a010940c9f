package risk

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// also makes a rule of two.
func also(a, b func(*release) []finding) func(*release) []finding {
	return func(r *release) []finding { return append(a(r), b(r)...) }
}

// needsMissing fires for a workload that refers to something else than before, and
// that is nowhere: of what releases had, so that what others make is no reason.
func needsMissing(r *release) []finding {
	var found []finding
	for _, o := range r.objects {
		found = append(found, o.needsMissing()...)
	}
	return found
}

func (o *object) needsMissing() []finding {
	if o.before == nil || o.after == nil || o.Hook() || !slices.Contains(workloadKinds, kindOf(o.id)) {
		return nil
	}
	was, now := o.before.requires(pod.whole), o.after.requires(pod.whole)
	if slices.Equal(was, now) {
		return nil
	}
	was, now = o.before.requires(pod.required), o.after.requires(pod.required)
	c := o.in.in
	var found []finding
	for _, id := range now {
		if slices.Contains(was, id) || c.exists(present, id) || c.maker(id) != nil {
			continue
		}
		dropped := slices.IndexFunc(was, func(old manifest.ID) bool {
			return old.Kind == id.Kind && !slices.Contains(now, old) && c.exists(past, old)
		})
		if dropped < 0 {
			continue
		}
		found = append(found, finding{on: o, reason: fmt.Sprintf("%s %s %s, to which it refers instead of %s: unless somebody else makes it, its pods cannot start", c.nobody(), id.Kind, id.Name, was[dropped].Name)})
	}
	return found
}

// requires are the objects that a workload's pods refer to in what is looked at of
// their specs, sorted.
func (s *side) requires(of func(pod) tree) []manifest.ID {
	var all []manifest.ID
	for _, p := range s.podsOf() {
		for _, ref := range manifest.References(tree{"spec": of(p)}) {
			all = append(all, manifest.ID{Kind: ref.Kind, Namespace: s.ID.Namespace, Name: ref.Name})
		}
		if account := p.account(); account != "default" {
			all = append(all, manifest.ID{Kind: "ServiceAccount", Namespace: s.ID.Namespace, Name: account})
		}
		for _, claim := range p.claims() {
			all = append(all, manifest.ID{Kind: "PersistentVolumeClaim", Namespace: s.ID.Namespace, Name: claim})
		}
	}
	slices.SortFunc(all, manifest.ID.Compare)
	return slices.Compact(all)
}

func (p pod) whole() tree { return p.body }

// required is a pod's spec without the references that are optional.
func (p pod) required() tree {
	spec, _ := withoutOptional(p.body).(tree)
	return spec
}

// withoutOptional leaves out maps that say optional: true.
func withoutOptional(v any) any {
	switch v := v.(type) {
	case tree:
		if truth(v, "optional") {
			return nil
		}
		clean := make(tree, len(v))
		for key, value := range v {
			clean[key] = withoutOptional(value)
		}
		return clean
	case []any:
		clean := make([]any, len(v))
		for i, value := range v {
			clean[i] = withoutOptional(value)
		}
		return clean
	}
	return v
}

// claims are the volume claims that a pod names.
func (p pod) claims() []string {
	var names []string
	for _, volume := range mapsOf(items(p.body, "volumes")) {
		if name := text(volume, "persistentVolumeClaim", "claimName"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
