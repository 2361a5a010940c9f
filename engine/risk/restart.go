package risk

import (
	"fmt"
	"slices"
	"strings"
)

var restartRules = []Rule{
	{ID: "restart/stale-config", Level: Info, Title: "Pods keep an old configuration",
		Doc:     "A ConfigMap or Secret changes, and a workload that reads it does not restart: variables stay as they are, mounted files follow within minutes, but by subPath never.",
		release: staleConfig},
	{ID: "restart/on-delete", Level: Info, Title: "Pods stay as they are until they are deleted",
		Doc:    "With updateStrategy OnDelete nobody replaces the pods of a changed StatefulSet or DaemonSet.",
		object: staysAsItIs},
	{ID: "restart/all-at-once", Level: Info, Title: "All pods stop before new ones start",
		Doc:    "A Deployment with strategy Recreate is not there while it rolls.",
		object: allAtOnce},
}

func staleConfig(r *release) []finding {
	var found []finding
	for _, o := range r.objects {
		if !o.stays() || !is(o.id, "", "ConfigMap", "Secret") {
			continue
		}
		readers := r.after.readers(o.id)
		if len(readers) == 0 || !o.dataChanges() {
			continue
		}
		gone := o.keysGone()
		for _, id := range readers {
			reader := r.after.find(id)
			if r.replaces(reader) || slices.ContainsFunc(reader.links(), func(l link) bool { return l.id == o.id && gone[l.part] != nil }) {
				continue // or it cannot start again, see removal/in-use
			}
			how := unused
			for _, p := range reader.podsOf() {
				how = max(how, p.uses(o.id))
			}
			reason := fmt.Sprintf("%s %s mounts it and does not restart: the files follow within minutes, what was read from them does not", id.Kind, id.Name)
			if how == frozenIn {
				reason = fmt.Sprintf("%s %s does not restart: its pods keep the old values until they do", id.Kind, id.Name)
			}
			found = append(found, finding{on: o, reason: reason})
		}
	}
	return found
}

// dataChanges tells whether what programs read changes.
func (o *object) dataChanges() bool {
	for _, field := range keyFields {
		if len(leaves(nil, o.before.tree()[field], o.after.tree()[field])) > 0 {
			return true
		}
	}
	return false
}

// replaces tells whether the pods of a workload are made anew: by this change,
// at its next run, or by a controller that watches its configuration.
func (r *release) replaces(s *side) bool {
	r.restarts()
	if _, rolls := r.rolls[s.ID]; rolls || s.ID.Group == "batch" || r.before.find(s.ID) == nil {
		return true
	}
	for key := range sub(s.tree(), "metadata", "annotations") {
		if strings.Contains(key, "reloader.stakater.com/") {
			return true
		}
	}
	return false
}

func staysAsItIs(o *object) []finding {
	if !o.stays() || len(o.before.podsOf()) == 0 || len(o.after.podsOf()) == 0 || o.after.rolled() != onDelete || len(o.why(o.in.hashes())) == 0 {
		return nil
	}
	return []finding{{path: path("spec", "updateStrategy"), reason: "updateStrategy is OnDelete: its pods stay as they are until somebody deletes them"}}
}

func allAtOnce(o *object) []finding {
	o.in.restarts()
	f, rolls := o.in.rolls[o.id]
	if !rolls || !f.AllAtOnce || o.Hook() {
		return nil
	}
	stop := fmt.Sprintf("all %d pods stop", f.Pods)
	if f.Pods == 1 {
		stop = "its pod stops"
	}
	return []finding{{path: path("spec", "strategy"), reason: fmt.Sprintf("strategy is Recreate: %s before a new one starts", stop)}}
}
