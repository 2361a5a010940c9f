package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Gap is an API of Kubernetes' own that a minor does not serve.
type Gap struct {
	APIVersion string
	Kind       string
	// Removed is the first minor that no longer has it, "1.22"; empty where the
	// API went before all known minors or is yet to come.
	Removed string
	// Comes is the first minor that has it, where it is yet to come.
	Comes string
	// Replacement is the apiVersion to use instead in this minor, and
	// ReplacementKind the kind, mostly the same; empty where there is none.
	Replacement     string
	ReplacementKind string
}

// String is a sentence without its full stop.
func (g Gap) String() string {
	var s string
	switch {
	case g.Comes != "":
		s = fmt.Sprintf("%s %s comes with Kubernetes %s", g.APIVersion, g.Kind, g.Comes)
	case g.Removed != "":
		s = fmt.Sprintf("%s %s was removed in Kubernetes %s", g.APIVersion, g.Kind, g.Removed)
	default:
		s = fmt.Sprintf("%s %s was removed before Kubernetes %s", g.APIVersion, g.Kind, Minors()[0])
	}
	switch {
	case g.Replacement == "" && g.Comes != "":
		return s
	case g.Replacement == "":
		return s + ", and nothing replaces it"
	case g.ReplacementKind != g.Kind:
		return s + ": use " + g.Replacement + " " + g.ReplacementKind
	}
	return s + ": use " + g.Replacement
}

// Gap tells what is wrong with an API that is Kubernetes' own and not served in
// this minor. It is false for what is served, deprecated or not, and for kinds
// that are not Kubernetes' own.
func (t *Table) Gap(apiVersion, kindName string) (Gap, bool) {
	group, version := split(apiVersion)
	key := groupKind{group, kindName}
	gap := Gap{APIVersion: apiVersion, Kind: kindName}
	if old, ok := older[apiVersion+" "+kindName]; ok {
		gap.Replacement, gap.ReplacementKind = t.best(old)
		return gap, true
	}
	k := t.data.kinds[key]
	if k == nil || len(k.served[version]) == 0 || has(k.served[version], t.minor) {
		return Gap{}, false
	}
	for _, s := range k.served[version] {
		switch {
		case s.to < t.minor:
			gap.Removed = name(s.to + 1)
		case gap.Removed == "" && gap.Comes == "":
			gap.Comes = name(s.from)
		}
	}
	if gap.Replacement, gap.ReplacementKind = t.best(key); gap.Replacement == "" {
		gap.Replacement, gap.ReplacementKind = t.best(moved[key])
	}
	return gap, true
}

// best is the most stable and newest version of a kind in this minor.
func (t *Table) best(key groupKind) (apiVersion, kindName string) {
	k := t.data.kinds[key]
	if k == nil {
		return "", ""
	}
	var served []string
	for version, spans := range k.served {
		if has(spans, t.minor) {
			served = append(served, version)
		}
	}
	if len(served) == 0 {
		return "", ""
	}
	return join(key.group, slices.MaxFunc(served, compareVersions)), key.kind
}

// compareVersions orders as Kubernetes does: v1alpha1 < v1beta1 < v1 < v2.
func compareVersions(a, b string) int {
	stageA, majorA, minorA := stage(a)
	stageB, majorB, minorB := stage(b)
	return cmp.Or(cmp.Compare(stageA, stageB), cmp.Compare(majorA, majorB), cmp.Compare(minorA, minorB))
}

func stage(version string) (stage, major, minor int) {
	version = strings.TrimPrefix(version, "v")
	stage = 2
	for i, word := range []string{"alpha", "beta"} {
		if before, after, found := strings.Cut(version, word); found {
			stage, version = i, before
			minor, _ = strconv.Atoi(after)
			break
		}
	}
	major, _ = strconv.Atoi(version)
	return stage, major, minor
}

// moved are the kinds that live on in another group. Read only.
var moved = map[groupKind]groupKind{
	{"extensions", "DaemonSet"}:          {"apps", "DaemonSet"},
	{"extensions", "Deployment"}:         {"apps", "Deployment"},
	{"extensions", "ReplicaSet"}:         {"apps", "ReplicaSet"},
	{"extensions", "Ingress"}:            {"networking.k8s.io", "Ingress"},
	{"extensions", "NetworkPolicy"}:      {"networking.k8s.io", "NetworkPolicy"},
	{"extensions", "PodSecurityPolicy"}:  {"policy", "PodSecurityPolicy"},
	{"resource.k8s.io", "ResourceClass"}: {"resource.k8s.io", "DeviceClass"},
}

// older are APIs that no minor of the table has, with what replaced them, kept
// by hand. Read only.
var older = map[string]groupKind{
	"apps/v1alpha1 PetSet":                                           {"apps", "StatefulSet"},
	"autoscaling/v2alpha1 HorizontalPodAutoscaler":                   {"autoscaling", "HorizontalPodAutoscaler"},
	"batch/v2alpha1 ScheduledJob":                                    {"batch", "CronJob"},
	"extensions/v1beta1 HorizontalPodAutoscaler":                     {"autoscaling", "HorizontalPodAutoscaler"},
	"extensions/v1beta1 Job":                                         {"batch", "Job"},
	"extensions/v1beta1 ThirdPartyResource":                          {"apiextensions.k8s.io", "CustomResourceDefinition"},
	"admissionregistration.k8s.io/v1alpha1 InitializerConfiguration": {},
}
