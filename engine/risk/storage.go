package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

var storageRules = []Rule{
	{ID: "storage/shrink", Level: Block, Title: "A volume claim shrinks",
		Doc:    "No volume can be made smaller; the API server refuses it.",
		object: shrink},
	{ID: "storage/scaled-away", Level: Block, Title: "Scaling down deletes volumes",
		Doc:    "With persistentVolumeClaimRetentionPolicy.whenScaled: Delete, the claims of the pods that go are deleted, and their data.",
		object: scaledAway},
	{ID: "storage/reclaim-delete", Level: Caution, Title: "Data is no longer retained",
		Doc:    "A volume's reclaim policy, or a StatefulSet's for its claims, goes to Delete: the data goes with what uses it.",
		object: reclaimDelete},
	{ID: "storage/unmounted", Level: Caution, Title: "A workload no longer mounts its volume claim",
		Doc:    "Its pods do not see what they wrote, be it that another claim, an emptyDir or nothing is in its place; the claim stays.",
		object: unmounted},
}

func shrink(o *object) []finding {
	if !o.stays() || !is(o.id, "", "PersistentVolumeClaim") {
		return nil
	}
	keys := []string{"spec", "resources", "requests", "storage"}
	before, after := get(o.before.tree(), keys...), get(o.after.tree(), keys...)
	b, ok := quantity(before)
	a, is := quantity(after)
	if !ok || !is || a.Cmp(b) >= 0 {
		return nil
	}
	return []finding{{path: path(keys...), reason: fmt.Sprintf("the claim shrinks from %s to %s, and no volume can", diff.Scalar(before), diff.Scalar(after))}}
}

func scaledAway(o *object) []finding {
	if !o.stays() || !is(o.id, "apps", "StatefulSet") || text(o.after.tree(), "spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") != "Delete" {
		return nil
	}
	before, after, ok := o.scaled()
	claims := o.after.claims()
	if !ok || after >= before || len(claims) == 0 {
		return nil
	}
	return []finding{{path: path("spec", "replicas"), reason: fmt.Sprintf("replicas go from %d to %d, and the claims of the pods that go are deleted with their data: %s", before, after, strings.Join(claims, ", "))}}
}

// claims are the names of the claims that a StatefulSet makes, a star for the
// number of the pod.
func (s *side) claims() []string {
	var names []string
	for _, c := range mapsOf(items(s.tree(), "spec", "volumeClaimTemplates")) {
		names = append(names, fmt.Sprintf("%s-%s-*", nameOf(c), s.ID.Name))
	}
	return names
}

func reclaimDelete(o *object) []finding {
	if !o.stays() {
		return nil
	}
	var found []finding
	goes := func(what string, keys ...string) {
		before, after := text(o.before.tree(), keys...), text(o.after.tree(), keys...)
		if before != "Delete" && after == "Delete" {
			found = append(found, finding{path: path(keys...), reason: what})
		}
	}
	switch {
	case is(o.id, "", "PersistentVolume"):
		goes("the volume and its data are deleted with its claim", "spec", "persistentVolumeReclaimPolicy")
	case is(o.id, "apps", "StatefulSet"):
		goes("claims and their data are deleted with the StatefulSet", "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")
		goes("claims and their data are deleted with the pods that scaling down takes away", "spec", "persistentVolumeClaimRetentionPolicy", "whenScaled")
	}
	return found
}

// unmounted fires for claims that no container of a workload mounts any more.
func unmounted(o *object) []finding {
	if !o.stays() || !o.before.mentions("persistentVolumeClaim") && !o.before.mentions("volumeClaimTemplates") || len(o.before.podsOf()) != 1 || len(o.after.podsOf()) != 1 {
		return nil
	}
	now := o.after.mounts()
	var found []finding
	for _, m := range o.before.mounts() {
		if !slices.ContainsFunc(now, func(other mount) bool { return other.claim == m.claim }) {
			at := below(o.after.podsOf()[0].spec, "volumes")
			if slices.ContainsFunc(items(o.after.podsOf()[0].body, "volumes"), func(v any) bool { return nameOf(v) == m.volume }) {
				at = at.Then(diff.Item(diff.Want{Key: "name", Value: m.volume}))
			}
			found = append(found, finding{path: at, reason: fmt.Sprintf("claim %s is no longer mounted (it was at %s): its pods do not see what is in it", m.claim, m.at)})
		}
	}
	return found
}

// mount is a volume claim that a workload's containers mount, with the name that
// it has there and where the first does.
type mount struct{ claim, volume, at string }

func (s *side) mounts() []mount {
	claims := map[string]string{} // by volume
	p := s.podsOf()[0]
	for _, v := range mapsOf(items(p.body, "volumes")) {
		if claim := text(v, "persistentVolumeClaim", "claimName"); claim != "" {
			claims[text(v, "name")] = claim
		}
	}
	if is(s.ID, "apps", "StatefulSet") {
		for _, c := range mapsOf(items(s.tree(), "spec", "volumeClaimTemplates")) {
			claims[nameOf(c)] = fmt.Sprintf("%s-%s-*", nameOf(c), s.ID.Name)
		}
	}
	var all []mount
	for _, c := range p.containers {
		for _, m := range mapsOf(slices.Concat(items(c.body, "volumeMounts"), items(c.body, "volumeDevices"))) {
			claim := claims[text(m, "name")]
			if claim != "" && !slices.ContainsFunc(all, func(other mount) bool { return other.claim == claim }) {
				all = append(all, mount{claim, text(m, "name"), cmp.Or(text(m, "mountPath"), text(m, "devicePath"))})
			}
		}
	}
	return all
}
