package risk

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// eviction looks at every budget of a release, as it may be a workload of
// whatever release that changes, and at those of releases that stay as they are
// for the workloads that change here.
func eviction(r *release) []finding {
	c := r.in
	if !c.disturbed() {
		return nil
	}
	changed := map[manifest.ID]*object{}
	for _, o := range r.objects {
		if o.after != nil && !o.Hook() {
			changed[o.After.ID] = o
		}
	}
	var found []finding
	for _, budget := range r.after.of("policy", "PodDisruptionBudget") {
		on := changed[budget.ID]
		other := on != nil && (on.before == nil || !reflect.DeepEqual(on.before.tree()["spec"], budget.tree()["spec"]))
		blocked := c.blocked(present, budget, other)
		if blocked == nil {
			continue
		}
		if was := r.before.find(budget.ID); was != nil && c.blocked(past, was, other) != nil {
			continue
		}
		f := finding{on: on, path: blocked.path, reason: blocked.reason}
		if f.on == nil {
			f.path, f.reason = nil, fmt.Sprintf("PodDisruptionBudget %s: %s", budget.ID.Name, blocked.reason)
			if f.on = blocked.first(changed); f.on == nil {
				f.id = budget.ID
			}
		}
		found = append(found, f)
	}
	for _, namespace := range r.disturbs() {
		for _, budget := range c.elsewhere(namespace, kind{"policy", "PodDisruptionBudget"}) {
			blocked := c.blocked(present, budget, true)
			if blocked == nil || blocked.first(changed) == nil || c.blocked(past, budget, true) != nil {
				continue
			}
			found = append(found, finding{on: blocked.first(changed), reason: fmt.Sprintf("%s: %s", budget.title(r), blocked.reason)})
		}
	}
	return found
}

// disturbed tells whether anything changes that budgets depend on.
func (c *cluster) disturbed() bool {
	return slices.ContainsFunc(c.releases, func(r *release) bool {
		return len(r.disturbs()) > 0 || slices.ContainsFunc(r.objects, func(o *object) bool {
			return o.after != nil && !o.Hook() && is(o.id, "policy", "PodDisruptionBudget")
		})
	})
}

// disturbs are the namespaces in which a release has fewer pods than before, the
// first ones, or pods with other labels.
func (r *release) disturbs() []string {
	if r.namespaces == nil {
		r.namespaces = []string{}
		for _, o := range r.objects {
			if !o.Hook() && o.disturbs() && !slices.Contains(r.namespaces, o.id.Namespace) {
				r.namespaces = append(r.namespaces, o.id.Namespace)
			}
		}
	}
	return r.namespaces
}

func (o *object) disturbs() bool {
	switch {
	case slices.Contains(scalers, kindOf(o.id)):
		return o.before == nil || o.after == nil || o.renamed() || scales(o.before) != scales(o.after) || scalerOf(o.after).min < scalerOf(o.before).min
	case slices.Contains(evictables, kindOf(o.id)):
		if o.before == nil || o.after == nil || o.renamed() || o.relabels() {
			return true
		}
		before, _ := o.before.replicas()
		after, _ := o.after.replicas()
		return after < before || before == 0 && after > 0
	}
	return false
}

// blocked is why a budget allows no eviction.
type blocked struct {
	path      diff.Path
	reason    string
	workloads []manifest.ID // that it is about, and what scales them
}

// first is the first workload that changes.
func (b *blocked) first(changed map[manifest.ID]*object) *object {
	for _, id := range b.workloads {
		if o := changed[id]; o != nil {
			return o
		}
	}
	return nil
}

// blocked judges a budget by the workloads of the releases that change; by all of
// the cluster's where it seems to allow nothing, or anywhere asks for it.
func (c *cluster) blocked(m moment, budget *side, anywhere bool) *blocked {
	known, pods := judge(budget, c.evictable(m, budget.ID.Namespace))
	if c.others == nil || pods < 0 || known == nil && !anywhere {
		return known
	}
	all, _ := judge(budget, c.evictableAnywhere(m, budget.ID.Namespace))
	return all
}

// judge says why a budget allows no eviction of workloads, nil where it does, and
// how many pods it is about; -1 where they do not matter.
func judge(budget *side, all []workload) (*blocked, int64) {
	spec := sub(budget.tree(), "spec")
	workloads, pods := selected(budget, all)
	if n, percent, ok := amount(spec["maxUnavailable"]); ok && n == 0 {
		said := "0"
		if percent {
			said = "0%"
		}
		return &blocked{path("spec", "maxUnavailable"), fmt.Sprintf("maxUnavailable is %s: no pod can be evicted, and draining a node hangs", said), workloads}, -1
	}
	n, percent, ok := amount(spec["minAvailable"])
	at := path("spec", "minAvailable")
	of := fmt.Sprint(n)
	switch {
	case !ok || n == 0:
		return nil, -1
	case percent && n >= 100:
		return &blocked{at, "minAvailable is 100%: no pod can be evicted, and draining a node hangs", workloads}, -1
	case pods == 0:
		return nil, 0
	case percent:
		if needed := (n*pods + 99) / 100; needed < pods {
			return nil, pods
		}
		of += "%"
	case n < pods:
		return nil, pods
	}
	return &blocked{at, fmt.Sprintf("minAvailable is %s of %s: no pod can be evicted, and draining a node hangs", of, count(pods, "pod")), workloads}, pods
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// amount reads a number or a percentage.
func amount(v any) (n int64, percent, ok bool) {
	if n, ok := whole(v); ok {
		return n, false, n >= 0
	}
	s, _ := v.(string)
	digits, percent := strings.CutSuffix(s, "%")
	n, err := strconv.ParseInt(digits, 10, 32)
	return n, percent, err == nil && n >= 0
}

// selected lists the workloads that a budget is about, and how many pods they
// have at least.
func selected(budget *side, all []workload) ([]manifest.ID, int64) {
	selects := selectorOf(sub(budget.tree(), "spec", "selector"))
	if selects == nil {
		return nil, 0
	}
	var ids []manifest.ID
	var pods int64
	for _, w := range all {
		if selects.Matches(w.labels) {
			ids = append(ids, w.ids...)
			pods += w.pods
		}
	}
	return ids, pods
}

// workload is what a budget sees of one.
type workload struct {
	ids    []manifest.ID // its own, and that of what scales it
	labels labels.Set    // of its pods
	pods   int64         // how many there are at least
}

// evictables are the kinds that budgets can be about. Read only.
var evictables = []kind{{"apps", "Deployment"}, {"apps", "StatefulSet"}, {"apps", "ReplicaSet"}, {"", "ReplicationController"}}

// evictable are the workloads of a namespace that budgets can be about, of the
// releases that change.
func (c *cluster) evictable(m moment, namespace string) []workload {
	return remembered(&c.workloads[m], namespace, func() []workload {
		return workloads(c.known(m, namespace, evictables...), c.known(m, namespace, scalers...))
	})
}

// evictableAnywhere are those of all releases.
func (c *cluster) evictableAnywhere(m moment, namespace string) []workload {
	return remembered(&c.workloadsAnywhere[m], namespace, func() []workload {
		return workloads(c.everywhere(m, namespace, evictables...), c.everywhere(m, namespace, scalers...))
	})
}

func workloads(all, scalers []*side) []workload {
	scaled := map[manifest.ID]*side{}
	for _, s := range scalers {
		if id := scales(s); scaled[id] == nil {
			scaled[id] = s
		}
	}
	var found []workload
	for _, s := range all {
		w := workload{ids: []manifest.ID{s.ID}, labels: labelsOf(sub(s.tree(), "spec", "template"))}
		id := s.ID
		id.Group = ""
		if a := scaled[id]; a != nil {
			w.ids, w.pods = append(w.ids, a.ID), scalerOf(a).min
		} else if n, ok := s.replicas(); ok {
			w.pods = n
		}
		found = append(found, w)
	}
	return found
}

func labelsOf(template tree) labels.Set {
	set := labels.Set{}
	for key, v := range sub(template, "metadata", "labels") {
		set[key] = diff.Scalar(v)
	}
	return set
}

// selectorOf reads a label selector; nil where it is none, or selects nothing
// that can be told.
func selectorOf(t tree) labels.Selector {
	if t == nil {
		return nil
	}
	selector := labels.NewSelector()
	for _, key := range sortedKeys(sub(t, "matchLabels")) {
		r, err := labels.NewRequirement(key, selection.Equals, []string{diff.Scalar(get(t, "matchLabels", key))})
		if err != nil {
			return nil
		}
		selector = selector.Add(*r)
	}
	operators := map[string]selection.Operator{"In": selection.In, "NotIn": selection.NotIn, "Exists": selection.Exists, "DoesNotExist": selection.DoesNotExist}
	for _, e := range mapsOf(items(t, "matchExpressions")) {
		r, err := labels.NewRequirement(text(e, "key"), operators[text(e, "operator")], texts(e, "values"))
		if err != nil {
			return nil
		}
		selector = selector.Add(*r)
	}
	return selector
}
