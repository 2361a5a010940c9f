package risk

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// Which pods there are in a namespace, in whatever release, and what becomes of
// them.

// pods are those of a workload.
type pods struct {
	pod
	on     *side
	labels labels.Set
}

// standing are the pods of a namespace, to be found by their marks: what they are
// of, what they read, mount or are pulled with, under which account they run, of
// which class they are, a label.
type standing struct {
	all   []*pods
	marks map[string][]*pods
}

func workloadMark(id manifest.ID) string        { return "workload " + id.Kind + " " + id.Name }
func readerMark(ref manifest.Reference) string  { return "reads " + ref.Kind + " " + ref.Name }
func accountMark(name string) string            { return "account " + name }
func classMark(kind, name string) string        { return kind + " " + name }
func claimMark(name string) string              { return "mounts " + name }
func pullMark(name string) string               { return "pulls with " + name }
func labelMark(key string, value string) string { return "label " + key + "=" + value }

func (p *pods) marks() []string {
	all := []string{workloadMark(p.on.ID), accountMark(p.account())}
	for _, ref := range manifest.References(tree{"spec": p.body}) {
		all = append(all, readerMark(ref))
	}
	for _, secret := range mapsOf(items(p.body, "imagePullSecrets")) {
		all = append(all, pullMark(text(secret, "name")))
	}
	for _, claim := range p.claims() {
		all = append(all, claimMark(claim))
	}
	for key, kind := range classes {
		if name := text(p.body, key); name != "" {
			all = append(all, classMark(kind, name))
		}
	}
	for key, value := range p.labels {
		all = append(all, labelMark(key, value))
	}
	return unique(all)
}

// classes are the kinds of classes of pods, by field. Read only.
var classes = map[string]string{"priorityClassName": "PriorityClass", "runtimeClassName": "RuntimeClass"}

func (p pod) account() string {
	for _, key := range []string{"serviceAccountName", "serviceAccount"} {
		if name := text(p.body, key); name != "" {
			return name
		}
	}
	return "default"
}

func (in *standing) marked(mark string) []*pods {
	if in.marks == nil {
		in.marks = map[string][]*pods{}
		for _, p := range in.all {
			for _, mark := range p.marks() {
				in.marks[mark] = append(in.marks[mark], p)
			}
		}
	}
	return in.marks[mark]
}

// labelled are the pods that may have some labels; they have one of them.
func (in *standing) labelled(match tree) []*pods {
	keys := sortedKeys(match)
	if len(keys) == 0 {
		return in.all
	}
	return in.marked(labelMark(keys[0], diff.Scalar(match[keys[0]])))
}

// workloadKinds are those that are looked for in releases that stay as they are.
// Read only.
var workloadKinds = []kind{
	{"apps", "Deployment"}, {"apps", "StatefulSet"}, {"apps", "DaemonSet"}, {"apps", "ReplicaSet"},
	{"batch", "CronJob"}, {"batch", "Job"}, {"", "Pod"},
}

func (s *side) standing() []*pods {
	var all []*pods
	for _, p := range s.podsOf() {
		all = append(all, &pods{pod: p, on: s, labels: labelsOf(p.template)})
	}
	return all
}

// podsIn are the pods of a version in a namespace.
func (v *version) podsIn(namespace string) *standing {
	if v == nil {
		return &standing{}
	}
	return remembered(&v.standing, namespace, func() *standing {
		var found standing
		for o := range v.all() {
			if o.ID.Namespace == namespace {
				found.all = append(found.all, v.side(o).standing()...)
			}
		}
		return &found
	})
}

// podsIn are the pods in a namespace of the releases that change.
func (c *cluster) podsIn(m moment, namespace string) *standing {
	return remembered(&c.standing[m], namespace, func() *standing {
		var found standing
		for _, r := range c.releases {
			found.all = append(found.all, r.at(m).podsIn(namespace).all...)
		}
		return &found
	})
}

// podsElsewhere are those of the releases that stay as they are.
func (c *cluster) podsElsewhere(namespace string) *standing {
	return remembered(&c.standingElsewhere, namespace, func() *standing {
		var found standing
		for _, s := range c.elsewhere(namespace, workloadKinds...) {
			found.all = append(found.all, s.standing()...)
		}
		return &found
	})
}

// stays tells a release that stays as it is.
func (r *release) stays() bool { return r.before == r.after }

// change is what becomes of an ordinary object that a release had; nil where
// nothing does.
func (r *release) change(id manifest.ID) *object {
	if r.leaving == nil {
		r.leaving = map[manifest.ID]*object{}
		for _, o := range r.objects {
			if o.before != nil && !o.Hook() {
				r.leaving[o.Before.ID] = o
			}
		}
	}
	return r.leaving[id]
}

// becomes is what an object is after the change, under whatever name and in
// whatever release; nil where it is deleted.
func (s *side) becomes() *side {
	r := s.in.release
	if r.stays() {
		return s
	}
	o := r.change(s.ID)
	switch {
	case o == nil:
		return r.after.find(s.ID)
	case o.Status == manifest.Changed:
		return o.after
	case r.in.to[s.ID] != nil:
		return r.in.to[s.ID].after.find(s.ID)
	case o.keeps() != "":
		return s
	}
	return nil
}

// was is what had the object's name in its release before; nil where there was
// none.
func (s *side) was() *side {
	if r := s.in.release; !r.stays() {
		return r.before.find(s.ID)
	}
	return s
}

// deleted tells whether nobody has the object any more, under its name.
func (s *side) deleted() bool {
	r := s.in.release
	if r.stays() {
		return false
	}
	o := r.change(s.ID)
	return o != nil && o.lost() && o.keeps() == "" && len(r.in.has(s.ID)) == 0
}

// title names a workload for a reader of some release, with its own release unless
// that says nothing more.
func (s *side) title(reader *release) string {
	name, of := s.ID.Kind+" "+s.ID.Name, s.in.release.title(reader)
	if of == reader.Release.Release || of == s.ID.Name {
		return name
	}
	return name + " of release " + of
}

// company finds the pods for which an object is there; nil where it is there for
// anything else.
func (s *side) company() func(*standing) []*pods {
	t, id := s.tree(), s.ID
	switch {
	case is(id, "autoscaling", "HorizontalPodAutoscaler"), is(id, "keda.sh", "ScaledObject"):
		return has(workloadMark(scales(s)))
	case is(id, "", "ConfigMap", "Secret"):
		return has(readerMark(manifest.Reference{Kind: id.Kind, Name: id.Name}))
	case is(id, "", "ServiceAccount"):
		return has(accountMark(id.Name))
	case is(id, "", "Service"):
		return s.behind
	case is(id, "networking.k8s.io", "NetworkPolicy"):
		return selecting(sub(t, "spec", "podSelector"))
	case is(id, "policy", "PodDisruptionBudget"):
		return selecting(sub(t, "spec", "selector"))
	case !isEmpty(get(t, "spec", "namespaceSelector")): // of a monitor
		return nil
	case is(id, "monitoring.coreos.com", "PodMonitor"):
		return selecting(sub(t, "spec", "selector"))
	case is(id, "monitoring.coreos.com", "ServiceMonitor"):
		return s.monitors(selectorOf(sub(t, "spec", "selector")))
	}
	return nil
}

func has(mark string) func(*standing) []*pods {
	return func(in *standing) []*pods { return in.marked(mark) }
}

// selecting finds the pods of a label selector.
func selecting(selector tree) func(*standing) []*pods {
	selects := selectorOf(selector)
	if selects == nil {
		return nil
	}
	match := sub(selector, "matchLabels")
	return func(in *standing) []*pods {
		var found []*pods
		for _, p := range in.labelled(match) {
			if selects.Matches(p.labels) {
				found = append(found, p)
			}
		}
		return found
	}
}

// behind are the pods that a Service selects.
func (s *side) behind(in *standing) []*pods {
	selector := sub(s.tree(), "spec", "selector")
	if len(selector) == 0 {
		return nil
	}
	var found []*pods
	for _, p := range in.labelled(selector) {
		all := true
		for key, value := range selector {
			all = all && p.labels.Has(key) && p.labels[key] == diff.Scalar(value)
		}
		if all {
			found = append(found, p)
		}
	}
	return found
}

// ownLabels are those of the object itself.
func (s *side) ownLabels() labels.Set {
	if s.labels == nil {
		s.labels = labelsOf(s.tree())
	}
	return s.labels
}

// monitors finds the pods behind the Services that a ServiceMonitor selects.
func (s *side) monitors(selects labels.Selector) func(*standing) []*pods {
	if selects == nil {
		return nil
	}
	return func(in *standing) []*pods {
		var found []*pods
		for _, service := range s.in.release.in.everywhere(past, s.ID.Namespace, services) {
			if selects.Matches(service.ownLabels()) {
				found = append(found, service.behind(in)...)
			}
		}
		return found
	}
}

// goesWith says with which workloads an object goes that is there for them alone;
// empty where one of them stays, or none is known.
func (o *object) goesWith() string {
	about := o.before.company()
	if about == nil {
		return ""
	}
	c, namespace := o.in.in, o.Before.ID.Namespace
	all := about(c.podsIn(past, namespace))
	remain := slices.ContainsFunc(all, func(p *pods) bool { return !p.on.deleted() })
	if len(all) == 0 || remain || len(about(c.podsElsewhere(namespace))) > 0 {
		return ""
	}
	return "goes with " + titles(all, o.in)
}

// titles names the workloads of pods for a reader of some release.
func titles(of []*pods, reader *release) string {
	var names []string
	for _, p := range of {
		names = append(names, p.on.title(reader))
	}
	return some(unique(names))
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}
