package transform

import (
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
)

// NamespaceObject is the Namespace that create_namespace writes. A namespace
// without a block of its own is a schema.Namespace with nothing but a name.
func NamespaceObject(n schema.Namespace) manifest.Object {
	metadata := map[string]any{"name": n.Name}
	for key, pairs := range map[string]map[string]string{"labels": n.Labels, "annotations": n.Annotations} {
		if len(pairs) > 0 {
			entries := make(map[string]any, len(pairs))
			for k, v := range pairs {
				entries[k] = v
			}
			metadata[key] = entries
		}
	}
	body := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
	object, _ := manifest.New(body, manifest.Source{File: n.Range.File, Line: n.Range.Start.Line}) // schema lets nobody write one without a name
	return object
}
