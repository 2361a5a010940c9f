package risk

import "fmt"

var ownershipRules = []Rule{
	{ID: "ownership/duplicate", Level: Block, Title: "Two releases have the same object",
		Doc:     "Of the releases of a cluster, whichever is applied last wins, and removing one release deletes the object of the other.",
		release: duplicates},
	{ID: "ownership/moved", Level: Caution, Title: "An object moves to another release",
		Doc:    "It must be taken over before the old release lets go of it, or it is deleted in between.",
		object: movedHere},
	{ID: "ownership/namespace", Level: Caution, Title: "An object lies outside of the release's namespace",
		Doc:    "Rights, quotas and policies of the release's namespace do not hold for it.",
		object: newly(outside)},
	{ID: "ownership/finalizer", Level: Caution, Title: "A finalizer is added",
		Doc:    "The object cannot be deleted until somebody takes the finalizer off; its namespace hangs, too.",
		object: gathered(newly(finalizers))},
}

func duplicates(r *release) []finding {
	var found []finding
	for o := range r.after.all() {
		first := r.in.first[o.ID]
		if first == r || first == nil || r.in.twice[o.ID] {
			continue
		}
		found = append(found, finding{id: o.ID, reason: have([]*release{first}, r, "") + " it too; whichever is applied last wins"})
	}
	for _, o := range r.objects {
		if !o.comes() || o.Hook() || r.in.from[o.After.ID] != nil {
			continue
		}
		if owners := r.in.has(o.After.ID); len(owners) > 0 && r.in.first[o.After.ID] == r {
			found = append(found, finding{id: o.After.ID, reason: have(owners, r, "") + " it too; whichever is applied last wins"})
		}
	}
	return found
}

// have begins a sentence on releases, for a reader of another one.
func have(all []*release, reader *release, still string) string {
	if len(all) == 1 {
		return "release " + all[0].title(reader) + " " + still + "has"
	}
	var names []string
	for _, r := range all {
		names = append(names, r.title(reader))
	}
	return "releases " + some(names) + " " + still + "have"
}

// title names a release for a reader of another one.
func (r *release) title(reader *release) string {
	return Owner{r.Environment, r.Release.Release}.title(reader)
}

// title names an owner for a reader of a release.
func (o Owner) title(reader *release) string {
	if o.Environment != reader.Environment {
		return o.Environment + "/" + o.Release
	}
	return o.Release
}

func movedHere(o *object) []finding {
	if !o.comes() || o.Hook() {
		return nil
	}
	from := o.in.in.from[o.After.ID]
	if from == nil || from == o.in {
		return nil
	}
	name := from.title(o.in)
	reason := fmt.Sprintf("it moves here from release %s: unless both are synced together it is deleted in between, or left to nobody", name)
	if from.Before.Keep {
		reason = fmt.Sprintf("it moves here from release %s, which does not delete it", name)
	}
	return []finding{{reason: reason}}
}

func outside(s *side) []finding {
	if s.ID.Namespace == "" || s.in.Namespace == "" || s.ID.Namespace == s.in.Namespace {
		return nil
	}
	return []finding{{path: path("metadata", "namespace"), reason: fmt.Sprintf("it lies in namespace %s, the release in %s", s.ID.Namespace, s.in.Namespace)}}
}

func finalizers(s *side) []finding {
	if !s.mentions("finalizers:") {
		return nil
	}
	names := texts(s.tree(), "metadata", "finalizers")
	var found []finding
	for _, name := range names {
		if name == "kubernetes.io/pvc-protection" || name == "kubernetes.io/pv-protection" {
			continue // the API server's own, on each
		}
		at := path("metadata", "finalizers")
		found = append(found, finding{path: at, key: name, reason: fmt.Sprintf("it cannot be deleted until %s is taken off", name),
			within: at, about: name, many: "it cannot be deleted until these are taken off: %s"})
	}
	return found
}
