//lint:file-ignore SA1019 people's kustomizations still have the deprecated fields

package transform

import (
	"encoding/json"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/weir-dev/weir/engine/manifest"
)

// places makes the namespace explicit in what a kustomization brings along. The
// release's objects have theirs filled in already; kustomize would neither find
// them by a patch without a namespace, nor the ConfigMap of a generator by their
// references.
type places struct {
	*run
	known map[manifest.ID][]string // namespaces of the release's objects, by identity without one
}

func (b build) places(drafts []*draft) places {
	p := places{run: b.run, known: make(map[manifest.ID][]string, len(drafts))}
	for _, d := range drafts {
		id := d.ID
		id.Namespace = ""
		p.known[id] = append(p.known[id], d.ID.Namespace)
	}
	return p
}

// of is the namespace that an object or a patch without one means.
func (p places) of(id manifest.ID) string {
	namespaces := p.known[id]
	if len(namespaces) > 0 && !slices.Contains(namespaces, p.Release.Namespace) {
		return namespaces[0]
	}
	if !p.namespaced(id.Group, id.Kind) {
		return ""
	}
	return p.Release.Namespace
}

// explicit lays the documents of a file out as JSON, each with its namespace;
// what is no YAML is left for kustomize to refuse.
func (p places) explicit(text []byte) []byte {
	documents, failed := manifest.Read(text)
	if len(failed) > 0 {
		return text
	}
	var all []byte
	for _, document := range documents {
		for _, tree := range manifest.Expand(document.Tree) {
			p.fill(tree)
			encoded, err := json.Marshal(tree)
			if err != nil {
				return text
			}
			if len(all) > 0 || len(documents) > 1 {
				all = append(all, "---\n"...)
			}
			all = append(append(all, encoded...), '\n')
		}
	}
	return all
}

func (p places) fill(tree any) {
	body, _ := tree.(map[string]any)
	metadata, _ := body["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	kind, _ := body["kind"].(string)
	apiVersion, _ := body["apiVersion"].(string)
	if name == "" || kind == "" || apiVersion == "" || apiVersion == "builtin" || metadata["namespace"] != nil {
		return
	}
	if namespace := p.of(manifest.ID{Group: manifest.GroupOf(apiVersion), Kind: kind, Name: name}); namespace != "" {
		metadata["namespace"] = namespace
	}
}

// kustomization does the same for what a kustomization holds itself, and writes
// its old fields as the new ones that `kustomize edit fix` makes of them:
// kustomize warns of them on standard error.
func (p places) kustomization(k *kustomization) {
	k.SortOptions = nil // a Set has its own order
	var merges []types.Patch
	for _, patch := range k.PatchesStrategicMerge {
		if isInline(string(patch)) {
			merges = append(merges, types.Patch{Patch: string(patch)})
		} else {
			merges = append(merges, types.Patch{Path: string(patch)})
		}
	}
	k.Patches = slices.Concat(merges, k.Patches, k.PatchesJson6902)
	k.PatchesStrategicMerge, k.PatchesJson6902 = nil, nil
	if len(k.CommonLabels) > 0 {
		k.Labels = append(slices.Clone(k.Labels), types.Label{Pairs: k.CommonLabels, IncludeSelectors: true})
		k.CommonLabels = nil
	}
	for i, patch := range k.Patches {
		if strings.TrimSpace(patch.Patch) != "" {
			k.Patches[i].Patch = string(p.explicit([]byte(patch.Patch)))
		}
	}
	for i := range k.ConfigMapGenerator {
		if k.ConfigMapGenerator[i].Namespace == "" {
			k.ConfigMapGenerator[i].Namespace = p.of(manifest.ID{Kind: "ConfigMap", Name: k.ConfigMapGenerator[i].Name})
		}
	}
	for i := range k.SecretGenerator {
		if k.SecretGenerator[i].Namespace == "" {
			k.SecretGenerator[i].Namespace = p.of(manifest.ID{Kind: "Secret", Name: k.SecretGenerator[i].Name})
		}
	}
}
