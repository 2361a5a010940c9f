package manifest

import (
	"cmp"
	"slices"
	"strings"
)

// PodTemplate finds the pod template of a workload: a map with metadata and
// spec, part of tree, not a copy. A Pod is its own template. It is false for
// kinds that are no workload of Kubernetes' own.
func PodTemplate(tree map[string]any) (map[string]any, bool) {
	path, ok := podTemplatePath(tree)
	if !ok {
		return nil, false
	}
	for _, key := range path {
		next, ok := tree[key].(map[string]any)
		if !ok {
			return nil, false
		}
		tree = next
	}
	return tree, true
}

func podTemplatePath(tree map[string]any) ([]string, bool) {
	apiVersion, _ := tree["apiVersion"].(string)
	kind, _ := tree["kind"].(string)
	switch GroupOf(apiVersion) + "/" + kind {
	case "/Pod":
		return nil, true
	case "/ReplicationController",
		"apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet",
		"extensions/Deployment", "extensions/DaemonSet", "extensions/ReplicaSet",
		"batch/Job":
		return []string{"spec", "template"}, true
	case "batch/CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}, true
	}
	return nil, false
}

// Reference is a ConfigMap or a Secret that pods read, of their own namespace.
type Reference struct {
	Kind string // ConfigMap, Secret
	Name string
}

// References lists the ConfigMaps and Secrets that a pod template uses through
// env, envFrom and volumes, sorted. Pull secrets are not configuration and are
// left out.
func References(template map[string]any) []Reference {
	var refs []Reference
	add := func(kind string, holder any, nameKey string) {
		m, _ := holder.(map[string]any)
		if name, _ := m[nameKey].(string); name != "" {
			refs = append(refs, Reference{Kind: kind, Name: name})
		}
	}
	spec, _ := template["spec"].(map[string]any)
	for _, list := range containerLists {
		for container := range mapsOf(spec[list]) {
			for env := range mapsOf(container["env"]) {
				from, _ := env["valueFrom"].(map[string]any)
				add("ConfigMap", from["configMapKeyRef"], "name")
				add("Secret", from["secretKeyRef"], "name")
			}
			for from := range mapsOf(container["envFrom"]) {
				add("ConfigMap", from["configMapRef"], "name")
				add("Secret", from["secretRef"], "name")
			}
		}
	}
	for volume := range mapsOf(spec["volumes"]) {
		add("ConfigMap", volume["configMap"], "name")
		add("Secret", volume["secret"], "secretName")
		projected, _ := volume["projected"].(map[string]any)
		for source := range mapsOf(projected["sources"]) {
			add("ConfigMap", source["configMap"], "name")
			add("Secret", source["secret"], "name")
		}
	}
	slices.SortFunc(refs, func(a, b Reference) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return slices.Compact(refs)
}

// containerLists is read only.
var containerLists = []string{"containers", "initContainers", "ephemeralContainers"}

// Images lists the images of every pod template in tree, sorted, each once:
// those of Kubernetes' own workloads and of custom resources that hold a pod
// spec.
func Images(tree map[string]any) []string {
	images := appendImages(nil, tree)
	slices.Sort(images)
	return slices.Compact(images)
}

func appendImages(images []string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		for _, list := range containerLists {
			for container := range mapsOf(v[list]) {
				image, _ := container["image"].(string)
				if name, _ := container["name"].(string); name != "" && image != "" {
					images = append(images, image)
				}
			}
		}
		for _, c := range v {
			images = appendImages(images, c)
		}
	case []any:
		for _, c := range v {
			images = appendImages(images, c)
		}
	}
	return images
}

// mapsOf yields the maps of a list.
func mapsOf(list any) func(yield func(map[string]any) bool) {
	items, _ := list.([]any)
	return func(yield func(map[string]any) bool) {
		for _, item := range items {
			if m, ok := item.(map[string]any); ok && !yield(m) {
				return
			}
		}
	}
}

// HasSecretData tells a Secret that holds something. Its values are nowhere to
// be printed.
func HasSecretData(tree map[string]any) bool {
	if tree["apiVersion"] != "v1" || tree["kind"] != "Secret" {
		return false
	}
	for _, key := range []string{"data", "stringData"} {
		switch data := tree[key].(type) {
		case nil:
		case map[string]any:
			if len(data) > 0 {
				return true
			}
		default: // no map: the API server will refuse it, but it may be a secret
			return true
		}
	}
	return false
}
