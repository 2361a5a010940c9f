package risk

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
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
	{ID: "availability/replicas-reset", Level: Caution, Title: "An autoscaled workload has replicas of its own",
		Doc:    "Every apply sets the number of pods back to what is written, and the autoscaler has to begin anew. A sync.ignore for the field is not looked at.",
		object: replicasReset},
	{ID: "availability/unmeasured", Level: Caution, Title: "An autoscaler has nothing to go by",
		Doc:    "It goes by the share of requests that is used, and a container requests none of it: nothing is scaled, unless a LimitRange fills the request in.",
		object: unmeasured},
	{ID: "availability/no-target", Level: Caution, Title: "An autoscaler or a budget is there for nothing",
		Doc:     "No release of the cluster has the workload that is to be scaled, or the pods that a PodDisruptionBudget is to guard: pods that should be are neither.",
		release: noTarget},
	{ID: "availability/not-scraped", Level: Caution, Title: "A monitor no longer finds what it asks",
		Doc:     "The selector of a ServiceMonitor or PodMonitor meets nothing any more, or nothing with its port: metrics end, and with them the alerts that look at them.",
		release: notScraped},
	{ID: "availability/eviction", Level: Caution, Title: "No pod can be evicted",
		Doc:     "A PodDisruptionBudget, of whatever release of the cluster, leaves no pod that may go: draining a node hangs.",
		release: eviction},
	{ID: "availability/suspended", Level: Caution, Title: "Something is told to stand still",
		Doc:    "A CronJob or Job is suspended, a Deployment or Rollout paused, Flux or KEDA told to leave something alone: it stays so until somebody thinks of it.",
		object: suspended},
	{ID: "availability/rollout", Level: Caution, Title: "A rollout may stop all pods",
		Doc:    "A Deployment's strategy becomes Recreate, or maxUnavailable all of its pods, or those of all nodes.",
		object: hardRollout},
	{ID: "availability/no-grace", Level: Caution, Title: "Pods get no time to stop",
		Doc:    "With terminationGracePeriodSeconds 0 containers are killed at once: requests are cut off, and what is not written is lost.",
		object: noGrace},
	{ID: "availability/probe-port", Level: Caution, Title: "A probe asks a port that its container does not have",
		Doc:    "By its name; the API server takes it, and the probe always fails: pods are never ready, or restarted again and again.",
		object: newly(probePorts)},
	{ID: "availability/memory-unit", Level: Caution, Title: "An amount of memory nobody can mean",
		Doc:    "A limit or request of less than a mebibyte, 512m or 512 for 512Mi: with such a limit no container starts, and such a request is none.",
		object: newly(memoryUnits)},
	{ID: "availability/probe-removed", Level: Caution, Title: "A probe is removed",
		Doc:    "Traffic reaches pods that are not ready, or pods that hang are not restarted.",
		object: probes},
	{ID: "availability/limit-removed", Level: Caution, Title: "A limit or request is removed",
		Doc:    "The container may take what others on its node need, or is the first to be evicted.",
		object: limits},
}

// probeKinds is read only.
var probeKinds = []string{"livenessProbe", "readinessProbe", "startupProbe"}

func probes(o *object) []finding {
	var found []finding
	o.staying(func(before, after container) bool {
		for _, probe := range probeKinds {
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
					gone = append(gone, fmt.Sprintf("%s (%s)", name, diff.Scalar(get(before.body, "resources", of, name))))
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
