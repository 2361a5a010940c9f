package transform

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// configHash is the annotation of a pod template that changes with what its
// pods read.
const configHash = "weir.dev/config-hash"

// IsConfigHash tells whether a JSON pointer into an object is that of the
// annotation.
func IsConfigHash(pointer string) bool {
	return strings.HasSuffix(pointer, "/spec/template/metadata/annotations/"+strings.ReplaceAll(configHash, "/", "~1"))
}

// hashConfig annotates the pod templates of Deployments, StatefulSets and
// DaemonSets with a hash of the ConfigMaps and Secrets that they use and that
// the release itself writes, so that a change of those rolls the pods. Jobs are
// left alone: their templates cannot be changed.
func hashConfig(r *run, drafts []*draft) []*draft {
	if r.Release.RestartOnConfigChange {
		annotateHashes(drafts)
	}
	return drafts
}

// HashConfig is the step restart_on_config_change alone, for final objects whose
// configuration was changed after all steps.
func HashConfig(objects []manifest.Object) ([]manifest.Object, error) {
	drafts := newDrafts(objects)
	annotateHashes(drafts)
	hashed := make([]manifest.Object, len(drafts))
	for i, d := range drafts {
		var err error
		if hashed[i], err = d.object(); err != nil {
			return nil, fmt.Errorf("hash the configuration of %s: %w", d.ID, err)
		}
	}
	return hashed, nil
}

func annotateHashes(drafts []*draft) {
	config := map[manifest.ID]*draft{}
	for _, d := range drafts {
		if d.ID.Group == "" && (d.ID.Kind == "ConfigMap" || d.ID.Kind == "Secret") {
			config[d.ID] = d
		}
	}
	for _, d := range drafts {
		switch d.ID.Kind {
		case "Deployment", "StatefulSet", "DaemonSet":
		default:
			continue
		}
		template, ok := manifest.PodTemplate(d.body())
		if !ok {
			continue
		}
		sum, any := hashReferences(template, d.ID.Namespace, config)
		if any && annotate(template, configHash, sum) {
			d.changed = true
		}
	}
}

// hashReferences digests kind, name and content of every reference that config
// holds, in the order of manifest.References.
func hashReferences(template map[string]any, namespace string, config map[manifest.ID]*draft) (sum string, any bool) {
	h := sha256.New()
	write := func(b []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(b)))
		h.Write(length[:])
		h.Write(b)
	}
	for _, ref := range manifest.References(template) {
		d := config[manifest.ID{Kind: ref.Kind, Namespace: namespace, Name: ref.Name}]
		if d == nil {
			continue
		}
		any = true
		write([]byte(ref.Kind))
		write([]byte(ref.Name))
		write(manifest.Encode(contentOf(d.body())))
	}
	return hex.EncodeToString(h.Sum(nil)), any
}

// contentOf is what pods see of a ConfigMap or a Secret: labels are no reason
// to restart.
func contentOf(tree map[string]any) map[string]any {
	content := map[string]any{}
	for _, key := range []string{"data", "binaryData", "stringData"} {
		if v, ok := tree[key]; ok {
			content[key] = v
		}
	}
	return content
}

// annotate sets an annotation of an object or a pod template.
func annotate(tree map[string]any, key, value string) (changed bool) {
	metadata, _ := tree["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		tree["metadata"] = metadata
	}
	annotations, _ := metadata["annotations"].(map[string]any)
	if annotations == nil {
		annotations = map[string]any{}
		metadata["annotations"] = annotations
	}
	if annotations[key] == value {
		return false
	}
	annotations[key] = value
	return true
}
