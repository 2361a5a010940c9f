package assess

import (
	"bytes"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// byFiles is a cause that is files: the first one that differs, and how many more
// do. Where none does it is the release's block, as for another order of them.
func byFiles(kind diff.CauseKind, old, now map[string]string, r *plan.Release) diff.Cause {
	differ := map[string]bool{}
	for path, text := range old {
		if is, there := now[path]; !there || is != text {
			differ[path] = true
		}
	}
	for path := range now {
		if _, there := old[path]; !there {
			differ[path] = true
		}
	}
	if len(differ) == 0 {
		return diff.Cause{Kind: kind, Place: r.Range}
	}
	paths := slices.Sorted(maps.Keys(differ))
	return diff.Cause{Kind: kind, Place: diag.Range{File: paths[0]}, More: len(paths) - 1}
}

func texts(files []schema.File) map[string]string {
	all := make(map[string]string, len(files))
	for _, file := range files {
		all[file.Path] = string(file.Data)
	}
	return all
}

// kustomized are the files that a release is kustomized with: those of its patches
// and what its kustomizations reach.
func kustomized(h *product.Maker, r *plan.Release) map[string]string {
	all := h.Kustomized(r)
	for _, patch := range r.Kustomize.Patches {
		if patch.File != "" {
			all[patch.File] = string(patch.Text)
		}
	}
	return all
}

// patchesOf are the patches of one side with what their files say on the other.
func patchesOf(old, now []schema.Patch) []schema.Patch {
	all := slices.Clone(old)
	for i, patch := range all {
		same := func(p schema.Patch) bool { return p.File == patch.File }
		if at := slices.IndexFunc(now, same); patch.File != "" && at >= 0 && !bytes.Equal(patch.Text, now[at].Text) {
			all[i].Text = now[at].Text
		}
	}
	return all
}
