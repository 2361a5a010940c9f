package product

import (
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/schema"
)

// everyCluster are the namespaces that Kubernetes makes by itself.
var everyCluster = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// WantsNamespace tells whether a release's create_namespace asks for one.
func WantsNamespace(r *plan.Release) bool {
	return r.CreateNamespace && !slices.Contains(everyCluster, r.Namespace)
}

// Namespace is the manifest of a Namespace that is asked for in a target.
func Namespace(target plan.Target, name string) []byte {
	block, ok := target.Namespaces[name]
	if !ok {
		block = schema.Namespace{Name: name}
	}
	return transform.NamespaceObject(block).Bytes()
}
