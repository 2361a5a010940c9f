package transform

import (
	"io/fs"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Closure lists every file that a kustomization, or a component, reaches inside
// of the project: itself, its bases, resources, components, patches, generator
// inputs; sorted, relative to the project. What would be reached outside of it,
// or over the network, is a diagnostic.
func Closure(files fs.FS, dir schema.Ref) ([]string, diag.List) {
	return nil, nil
}
