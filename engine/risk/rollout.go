package risk

import "fmt"

// How workloads go on: whether they do, how they are replaced, how they stop.

// stops are the fields and annotations by which something is told to stand still,
// with what that means. Read only.
var stops = []struct {
	group, kind string
	field       string // below spec; empty where it is an annotation
	annotation  string
	reason      string
}{
	{group: "batch", kind: "CronJob", field: "suspend", reason: "it no longer runs"},
	{group: "batch", kind: "Job", field: "suspend", reason: "its pods are deleted until it goes on"},
	{group: "apps", kind: "Deployment", field: "paused", reason: "what changes in it no longer reaches its pods"},
	{group: "argoproj.io", kind: "Rollout", field: "paused", reason: "what changes in it no longer reaches its pods"},
	{group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", field: "suspend", reason: "Flux no longer applies it"},
	{group: "helm.toolkit.fluxcd.io", kind: "HelmRelease", field: "suspend", reason: "Flux no longer applies it"},
	{group: "keda.sh", kind: "ScaledObject", annotation: "autoscaling.keda.sh/paused", reason: "nothing is scaled"},
}

func suspended(o *object) []finding {
	if !o.stays() {
		return nil
	}
	for _, s := range stops {
		if !is(o.id, s.group, s.kind) {
			continue
		}
		keys := []string{"spec", s.field}
		if s.field == "" {
			keys = []string{"metadata", "annotations", s.annotation}
		}
		on := func(t tree) bool { return truth(t, keys...) || text(t, keys...) == "true" }
		if on(o.before.tree()) || !on(o.after.tree()) {
			return nil
		}
		return []finding{{path: path(keys...), reason: fmt.Sprintf("%s is true: %s", keys[len(keys)-1], s.reason)}}
	}
	return nil
}

func hardRollout(o *object) []finding {
	if !o.stays() || !is(o.id, "apps", "Deployment", "DaemonSet") {
		return nil
	}
	key := "strategy"
	pods, known := o.after.replicas()
	if o.id.Kind == "DaemonSet" {
		key = "updateStrategy"
	} else if !known || pods == 0 {
		return nil
	}
	before, after := sub(o.before.tree(), "spec", key), sub(o.after.tree(), "spec", key)
	if text(after, "type") == "Recreate" {
		if text(before, "type") == "Recreate" {
			return nil
		}
		return []finding{{path: path("spec", key, "type"), reason: "with strategy Recreate, every rollout stops all pods before a new one starts"}}
	}
	all := func(v any) bool {
		n, percent, ok := amount(v)
		return ok && (percent && n >= 100 || !percent && o.id.Kind == "Deployment" && n >= pods && pods > 1)
	}
	was, now := get(before, "rollingUpdate", "maxUnavailable"), get(after, "rollingUpdate", "maxUnavailable")
	if same(nil, was, now) || all(was) || !all(now) || text(before, "type") == "Recreate" {
		return nil
	}
	return []finding{{path: path("spec", key, "rollingUpdate", "maxUnavailable"), reason: fmt.Sprintf("with maxUnavailable %v, a rollout may stop all pods at once", now)}}
}

func noGrace(o *object) []finding {
	if o.before == nil || o.after == nil || o.Hook() {
		return nil
	}
	before, after := o.before.podsOf(), o.after.podsOf()
	if len(before) == 0 || len(before) != len(after) {
		return nil
	}
	var found []finding
	for i, p := range after {
		none := func(p pod) bool {
			n, ok := whole(p.body["terminationGracePeriodSeconds"])
			return ok && n == 0
		}
		if none(p) && !none(before[i]) {
			found = append(found, finding{path: below(p.spec, "terminationGracePeriodSeconds"), reason: "terminationGracePeriodSeconds is 0: containers are killed at once, without a word"})
		}
	}
	return found
}
