package transform

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// setImages replaces parts of image references as kustomize's `images` does:
// in every list called containers or initContainers at any depth, custom
// resources included, and in image volumes; never in CRDs. A name is compared
// whole and literally. Several blocks apply one after the other.
func setImages(r *run, drafts []*draft) []*draft {
	images := r.Release.Kustomize.Images
	if len(images) == 0 {
		return drafts
	}
	edit := imageEdit{images: images, matched: make([]bool, len(images)), seen: map[string]bool{}}
	for _, d := range drafts {
		if d.ID.Kind == "CustomResourceDefinition" {
			continue
		}
		if edit.object(d.body()) {
			d.changed = true
		}
	}
	for i, image := range images {
		if edit.matched[i] {
			continue
		}
		names := edit.names()
		r.report(diag.Errorf(image.Range, "image %q is in no object of release %q", image.Name, r.Release.Name).
			Detailf("The name is all before the tag or digest, and is compared whole. %s", listing("This release has", names, "no images")).
			Suggest(image.Name, names).
			Remedyf("Correct the name, or take the block out."))
	}
	return drafts
}

// imageEdit applies all image blocks in one walk over a tree.
type imageEdit struct {
	images  []schema.Image
	matched []bool
	seen    map[string]bool // the names that were there, for a suggestion
}

func (e *imageEdit) names() []string {
	var names []string
	for name := range e.seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (e *imageEdit) object(tree map[string]any) bool {
	changed := e.walk(tree)
	spec, _ := tree["spec"].(map[string]any)
	template, _ := spec["template"].(map[string]any)
	podSpec, _ := template["spec"].(map[string]any)
	for _, holder := range []map[string]any{spec, podSpec} {
		volumes, _ := holder["volumes"].([]any)
		for _, volume := range volumes {
			v, _ := volume.(map[string]any)
			image, _ := v["image"].(map[string]any)
			changed = e.set(image, "reference") || changed
		}
	}
	return changed
}

func (e *imageEdit) walk(v any) bool {
	changed := false
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			switch child.(type) {
			case map[string]any, []any:
			default:
				continue
			}
			changed = e.walk(child) || changed
			if key == "containers" || key == "initContainers" {
				list, _ := child.([]any)
				for _, container := range list {
					c, _ := container.(map[string]any)
					changed = e.set(c, "image") || changed
				}
			}
		}
	case []any:
		for _, child := range v {
			changed = e.walk(child) || changed
		}
	}
	return changed
}

// set applies every block in turn to one reference.
func (e *imageEdit) set(holder map[string]any, key string) bool {
	reference, _ := holder[key].(string)
	if reference == "" {
		return false
	}
	before := reference
	name, tag, digest := splitImage(reference)
	e.seen[name] = true
	for i, image := range e.images {
		if name != image.Name {
			continue
		}
		e.matched[i] = true
		if image.NewName != "" {
			name = image.NewName
		}
		if image.NewTag != "" || image.Digest != "" { // either replaces both
			tag, digest = image.NewTag, image.Digest
		}
	}
	reference = name
	if tag != "" {
		reference += ":" + tag
	}
	if digest != "" {
		reference += "@" + digest
	}
	if reference == before {
		return false
	}
	holder[key] = reference
	return true
}

// splitImage cuts a reference at its tag and digest: a colon before the last
// slash is a port.
func splitImage(reference string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(reference, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag = name[:colon], name[colon+1:]
	}
	return name, tag, digest
}
