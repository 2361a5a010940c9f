package risk

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// What autoscalers and budgets are there for, and whether it is still there.

// replicasReset fires for a number of pods that is written where an autoscaler
// finds another: each new pair of the two, from whichever side it comes.
func replicasReset(o *object) []finding {
	if o.after == nil || o.Hook() {
		return nil
	}
	if slices.Contains(scalers, kindOf(o.id)) {
		return scalesWritten(o)
	}
	n, ok := o.after.written()
	if !ok {
		return nil
	}
	was := o.predecessor()
	if _, old := was.written(); old && o.before != nil && !o.renamed() {
		return nil
	}
	a := o.after.scaler(present)
	if a == nil || a.min == a.max {
		return nil
	}
	if _, old := was.written(); old && was.scaler(past) != nil {
		return nil
	}
	return []finding{{path: path("spec", "replicas"), reason: fmt.Sprintf("replicas is %d, and %s %s scales it (%d to %d): every apply sets the number back", n, a.on.ID.Kind, a.on.ID.Name, a.min, a.max)}}
}

// scalesWritten fires for an autoscaler that comes to a workload with a number of
// its own.
func scalesWritten(o *object) []finding {
	if o.before != nil && scales(o.before) == scales(o.after) {
		return nil
	}
	target, a := scales(o.after), scalerOf(o.after)
	if a.min == a.max {
		return nil
	}
	s := o.in.in.scaled(target)
	if s == nil {
		return nil
	}
	n, ok := s.written()
	was := s.was()
	if _, old := was.written(); !ok || !old || was.scaler(past) != nil {
		return nil // told of the workload, or not new
	}
	return []finding{{path: path("spec", "scaleTargetRef"), reason: fmt.Sprintf("replicas of %s is %d: every apply sets the number of pods back", s.title(o.in), n)}}
}

// scaled is the workload that is there for an autoscaler; nil where nobody has it.
func (c *cluster) scaled(target manifest.ID) *side {
	for _, s := range c.everywhere(present, target.Namespace, evictables...) {
		if s.ID.Kind == target.Kind && s.ID.Name == target.Name {
			return s
		}
	}
	return nil
}

// written is the number of pods that a workload's manifest asks for, if it does
// and for any.
func (s *side) written() (int64, bool) {
	if s == nil || len(s.podsOf()) == 0 {
		return 0, false
	}
	n, ok := whole(get(s.tree(), "spec", "replicas"))
	return n, ok && n > 0
}

// predecessor is the object before, in this release or the one that it comes
// from; nil where there was none.
func (o *object) predecessor() *side {
	if o.before != nil {
		return o.before
	}
	if from := o.in.in.from[o.After.ID]; from != nil {
		return from.before.find(o.After.ID)
	}
	return nil
}

// noTarget looks at every autoscaler and budget, as it may be the workload that
// goes or the pods' labels that change.
func noTarget(r *release) []finding {
	if !r.in.disturbed() {
		return nil
	}
	var found []finding
	for _, s := range r.after.of("autoscaling", "HorizontalPodAutoscaler") {
		found = append(found, r.scalesNothing(s)...)
	}
	for _, s := range r.after.of("keda.sh", "ScaledObject") {
		found = append(found, r.scalesNothing(s)...)
	}
	for _, s := range r.after.of("policy", "PodDisruptionBudget") {
		found = append(found, r.guardsNothing(s)...)
	}
	return found
}

// arriving is what makes or changes an ordinary object; nil where nothing does.
func (r *release) arriving(id manifest.ID) *object {
	if r.coming == nil {
		r.coming = map[manifest.ID]*object{}
		for _, o := range r.objects {
			if o.after != nil && !o.Hook() {
				r.coming[o.After.ID] = o
			}
		}
	}
	return r.coming[id]
}

// about is a finding about an object that is there after the change, whether it
// changes or not.
func (r *release) about(s *side, at diff.Path, reason string) finding {
	if o := r.arriving(s.ID); o != nil {
		return finding{on: o, path: at, reason: reason}
	}
	return finding{id: s.ID, reason: reason}
}

func (r *release) scalesNothing(s *side) []finding {
	c := r.in
	target := c.target(s)
	if c.exists(present, target) {
		return nil
	}
	was := r.before.find(s.ID)
	if o := r.arriving(s.ID); o != nil {
		was = o.predecessor()
	}
	if was == nil {
		// What an operator makes is in no release. A workload beside it is the sign
		// of a name that was written wrong.
		beside := slices.ContainsFunc(r.after.of("apps", target.Kind), func(w *side) bool { return w.ID.Namespace == target.Namespace })
		if target.Group != "apps" || !beside || c.others == nil {
			return nil
		}
	} else if !c.exists(past, c.target(was)) {
		return nil
	}
	return []finding{r.about(s, path("spec", "scaleTargetRef"), fmt.Sprintf("%s %s %s, which it scales", c.nobody(), target.Kind, target.Name))}
}

// target is what an autoscaler scales.
func (c *cluster) target(s *side) manifest.ID {
	id := scales(s)
	version := text(s.tree(), "spec", "scaleTargetRef", "apiVersion")
	if version == "" {
		version = "apps/v1" // as KEDA has it
	}
	id.Group = manifest.GroupOf(version)
	return id
}

// exists tells whether a release has an object.
func (c *cluster) exists(m moment, id manifest.ID) bool {
	return c.find(m, id) != nil || c.others != nil && remembered(&c.asked, id, func() bool { return len(c.others.Owners([]manifest.ID{id})[id]) > 0 })
}

func (r *release) guardsNothing(s *side) []finding {
	c, namespace := r.in, s.ID.Namespace
	now := s.company()
	was := r.before.find(s.ID)
	o := r.arriving(s.ID)
	if o != nil {
		was = o.predecessor()
	}
	if now == nil || was == nil || len(now(c.podsIn(present, namespace))) > 0 {
		return nil
	}
	old := was.company()
	if old == nil {
		return nil
	}
	had := old(c.podsIn(past, was.ID.Namespace))
	if o != nil && !reflect.DeepEqual(was.tree()["spec"], s.tree()["spec"]) {
		had = append(slices.Clone(had), old(c.podsElsewhere(was.ID.Namespace))...)
	}
	if len(had) == 0 || len(now(c.podsElsewhere(namespace))) > 0 {
		return nil
	}
	return []finding{r.about(s, path("spec", "selector"), "its selector meets no pods any more; it was those of "+titles(had, r))}
}
