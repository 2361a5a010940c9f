package transform

import (
	"maps"
	"slices"

	"github.com/weir-dev/weir/schema/diag"
)

// setLabels puts labels on the objects themselves: neither in selectors nor in
// pod templates, as kustomize's `labels` by default.
func setLabels(r *run, drafts []*draft) []*draft {
	return r.setMetadata(drafts, "labels", r.Release.Kustomize.Labels)
}

// setAnnotations puts annotations on the objects themselves, where the labels
// are: a changed annotation restarts no pod.
func setAnnotations(r *run, drafts []*draft) []*draft {
	return r.setMetadata(drafts, "annotations", r.Release.Kustomize.Annotations)
}

func (r *run) setMetadata(drafts []*draft, field string, pairs map[string]string) []*draft {
	if len(pairs) == 0 {
		return drafts
	}
	keys := slices.Sorted(maps.Keys(pairs))
	for _, d := range drafts {
		metadata := d.body()["metadata"].(map[string]any) // an object has a name
		entries, isMap := metadata[field].(map[string]any)
		if !isMap && metadata[field] != nil {
			r.report(diag.Errorf(r.place(d), "metadata.%s of %v is no map", field, d.ID).
				Remedyf("Make it a map of strings.").
				Also(r.Release.Range, "the kustomize block of this release adds to it"))
			continue
		}
		if entries == nil {
			entries = make(map[string]any, len(keys))
			metadata[field] = entries
		}
		for _, key := range keys {
			if entries[key] != pairs[key] {
				entries[key] = pairs[key]
				d.changed = true
			}
		}
	}
	return drafts
}
