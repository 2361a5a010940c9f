package transform

import (
	"maps"
	"slices"

	"github.com/weir-dev/weir/schema/diag"
)

// scalable are the kinds in which kustomize's `replicas` looks; read only.
var scalable = []string{"Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"}

func isScalable(d *draft) bool { return slices.Contains(scalable, d.ID.Kind) }

// setReplicas sets spec.replicas of workloads by name, whatever their namespace.
func setReplicas(r *run, drafts []*draft) []*draft {
	replicas := r.Release.Kustomize.Replicas
	if len(replicas) == 0 {
		return drafts
	}
	matched := make(map[string]bool, len(replicas))
	for _, d := range drafts {
		count, wanted := replicas[d.ID.Name]
		if !wanted || !isScalable(d) {
			continue
		}
		matched[d.ID.Name] = true
		spec, isMap := d.body()["spec"].(map[string]any)
		if !isMap {
			spec = map[string]any{}
			d.body()["spec"] = spec
		}
		if spec["replicas"] != count.Value {
			spec["replicas"] = count.Value
			d.changed = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(replicas)) {
		if matched[name] {
			continue
		}
		candidates := namesOf(drafts, isScalable)
		r.report(diag.Errorf(replicas[name].Range, "replicas names no workload of release %q: %q", r.Release.Name, name).
			Detailf("Replicas are set on Deployments, ReplicaSets, ReplicationControllers and StatefulSets by their name. %s", listing("This release has", candidates, "none of them")).
			Suggest(name, candidates).
			Remedyf("Correct the name, or take the entry out."))
	}
	return drafts
}
