package risk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// eviction looks at every budget, as it may be the workload that changes.
func eviction(r *release) []finding {
	changed := map[manifest.ID]*object{}
	concerned := false
	for _, o := range r.objects {
		if o.after == nil || o.Hook() {
			continue
		}
		changed[o.After.ID] = o
		switch o.id.Kind {
		case "PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject", "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
			concerned = true
		}
	}
	if !concerned {
		return nil
	}
	var found []finding
	for _, budget := range r.after.of("policy", "PodDisruptionBudget") {
		blocked := r.after.blocked(budget)
		if blocked == nil {
			continue
		}
		if was := r.before.find(budget.ID); was != nil && r.before.blocked(was) != nil {
			continue
		}
		f := finding{on: changed[budget.ID], path: blocked.path, reason: blocked.reason}
		if f.on == nil {
			f.path, f.reason = nil, fmt.Sprintf("PodDisruptionBudget %s: %s", budget.ID.Name, blocked.reason)
			for _, id := range blocked.workloads {
				if o := changed[id]; o != nil {
					f.on = o
					break
				}
			}
			if f.on == nil {
				f.id = budget.ID
			}
		}
		found = append(found, f)
	}
	return found
}

// blocked is why a budget allows no eviction.
type blocked struct {
	path      diff.Path
	reason    string
	workloads []manifest.ID // that it is about, and what scales them
}

func (v *version) blocked(budget *side) *blocked {
	spec := sub(budget.tree(), "spec")
	workloads, pods := v.selected(budget)
	if n, percent, ok := amount(spec["maxUnavailable"]); ok && n == 0 {
		said := "0"
		if percent {
			said = "0%"
		}
		return &blocked{path("spec", "maxUnavailable"), fmt.Sprintf("maxUnavailable is %s: no pod can be evicted, and draining a node hangs", said), workloads}
	}
	n, percent, ok := amount(spec["minAvailable"])
	at := path("spec", "minAvailable")
	switch {
	case !ok:
		return nil
	case percent && n >= 100:
		return &blocked{at, "minAvailable is 100%: no pod can be evicted, and draining a node hangs", workloads}
	case pods == 0 || n == 0:
		return nil
	case percent:
		if needed := (n*pods + 99) / 100; needed < pods {
			return nil
		}
		return &blocked{at, fmt.Sprintf("minAvailable is %d%% of %s: no pod can be evicted, and draining a node hangs", n, count(pods, "pod")), workloads}
	case n < pods:
		return nil
	}
	return &blocked{at, fmt.Sprintf("minAvailable is %d of %s: no pod can be evicted, and draining a node hangs", n, count(pods, "pod")), workloads}
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
func (v *version) selected(budget *side) ([]manifest.ID, int64) {
	selects := selectorOf(sub(budget.tree(), "spec", "selector"))
	if selects == nil {
		return nil, 0
	}
	var ids []manifest.ID
	var pods int64
	for _, w := range v.evictable() {
		if w.ids[0].Namespace == budget.ID.Namespace && selects.Matches(w.labels) {
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

// evictable are the workloads that budgets can be about.
func (v *version) evictable() []workload {
	if v.workloads != nil {
		return v.workloads
	}
	v.workloads = []workload{}
	for _, s := range slices.Concat(v.of("apps", "Deployment"), v.of("apps", "StatefulSet"), v.of("apps", "ReplicaSet"), v.of("", "ReplicationController")) {
		w := workload{ids: []manifest.ID{s.ID}, labels: labelsOf(sub(s.tree(), "spec", "template"))}
		if a := v.scaler(s.Object); a != nil {
			w.ids, w.pods = append(w.ids, a.on.ID), a.min
		} else if n, ok := s.replicas(); ok {
			w.pods = n
		}
		v.workloads = append(v.workloads, w)
	}
	return v.workloads
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
