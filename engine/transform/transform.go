// Package transform takes the objects of a release from rendered to final: a
// visible list of steps, each from objects to objects, in the order in which
// LANGUAGE names them. It is pure: it reads files of the project through the
// file system it is given and nothing else, renders no chart and writes nothing.
// Start at Apply; kustomize is behind krusty.go and the steps that use its
// filters.
package transform

import (
	"context"
	"io/fs"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Input is what the steps of one release need beside its objects.
type Input struct {
	Release *plan.Release
	Files   fs.FS // the project's files, confined to it
	// Scope tells whether objects of a kind live in a namespace; known is false
	// where nobody can tell.
	Scope func(group, kind string) (namespaced, known bool)
}

// Result is the final objects of a release.
type Result struct {
	Objects []manifest.Object
	Omitted []manifest.Object // Secrets that the policy "omit" took out, by identity
	Secrets []manifest.Object // Secrets with data that the policy "allow" let pass, by identity
}

// Apply runs every step over the rendered objects of a release. When ctx ends it
// stops between two steps and returns nothing: the caller looks at ctx.Err().
func Apply(ctx context.Context, in Input, objects []manifest.Object) (Result, diag.List) {
	return Result{Objects: objects}, nil
}

// Closure lists every file that a kustomization, or a component, reaches inside
// of the project: itself, its bases, resources, components, patches, generator
// inputs; sorted, relative to the project. What would be reached outside of it,
// or over the network, is a diagnostic.
func Closure(files fs.FS, dir schema.Ref) ([]string, diag.List) {
	return nil, nil
}

// NamespaceObject is the Namespace that create_namespace writes.
func NamespaceObject(n schema.Namespace) manifest.Object {
	return manifest.Object{}
}
