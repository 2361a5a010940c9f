package risk

import (
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
	refers map[manifest.Reference]bool // see reads
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
func (v *version) podsIn(namespace string) []*pods {
	if v == nil {
		return nil
	}
	all, known := v.standing[namespace]
	if !known {
		for o := range v.all() {
			if o.ID.Namespace == namespace {
				all = append(all, v.side(o).standing()...)
			}
		}
		if v.standing == nil {
			v.standing = map[string][]*pods{}
		}
		v.standing[namespace] = all
	}
	return all
}

// podsIn are the pods in a namespace of the releases that change.
func (c *cluster) podsIn(m moment, namespace string) []*pods {
	all, known := c.standing[m][namespace]
	if !known {
		for _, r := range c.releases {
			all = append(all, r.at(m).podsIn(namespace)...)
		}
		if c.standing[m] == nil {
			c.standing[m] = map[string][]*pods{}
		}
		c.standing[m][namespace] = all
	}
	return all
}

// podsElsewhere are those of the releases that stay as they are.
func (c *cluster) podsElsewhere(namespace string) []*pods {
	all, known := c.standingElsewhere[namespace]
	if !known {
		for _, s := range c.elsewhere(namespace, workloadKinds...) {
			all = append(all, s.standing()...)
		}
		c.standingElsewhere[namespace] = all
	}
	return all
}

// reads tells whether pods refer to a ConfigMap or Secret.
func (p *pods) reads(id manifest.ID) bool {
	if p.refers == nil {
		p.refers = map[manifest.Reference]bool{}
		for _, ref := range manifest.References(tree{"spec": p.body}) {
			p.refers[ref] = true
		}
	}
	return p.refers[manifest.Reference{Kind: id.Kind, Name: id.Name}]
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

// deleted tells whether nobody has the object any more, under its name.
func (s *side) deleted() bool {
	r := s.in.release
	if r.stays() {
		return false
	}
	o := r.change(s.ID)
	return o != nil && o.lost() && o.keeps() == "" && len(r.in.has(s.ID)) == 0
}

// title names a workload for a reader of some release.
func (s *side) title(reader *release) string {
	name := s.ID.Kind + " " + s.ID.Name
	if r := s.in.release; r.Environment != reader.Environment || r.Release.Release != reader.Release.Release {
		name += " of release " + r.title(reader)
	}
	return name
}

// company tells the pods for which an object is there; nil where it is there for
// anything else.
func (s *side) company() func(*pods) bool {
	t, id := s.tree(), s.ID
	var selects labels.Selector
	switch {
	case is(id, "autoscaling", "HorizontalPodAutoscaler"), is(id, "keda.sh", "ScaledObject"):
		target := scales(s)
		return func(p *pods) bool { return p.on.ID.Kind == target.Kind && p.on.ID.Name == target.Name }
	case is(id, "", "ConfigMap", "Secret"):
		return func(p *pods) bool { return p.reads(id) }
	case is(id, "", "ServiceAccount"):
		return func(p *pods) bool { return p.account() == id.Name }
	case is(id, "", "Service"):
		return func(p *pods) bool { return s.routesTo(p.labels) }
	case is(id, "networking.k8s.io", "NetworkPolicy"):
		selects = selectorOf(sub(t, "spec", "podSelector"))
	case is(id, "policy", "PodDisruptionBudget"):
		selects = selectorOf(sub(t, "spec", "selector"))
	case is(id, "monitoring.coreos.com", "PodMonitor") && isEmpty(get(t, "spec", "namespaceSelector")):
		selects = selectorOf(sub(t, "spec", "selector"))
	case is(id, "monitoring.coreos.com", "ServiceMonitor") && isEmpty(get(t, "spec", "namespaceSelector")):
		return s.monitors(selectorOf(sub(t, "spec", "selector")))
	}
	if selects == nil {
		return nil
	}
	return func(p *pods) bool { return selects.Matches(p.labels) }
}

func (p pod) account() string {
	for _, key := range []string{"serviceAccountName", "serviceAccount"} {
		if name := text(p.body, key); name != "" {
			return name
		}
	}
	return "default"
}

// monitors tells the pods behind the Services that a ServiceMonitor selects.
func (s *side) monitors(selects labels.Selector) func(*pods) bool {
	if selects == nil {
		return nil
	}
	c := s.in.release.in
	var services []*side
	for _, service := range c.everywhere(past, s.ID.Namespace, kind{"", "Service"}) {
		set := labels.Set{}
		for key, v := range sub(service.tree(), "metadata", "labels") {
			set[key] = diff.Scalar(v)
		}
		if selects.Matches(set) {
			services = append(services, service)
		}
	}
	return func(p *pods) bool {
		for _, service := range services {
			if service.routesTo(p.labels) {
				return true
			}
		}
		return false
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
	var names []string
	for _, p := range c.podsIn(past, namespace) {
		if !about(p) {
			continue
		}
		if !p.on.deleted() {
			return ""
		}
		names = append(names, p.on.title(o.in))
	}
	if len(names) == 0 {
		return ""
	}
	for _, p := range c.podsElsewhere(namespace) {
		if about(p) {
			return ""
		}
	}
	return "goes with " + some(unique(names))
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
