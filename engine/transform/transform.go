// Package transform takes the objects of a release from rendered to final: a
// visible list of steps, each from objects to objects, in the order in which
// LANGUAGE names them. It reads files of the project through the file system it
// is given and nothing else, renders no chart and writes nothing. Start at
// Apply; kustomize is behind krusty.go (whole kustomizations) and merge.go
// (strategic merges), everything else edits plain trees with kustomize's rules.
package transform

import (
	"context"
	"io/fs"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Input is what the steps of one release need beside its objects.
type Input struct {
	Release *plan.Release
	Files   fs.FS // the project's files, confined to it
	// Scope tells whether objects of a kind live in a namespace; known is false
	// where nobody can tell. Nil knows nothing.
	Scope func(group, kind string) (namespaced, known bool)
	// Place is where a person finds a line of the chart; nil takes the source of
	// a rendered object as it is.
	Place func(manifest.Source) diag.Range
}

// Result is the final objects of a release.
type Result struct {
	Objects []manifest.Object
	Omitted []manifest.Object // Secrets that the policy "omit" took out, by identity
	Secrets []manifest.Object // Secrets with data that the policy "allow" let pass, by identity
}

// step is one transformation of a release's objects. What is wrong goes into
// run.found; a step that could not do its work at all halts the run, so that
// the next ones do not stumble over it.
type step struct {
	name  string
	apply func(*run, []*draft) []*draft
}

// steps is what a release goes through, in this order; read only. Secrets that
// stay out of the set go before the hashes, which must not give them away.
var steps = []step{
	{"manifests", joinManifests},
	{"directory", applyDirectories},
	{"components", applyComponents},
	{"labels", setLabels},
	{"annotations", setAnnotations},
	{"images", setImages},
	{"replicas", setReplicas},
	{"patches", applyPatches},
	{"secrets", guardSecrets},
	{"restart_on_config_change", hashConfig},
}

// run is one pass of a release through the steps.
type run struct {
	Input
	result Result
	found  diag.List
	halted bool
}

func (r *run) report(d diag.Diagnostic) { r.found = append(r.found, d) }

// place is where a person finds what an object was made of.
func (r *run) place(d *draft) diag.Range {
	if d.rendered && r.Place != nil {
		return r.Place(d.Source)
	}
	return d.Source.Place()
}

// Apply runs every step over the rendered objects of a release. Objects that no
// step touches come out as they went in. When ctx ends it stops between two
// steps and returns nothing: the caller looks at ctx.Err().
func Apply(ctx context.Context, in Input, objects []manifest.Object) (Result, diag.List) {
	r := &run{Input: in}
	drafts := newDrafts(objects)
	for _, d := range drafts {
		d.rendered = true
	}
	for _, s := range steps {
		if ctx.Err() != nil {
			return Result{}, nil
		}
		drafts = s.apply(r, drafts)
		if r.halted {
			break
		}
	}
	if r.found.HasErrors() {
		return Result{}, r.found
	}
	r.result.Objects = make([]manifest.Object, 0, len(drafts))
	for _, d := range drafts {
		object, err := d.object()
		if err != nil {
			r.report(diag.Errorf(r.Release.Range, "kustomize leaves %v of release %q without an identity", d.ID, r.Release.Name).
				Detailf("After the last step of the kustomize block: %v.", err).
				Remedyf("Look for the patch or transformer that takes it away.").
				Also(r.place(d), "the object comes from here"))
			continue
		}
		r.result.Objects = append(r.result.Objects, object)
	}
	if r.found.HasErrors() {
		return Result{}, r.found
	}
	return r.result, r.found
}

// namespaced tells whether objects of a kind live in a namespace. A kind that
// nobody knows is taken for a namespaced one, as kustomize and kubectl's
// clients do.
func (r *run) namespaced(group, kind string) bool {
	if r.Scope == nil {
		return true
	}
	namespaced, known := r.Scope(group, kind)
	return namespaced || !known
}
