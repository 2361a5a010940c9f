package product

import (
	"fmt"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
)

// Rescope lays a release out again with the objects of cluster-scoped kinds out
// of their namespaces.
func Rescope(r state.Release, scopes map[string]bool) (state.Release, error) {
	return again(r, func(objects []manifest.Object) ([]manifest.Object, error) {
		for i, object := range objects {
			if namespaced, known := scopes[object.ID.Kind+"."+object.ID.Group]; !known || namespaced {
				continue
			}
			body := object.Body()
			delete(body["metadata"].(map[string]any), "namespace")
			var err error
			if objects[i], err = manifest.New(body, object.Source); err != nil {
				return nil, err
			}
		}
		return objects, nil
	})
}

// HashAgain lays a release out again with the hashes of the configuration that it
// has now.
func HashAgain(r state.Release) (state.Release, error) { return again(r, transform.HashConfig) }

// again lays a release out with its objects changed.
func again(r state.Release, change func([]manifest.Object) ([]manifest.Object, error)) (state.Release, error) {
	var objects []manifest.Object
	seen := map[manifest.ID]bool{} // a hook of several phases is several files
	for _, file := range r.Files {
		if file.Hook != nil {
			if seen[file.Object] {
				continue
			}
			seen[file.Object] = true
		}
		tree, err := manifest.Decode(file.Data)
		if err != nil {
			return r, fmt.Errorf("read %s: %w", file.Path, err)
		}
		object, err := manifest.New(tree.(map[string]any), manifest.Source{File: file.Source})
		if err != nil {
			return r, fmt.Errorf("read %s: %w", file.Path, err)
		}
		objects = append(objects, object)
	}
	objects, err := change(objects)
	if err != nil {
		return r, fmt.Errorf("lay out %s again: %w", r.Key, err)
	}
	return state.Layout(r.Key, objects, r.Metadata)
}
