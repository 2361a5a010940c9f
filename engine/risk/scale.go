package risk

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

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
	if ok && after > 0 && after < before && o.after.scaler(present) != nil {
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

// scalers are the kinds of autoscalers. Read only.
var scalers = []kind{{"autoscaling", "HorizontalPodAutoscaler"}, {"keda.sh", "ScaledObject"}}

// scaler is what scales a workload, in whatever release; nil where nothing does.
func (s *side) scaler(m moment) *scaler {
	if a := s.in.scaler(s.Object); a != nil {
		return a
	}
	target := s.ID
	target.Group = ""
	for _, a := range s.in.release.in.everywhere(m, target.Namespace, scalers...) {
		if scales(a) == target {
			return scalerOf(a)
		}
	}
	return nil
}

// scaler is what of a version scales a workload; nil where nothing does.
func (v *version) scaler(target manifest.Object) *scaler {
	if v.scalers == nil {
		v.scalers = map[manifest.ID]*scaler{}
		for _, s := range slices.Concat(v.of("autoscaling", "HorizontalPodAutoscaler"), v.of("keda.sh", "ScaledObject")) {
			if id := scales(s); v.scalers[id] == nil {
				v.scalers[id] = scalerOf(s)
			}
		}
	}
	id := target.ID
	id.Group = ""
	return v.scalers[id]
}

// scales is what an autoscaler is there for, without its group: its kind is enough.
func scales(s *side) manifest.ID {
	ref := sub(s.tree(), "spec", "scaleTargetRef")
	kind := text(ref, "kind")
	if kind == "" {
		kind = "Deployment" // as KEDA has it
	}
	return manifest.ID{Kind: kind, Namespace: s.ID.Namespace, Name: text(ref, "name")}
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
