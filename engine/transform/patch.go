package transform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// patchDocument is one document of a patch: a strategic merge where it is a map,
// JSON 6902 where it is a list of operations.
type patchDocument struct {
	schema.Patch
	manifest.Document
}

// at is where the document begins, in the patch's file or in the project's.
func (p patchDocument) at() diag.Range { return placeIn(p.Patch, p.Document.Line, 0) }

// placeIn turns a line of a patch's text into a place that a person can open.
func placeIn(p schema.Patch, line, column int) diag.Range {
	if p.File != "" {
		return lineOf(p.File, line, column)
	}
	if p.Line == 0 {
		return p.Range
	}
	return lineOf(p.Range.File, p.Line+line-1, 0) // the text of a heredoc may be indented
}

// applyPatches applies the patches in order, each to what the ones before left.
func applyPatches(r *run, drafts []*draft) []*draft {
	for _, patch := range r.Release.Kustomize.Patches {
		drafts = r.applyPatch(drafts, patch)
	}
	return drafts
}

func (r *run) applyPatch(drafts []*draft, patch schema.Patch) []*draft {
	documents, failed := manifest.Read(patch.Text)
	for _, err := range failed {
		r.report(diag.Errorf(placeIn(patch, err.Line, err.Column), "patch is no valid YAML").
			Detailf("%s.", upperFirst(err.Msg)).
			Remedyf("Write a strategic merge patch (a map) or JSON 6902 operations (a list).").
			Also(patch.Range, "the patch of release %q", r.Release.Name))
	}
	if len(failed) > 0 {
		return drafts
	}
	if len(documents) == 0 {
		r.report(diag.Errorf(patch.Range, "patch is empty").
			Remedyf("Write a strategic merge patch (a map) or JSON 6902 operations (a list), or take the block out."))
		return drafts
	}
	if patch.Target != nil && len(documents) > 1 && slices.ContainsFunc(documents, isMerge) {
		r.report(diag.Errorf(patch.Range, "patch has a target and %d documents", len(documents)).
			Detailf("A strategic merge patch of several documents is applied to the objects that each document names, so a target cannot hold for all of them.").
			Remedyf("Take the target out, or give each document a patch block of its own."))
		return drafts
	}
	for _, document := range documents {
		p := patchDocument{patch, document}
		if patch.File != "" {
			r.reportDuplicates(patch.File, document)
		}
		switch tree := document.Tree.(type) {
		case map[string]any:
			drafts = r.applyMerge(drafts, p, tree)
		case []any:
			drafts = r.applyOperations(drafts, p, tree)
		default:
			r.report(diag.Errorf(p.at(), "patch is neither a map nor a list").
				Detailf("A strategic merge patch is a map with the fields to change, a JSON 6902 patch a list of operations with op and path.").
				Also(patch.Range, "the patch of release %q", r.Release.Name))
		}
	}
	return drafts
}

func isMerge(d manifest.Document) bool {
	_, isMap := d.Tree.(map[string]any)
	return isMap
}

// selected finds the drafts that a selector means; an error is the user's.
func (r *run) selected(drafts []*draft, p patchDocument) ([]*draft, bool) {
	match, err := newMatcher(*p.Target)
	if err != nil {
		r.report(diag.Errorf(p.Range, "target of the patch cannot be read").
			Detailf("%s.", upperFirst(err.Error())).
			Remedyf("Kind, name, namespace, group and version are regular expressions that match whole; selectors have the form of kubectl's -l."))
		return nil, false
	}
	var found []*draft
	for _, d := range drafts {
		if match(d) {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		r.reportNoMatch(drafts, p, p.Target.Kind, p.Target.Name, "its target is "+describeSelector(*p.Target))
		return nil, false
	}
	return found, true
}

// reportNoMatch is the message for a patch that no object is meant by.
func (r *run) reportNoMatch(drafts []*draft, p patchDocument, kind, name, what string) {
	ofKind := func(d *draft) bool { return strings.EqualFold(d.ID.Kind, kind) }
	candidates := namesOf(drafts, ofKind)
	wrong := name
	kinds := kindsOf(drafts)
	d := diag.Errorf(p.Range, "patch matches no object of release %q", r.Release.Name)
	switch {
	case kind == "":
		d = d.Detailf("%s.", upperFirst(what))
		candidates = namesOf(drafts, func(*draft) bool { return true })
	case len(candidates) == 0:
		d = d.Detailf("%s. %s", upperFirst(what), listing("The release has objects of the kinds", kinds, "none at all"))
		candidates, wrong = kinds, kind
	default:
		d = d.Detailf("%s. %s", upperFirst(what), listing("The release has of kind "+kind, candidates, "nothing"))
	}
	if p.File != "" {
		d = d.Also(p.at(), "the patch")
	}
	r.report(d.Suggest(wrong, candidates).Remedyf("Correct the name, or take the patch out."))
}

func kindsOf(drafts []*draft) []string {
	var kinds []string
	for _, d := range drafts {
		kinds = append(kinds, d.ID.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func describeSelector(s schema.Selector) string {
	var parts []string
	for _, part := range []struct{ key, value string }{
		{"group", s.Group}, {"version", s.Version}, {"kind", s.Kind}, {"name", s.Name}, {"namespace", s.Namespace},
		{"labels", s.LabelSelector}, {"annotations", s.AnnotationSelector},
	} {
		if part.value != "" {
			parts = append(parts, fmt.Sprintf("%s %q", part.key, part.value))
		}
	}
	if len(parts) == 0 {
		return "every object"
	}
	return strings.Join(parts, ", ")
}

// newMatcher compiles a selector: kustomize's rules.
func newMatcher(s schema.Selector) (func(*draft) bool, error) {
	var patterns [5]*regexp.Regexp
	for i, text := range []string{s.Group, s.Version, s.Kind, s.Name, s.Namespace} {
		if text == "" {
			continue
		}
		pattern, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil {
			return nil, fmt.Errorf("%q is no regular expression: %w", text, err)
		}
		patterns[i] = pattern
	}
	var selectors [2]labels.Selector
	for i, text := range []string{s.LabelSelector, s.AnnotationSelector} {
		if text == "" {
			continue
		}
		selector, err := labels.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no selector: %w", text, err)
		}
		selectors[i] = selector
	}
	return func(d *draft) bool {
		for i, value := range [...]string{d.ID.Group, versionOf(d.APIVersion), d.ID.Kind, d.ID.Name, d.ID.Namespace} {
			if patterns[i] != nil && !patterns[i].MatchString(value) {
				return false
			}
		}
		for i, field := range [...]string{"labels", "annotations"} {
			if selectors[i] != nil && !selectors[i].Matches(stringsOf(d.body(), field)) {
				return false
			}
		}
		return true
	}, nil
}

// versionOf is the version of an apiVersion: "v1" of "apps/v1" and of "v1".
func versionOf(apiVersion string) string {
	if _, version, found := strings.Cut(apiVersion, "/"); found {
		return version
	}
	return apiVersion
}

// stringsOf is the labels or annotations of an object.
func stringsOf(tree map[string]any, field string) labels.Set {
	metadata, _ := tree["metadata"].(map[string]any)
	entries, _ := metadata[field].(map[string]any)
	set := make(labels.Set, len(entries))
	for k, v := range entries {
		set[k], _ = v.(string)
	}
	return set
}
