package risk

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/weir-dev/weir/engine/diff"
)

// Words that API servers refuse: what a schema knows as a string, and what has
// an alphabet and a length all the same.

// unwritable finds such words in an object.
func unwritable(s *side) []finding {
	t := s.tree()
	found := wrongLabels(path("metadata", "labels"), sub(t, "metadata", "labels"))
	switch {
	case is(s.ID, "", "ConfigMap", "Secret"):
		for _, field := range []string{"binaryData", "data", "stringData"} {
			for _, key := range sortedKeys(sub(t, field)) {
				if len(validation.IsConfigMapKey(key)) > 0 {
					found = append(found, finding{path: path(field, key), reason: "a key has letters, digits, -, _ and . only"})
				}
			}
		}
	case is(s.ID, "", "Service"):
		for i, p := range mapsOf(items(t, "spec", "ports")) {
			found = append(found, wrongPort(named(path("spec", "ports"), p, i).Then(diff.Key("targetPort")), p["targetPort"])...)
		}
	case is(s.ID, "apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), is(s.ID, "batch", "Job", "CronJob"), is(s.ID, "", "Pod", "ReplicationController"):
		for _, p := range s.podsOf() {
			if len(p.path) > 0 {
				found = append(found, wrongLabels(below(p.path, "metadata", "labels"), sub(p.template, "metadata", "labels"))...)
			}
			for _, c := range p.containers {
				for i, port := range mapsOf(items(c.body, "ports")) {
					found = append(found, wrongPort(named(below(c.path, "ports"), port, i).Then(diff.Key("name")), port["name"])...)
				}
				for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
					for _, way := range []string{"httpGet", "tcpSocket"} {
						found = append(found, wrongPort(below(c.path, probe, way, "port"), get(c.body, probe, way, "port"))...)
					}
				}
			}
		}
	}
	return found
}

func wrongLabels(at diff.Path, all tree) []finding {
	var found []finding
	for _, key := range sortedKeys(all) {
		value, _ := all[key].(string)
		switch {
		case len(validation.IsQualifiedName(key)) > 0:
			found = append(found, finding{path: below(at, key), reason: "this cannot be the key of a label: it is one as in app or example.com/app"})
		case len(validation.IsValidLabelValue(value)) > 0:
			found = append(found, finding{path: below(at, key), reason: fmt.Sprintf("%q cannot be the value of a label: at most 63 letters, digits, -, _ and . can, a letter or digit at both ends", value)})
		}
	}
	return found
}

func wrongPort(at diff.Path, v any) []finding {
	name, ok := v.(string)
	if !ok || name == "" || len(validation.IsValidPortName(name)) == 0 {
		return nil
	}
	why := "a name has at most 15 small letters, digits and -"
	if _, number := quantity(name); number {
		why = "a number stands without quotes"
	}
	return []finding{{path: at, reason: fmt.Sprintf("%q is no name of a port: %s", name, why)}}
}
