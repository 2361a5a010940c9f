package transform

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/filters/patchstrategicmerge"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// applyMerge applies a strategic merge patch to the objects that its target
// means, or to the one that it names itself. An object keeps its identity
// whatever the patch says, as in kustomize; `$patch: delete` takes it out. Lists
// of kinds that Kubernetes does not know itself are replaced whole, since nobody
// has a schema that says how to merge them.
func (r *run) applyMerge(drafts []*draft, p patchDocument, tree map[string]any) []*draft {
	if key := unsupportedDirective(tree); key != "" {
		r.report(diag.Errorf(p.at(), "patch uses %s", key).
			Detailf("kustomize knows no directive but $patch, and would write this one into the object.").
			Remedyf("Use $patch: delete or $patch: replace, or JSON 6902 operations.").
			Also(p.Range, "the patch of release %q", r.Release.Name))
		return drafts
	}
	var found []*draft
	var ok bool
	if p.Target != nil {
		found, ok = r.selected(drafts, p)
	} else {
		found, ok = r.named(drafts, p, tree)
	}
	if !ok {
		return drafts
	}
	deleted := map[*draft]bool{}
	for _, d := range found {
		merged, err := merge(d, tree)
		if err != nil {
			r.report(diag.Errorf(p.at(), "patch cannot be merged into %v", d.ID).
				Detailf("%s.", upperFirst(strings.TrimSuffix(plainError(err), ": node contents"))).
				Remedyf("Give the fields of the patch the types that the object has.").
				Also(p.Range, "the patch of release %q", r.Release.Name).
				Also(r.place(d), "the object comes from here"))
			continue
		}
		if merged == nil {
			deleted[d] = true
			continue
		}
		d.replace(merged)
	}
	if len(deleted) == 0 {
		return drafts
	}
	kept := make([]*draft, 0, len(drafts)-len(deleted))
	for _, d := range drafts {
		if !deleted[d] {
			kept = append(kept, d)
		}
	}
	return kept
}

// named finds the object whose apiVersion, kind, name and namespace a patch
// has. Without a namespace it is the release's object, or the only one there is.
func (r *run) named(drafts []*draft, p patchDocument, tree map[string]any) ([]*draft, bool) {
	wanted, err := manifest.New(tree, manifest.Source{})
	if err != nil {
		r.report(diag.Errorf(p.at(), "patch does not say which object it is for").
			Detailf("The patch block has no target, and in the patch %v.", err).
			Remedyf(`Add apiVersion, kind and metadata.name to the patch, or target = { kind = "…", name = "…" } to its block.`).
			Also(p.Range, "the patch of release %q", r.Release.Name))
		return nil, false
	}
	var found, own []*draft
	for _, d := range drafts {
		if d.ID.Kind != wanted.ID.Kind || d.ID.Name != wanted.ID.Name || d.APIVersion != wanted.APIVersion {
			continue
		}
		if wanted.ID.Namespace != "" && wanted.ID.Namespace != d.ID.Namespace {
			continue
		}
		found = append(found, d)
		if d.ID.Namespace == r.Release.Namespace {
			own = append(own, d)
		}
	}
	if len(own) > 0 {
		found = own
	}
	if len(found) == 0 {
		what := fmt.Sprintf("it is for %s %s %q", wanted.APIVersion, wanted.ID.Kind, wanted.ID.Name)
		if wanted.ID.Namespace != "" {
			what += fmt.Sprintf(" in namespace %q", wanted.ID.Namespace)
		}
		r.reportNoMatch(drafts, p, wanted.ID.Kind, wanted.ID.Name, what)
		return nil, false
	}
	for _, d := range found[1:] {
		if d.ID != found[0].ID { // hooks may share one
			r.report(diag.Errorf(p.at(), "patch is for %v and for %v", found[0].ID, d.ID).
				Remedyf("Add metadata.namespace to the patch, or a target to its block.").
				Also(p.Range, "the patch of release %q", r.Release.Name))
			return nil, false
		}
	}
	return found, true
}

// merge is kustomize's strategic merge; nil where the patch deletes the object.
func merge(d *draft, patch map[string]any) (merged map[string]any, err error) {
	patch = manifest.Clone(patch).(map[string]any)
	patch["apiVersion"], patch["kind"] = d.APIVersion, d.ID.Kind
	if metadata, ok := patch["metadata"].(map[string]any); ok {
		for _, key := range []string{"name", "namespace", "generateName"} {
			delete(metadata, key)
		}
	}
	target := yaml.NewRNode(toNode(d.body()))
	schemas.RLock()
	defer schemas.RUnlock()
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("kustomize ended with: %v", bug)
		}
	}()
	left, err := patchstrategicmerge.Filter{Patch: yaml.NewRNode(toNode(patch))}.Filter([]*yaml.RNode{target})
	if err != nil || len(left) == 0 || left[0].IsNilOrEmpty() {
		return nil, err
	}
	tree, isMap := fromNode(left[0].YNode()).(map[string]any)
	if !isMap {
		return nil, fmt.Errorf("the result is no map")
	}
	return tree, nil
}

// unsupportedDirective finds a directive of kubectl's strategic merge that
// kustomize does not know.
func unsupportedDirective(v any) string {
	switch v := v.(type) {
	case map[string]any:
		first := ""
		for key, child := range v {
			found := unsupportedDirective(child)
			if key == "$retainKeys" || strings.HasPrefix(key, "$setElementOrder/") || strings.HasPrefix(key, "$deleteFromPrimitiveList/") {
				found = key
			}
			if found != "" && (first == "" || found < first) {
				first = found
			}
		}
		return first
	case []any:
		for _, child := range v {
			if found := unsupportedDirective(child); found != "" {
				return found
			}
		}
	}
	return ""
}
