package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// What the API server refuses though the schema allows it, beside what
// refused.go finds: not all of its validation (pkg/apis/*/validation of
// k8s.io/kubernetes), but what people get wrong.

// unsound finds what is wrong with an object, whatever it was before.
func unsound(s *side) []finding {
	found := append(unwritable(s), misfits(s)...)
	for i := range found {
		found[i].reason += ": applying fails"
	}
	return found
}

// misfits are what does not fit together in an object of Kubernetes' own.
func misfits(s *side) []finding {
	spec := sub(s.tree(), "spec")
	switch id := s.ID; {
	case is(id, "apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
		found := unsoundPod(s)
		if policy := text(spec, "template", "spec", "restartPolicy"); policy != "" && policy != "Always" {
			found = append(found, finding{path: path("spec", "template", "spec", "restartPolicy"), reason: fmt.Sprintf("it is %s, and must be Always in a %s", policy, id.Kind)})
		}
		return append(found, unsoundRollout(id, spec)...)
	case is(id, "batch", "Job", "CronJob"):
		found := unsoundPod(s)
		for _, p := range s.podsOf() {
			if policy := text(p.body, "restartPolicy"); policy == "" || policy == "Always" {
				found = append(found, finding{path: p.spec.Then(diff.Key("restartPolicy")), reason: "it must be Never or OnFailure in a Job; left out it is Always"})
			}
		}
		return found
	case is(id, "", "Pod", "ReplicationController"):
		return unsoundPod(s)
	case is(id, "", "Service"):
		return unsoundPorts(spec)
	case is(id, "policy", "PodDisruptionBudget"):
		if spec["minAvailable"] != nil && spec["maxUnavailable"] != nil {
			return []finding{{path: path("spec"), reason: "it has both minAvailable and maxUnavailable, and may have one"}}
		}
	}
	return nil
}

func unsoundRollout(id manifest.ID, spec tree) []finding {
	if id.Kind != "Deployment" {
		return nil
	}
	strategy := sub(spec, "strategy")
	rolling := sub(strategy, "rollingUpdate")
	zero := func(key string) bool {
		v := rolling[key]
		n, ok := whole(v)
		return ok && n == 0 || v == "0%"
	}
	switch {
	case text(strategy, "type") == "Recreate" && rolling != nil:
		return []finding{{path: path("spec", "strategy", "rollingUpdate"), reason: "it may not be there with type Recreate"}}
	case zero("maxUnavailable") && zero("maxSurge"):
		return []finding{{path: path("spec", "strategy", "rollingUpdate"), reason: "maxUnavailable and maxSurge are both 0: no pod could be replaced"}}
	}
	return nil
}

func unsoundPod(s *side) []finding {
	var found []finding
	for _, p := range s.podsOf() {
		at := func(keys ...string) diff.Path {
			all := p.spec
			for _, key := range keys {
				all = all.Then(diff.Key(key))
			}
			return all
		}
		volumes := map[string]bool{}
		for _, v := range mapsOf(items(p.body, "volumes")) {
			name := text(v, "name")
			if volumes[name] {
				found = append(found, finding{path: at("volumes"), key: "volume " + name, reason: fmt.Sprintf("two volumes are named %s", name)})
			}
			volumes[name] = true
		}
		if is(s.ID, "apps", "StatefulSet") {
			for _, v := range mapsOf(items(s.tree(), "spec", "volumeClaimTemplates")) {
				volumes[text(v, "metadata", "name")] = true
			}
		}
		names := map[string]bool{}
		for _, c := range p.containers {
			if names[c.name] {
				found = append(found, finding{path: at("containers"), key: "container " + c.name, reason: fmt.Sprintf("two containers are named %s", c.name)})
				continue
			}
			names[c.name] = true
			found = append(found, unsoundContainer(c, volumes)...)
		}
	}
	return found
}

func unsoundContainer(c container, volumes map[string]bool) []finding {
	var found []finding
	mounted := map[string]bool{}
	for _, m := range mapsOf(items(c.body, "volumeMounts")) {
		name, where := text(m, "name"), text(m, "mountPath")
		at := below(c.path, "volumeMounts")
		if name != "" && !volumes[name] {
			found = append(found, finding{path: at, key: at.String() + " of " + name, reason: fmt.Sprintf("container %s mounts %s, and no volume has that name", c.name, name)})
		}
		if where != "" && mounted[where] {
			found = append(found, finding{path: at, key: at.String() + " at " + where, reason: fmt.Sprintf("container %s mounts two volumes at %s", c.name, where)})
		}
		mounted[where] = true
	}
	limits, requests := sub(c.body, "resources", "limits"), sub(c.body, "resources", "requests")
	for _, key := range sortedKeys(requests) {
		limit, limited := quantity(limits[key])
		request, requested := quantity(requests[key])
		if limited && requested && request.Cmp(limit) > 0 {
			found = append(found, finding{path: below(below(below(c.path, "resources"), "requests"), key),
				reason: fmt.Sprintf("container %s asks for more (%s) than its limit (%s)", c.name, diff.Scalar(requests[key]), diff.Scalar(limits[key]))})
		}
	}
	return found
}

func unsoundPorts(spec tree) []finding {
	ports := items(spec, "ports")
	if len(ports) < 2 {
		return nil
	}
	var found []finding
	names := map[string]bool{}
	var nameless []string
	for _, p := range mapsOf(ports) {
		name := text(p, "name")
		switch {
		case name == "":
			nameless = append(nameless, diff.Scalar(p["port"]))
		case names[name]:
			found = append(found, finding{path: path("spec", "ports"), key: "port " + name, reason: fmt.Sprintf("two ports are named %s", name)})
		}
		names[name] = true
	}
	if len(nameless) > 0 {
		slices.Sort(nameless)
		found = append(found, finding{path: path("spec", "ports"), key: "nameless", reason: fmt.Sprintf("of several ports each has to have a name: %s has none", strings.Join(nameless, ", "))})
	}
	return found
}
