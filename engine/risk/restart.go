package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
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
		if len(readers) == 0 && r.in.others == nil && len(r.in.releases) == 1 || !o.dataChanges() {
			continue
		}
		gone := o.keysGone()
		keeps := func(reader *side, how use) {
			if slices.ContainsFunc(reader.links(), func(l link) bool { return l.id == o.id && gone[l.part] != nil }) {
				return // it cannot start again, see removal/in-use
			}
			title := reader.title(r)
			reason := fmt.Sprintf("%s mounts it and does not restart: the files follow within minutes, what was read from them does not", title)
			if how == frozenIn {
				reason = fmt.Sprintf("%s does not restart: its pods keep the old values until they do", title)
			}
			found = append(found, finding{on: o, reason: reason})
		}
		for _, id := range readers {
			reader := r.after.find(id)
			if r.replaces(reader) {
				continue
			}
			how := unused
			for _, p := range reader.podsOf() {
				how = max(how, p.uses(o.id))
			}
			keeps(reader, how)
		}
		for _, p := range r.readersAbroad(o.id, len(readers) == 0) {
			keeps(p.on, p.uses(o.id))
		}
	}
	return found
}

// readersAbroad are the pods of other releases that read a ConfigMap or a Secret and
// are not made anew. Those that stay as they are are asked only where ask says so:
// what a release reads itself is seldom there for others.
func (r *release) readersAbroad(id manifest.ID, ask bool) []*pods {
	mark := readerMark(manifest.Reference{Kind: id.Kind, Name: id.Name})
	all := slices.DeleteFunc(slices.Clone(r.in.podsIn(present, id.Namespace).marked(mark)), func(p *pods) bool {
		of := p.on.in.release
		return of == r || of.replaces(p.on)
	})
	if ask {
		all = append(all, slices.DeleteFunc(slices.Clone(r.in.podsElsewhere(id.Namespace).marked(mark)), func(p *pods) bool {
			return p.on.remade()
		})...)
	}
	return all
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
	_, rolls := r.rolls[s.ID]
	return rolls || r.before.find(s.ID) == nil || s.remade()
}

// remade tells whether the pods of a workload are made anew whatever changes: at
// its next run, or by a controller that watches its configuration.
func (s *side) remade() bool {
	if s.ID.Group == "batch" {
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
