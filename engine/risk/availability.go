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

var availabilityRules = []Rule{
	{ID: "availability/replicas-zero", Level: Caution, Title: "A workload is scaled to nothing",
		Doc:    "No pod is left.",
		object: replicasZero},
	{ID: "availability/replicas-halved", Level: Caution, Title: "A workload loses half of its pods or more",
		Doc:    "What is left has to carry the load.",
		object: replicasHalved},
	{ID: "availability/autoscaler", Level: Caution, Title: "An autoscaler is cut by half or more",
		Doc:    "Fewer pods are kept, or the load may grow less far, or minimum and maximum leave nothing to scale.",
		object: autoscaler},
	{ID: "availability/eviction", Level: Caution, Title: "No pod can be evicted",
		Doc:     "A PodDisruptionBudget leaves no pod that may go: draining a node hangs.",
		release: eviction},
	{ID: "availability/probe-removed", Level: Caution, Title: "A probe is removed",
		Doc:    "Traffic reaches pods that are not ready, or pods that hang are not restarted.",
		object: probes},
	{ID: "availability/limit-removed", Level: Caution, Title: "A limit or request is removed",
		Doc:    "The container may take what others on its node need, or is the first to be evicted.",
		object: limits},
}

// scaled tells how many pods a workload has before and after; false where an
// autoscaler decides, or nothing does.
func (o *object) scaled() (before, after int64, ok bool) {
	if o.before == nil || o.after == nil || o.Hook() {
		return 0, 0, false
	}
	before, ok = o.before.replicas()
	if !ok {
		return 0, 0, false
	}
	after, ok = o.after.replicas()
	if ok && after > 0 && o.after.in.scaler(o.After) != nil {
		return 0, 0, false
	}
	return before, after, ok
}

func replicasZero(o *object) []finding {
	before, after, ok := o.scaled()
	if !ok || after != 0 || before == 0 {
		return nil
	}
	return []finding{{path: path("spec", "replicas"), reason: fmt.Sprintf("replicas go from %d to 0: no pod is left", before)}}
}

func replicasHalved(o *object) []finding {
	before, after, ok := o.scaled()
	if !ok || after == 0 || after*2 > before {
		return nil
	}
	return []finding{{path: path("spec", "replicas"), reason: fmt.Sprintf("replicas go from %d to %d", before, after)}}
}

// scaler is the autoscaler of a workload.
type scaler struct {
	on       *side
	min, max int64
}

func (s *scaler) String() string {
	return fmt.Sprintf("%s %s, %d to %d", s.on.ID.Kind, s.on.ID.Name, s.min, s.max)
}

// scaler is what scales a workload; nil where nothing does.
func (v *version) scaler(target manifest.Object) *scaler {
	if v.scalers == nil {
		v.scalers = map[manifest.ID]*scaler{}
		for _, s := range slices.Concat(v.of("autoscaling", "HorizontalPodAutoscaler"), v.of("keda.sh", "ScaledObject")) {
			ref := sub(s.tree(), "spec", "scaleTargetRef")
			kind := text(ref, "kind")
			if kind == "" {
				kind = "Deployment" // as KEDA has it
			}
			id := manifest.ID{Kind: kind, Namespace: s.ID.Namespace, Name: text(ref, "name")}
			if v.scalers[id] == nil {
				v.scalers[id] = scalerOf(s)
			}
		}
	}
	id := target.ID
	id.Group = "" // its kind is enough
	return v.scalers[id]
}

func scalerOf(s *side) *scaler {
	low, high, minKey, maxKey := int64(1), int64(0), "minReplicas", "maxReplicas"
	if s.ID.Kind == "ScaledObject" {
		low, high, minKey, maxKey = 0, 100, "minReplicaCount", "maxReplicaCount"
	}
	if n, ok := whole(get(s.tree(), "spec", minKey)); ok {
		low = n
	}
	if n, ok := whole(get(s.tree(), "spec", maxKey)); ok {
		high = n
	}
	return &scaler{s, low, high}
}

func autoscaler(o *object) []finding {
	if o.after == nil || !is(o.id, "autoscaling", "HorizontalPodAutoscaler") && !is(o.id, "keda.sh", "ScaledObject") {
		return nil
	}
	after := scalerOf(o.after)
	minKey, maxKey := "minReplicas", "maxReplicas"
	if o.id.Kind == "ScaledObject" {
		minKey, maxKey = "minReplicaCount", "maxReplicaCount"
	}
	var before *scaler
	if o.before != nil {
		before = scalerOf(o.before)
	}
	var found []finding
	add := func(key, format string, args ...any) {
		found = append(found, finding{path: path("spec", key), reason: fmt.Sprintf(format, args...)})
	}
	switch {
	case after.max == 0:
	case after.min > after.max:
		if before == nil || before.min <= before.max {
			add(minKey, "%s (%d) is more than %s (%d)", minKey, after.min, maxKey, after.max)
		}
	case before == nil:
	default:
		if after.max*2 <= before.max {
			add(maxKey, "%s goes from %d to %d", maxKey, before.max, after.max)
		}
		if after.min*2 <= before.min && before.min > 0 {
			add(minKey, "%s goes from %d to %d", minKey, before.min, after.min)
		}
	}
	return found
}

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
		set[key] = scalar(v)
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
		r, err := labels.NewRequirement(key, selection.Equals, []string{scalar(get(t, "matchLabels", key))})
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

func probes(o *object) []finding {
	var found []finding
	o.staying(func(before, after container) bool {
		for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
			if !isEmpty(before.body[probe]) && isEmpty(after.body[probe]) {
				found = append(found, finding{path: below(after.path, probe), reason: fmt.Sprintf("container %s loses its %s", after.name, probe)})
			}
		}
		return true
	})
	return found
}

func limits(o *object) []finding {
	var found []finding
	o.staying(func(before, after container) bool {
		at := below(after.path, "resources")
		var lost []string
		for _, of := range []string{"limits", "requests"} {
			var gone []string
			for _, name := range sortedKeys(sub(before.body, "resources", of)) {
				if get(after.body, "resources", of, name) == nil {
					gone = append(gone, fmt.Sprintf("%s (%s)", name, scalar(get(before.body, "resources", of, name))))
				}
			}
			if len(gone) > 0 {
				at = below(after.path, "resources", of)
				lost = append(lost, fmt.Sprintf("its %s of %s", of, strings.Join(gone, ", ")))
			}
		}
		if len(lost) > 1 {
			at = below(after.path, "resources")
		}
		if len(lost) > 0 {
			found = append(found, finding{path: at, reason: fmt.Sprintf("container %s loses %s", after.name, strings.Join(lost, " and "))})
		}
		return true
	})
	return found
}
