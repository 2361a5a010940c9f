package state

import (
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// The directories of a state repository. Names of environments and releases
// are lower-case DNS labels, so nothing of a user's begins with "_" or ".".
const (
	manifestsDir  = "manifests"
	hooksDir      = "hooks"
	metadataDir   = ".weir"
	namespacesDir = "_namespaces"
)

// ObjectPath is where an ordinary object of a release is kept:
// manifests/<environment>/<release>/<scope>/<file>, the scope being the
// object's namespace or _cluster.
func ObjectPath(k Key, id manifest.ID) string {
	return join(manifestsDir, k.Environment, k.Release, manifest.Dir(id), manifest.FileName(id))
}

// HookPath is where a hook is kept for one of its phases:
// hooks/<environment>/<release>/<phase>/<scope>/<file>. The scope is there
// because two hooks of one phase may share kind and name in two namespaces.
func HookPath(k Key, phase string, id manifest.ID) string {
	return join(hooksDir, k.Environment, k.Release, phase, manifest.Dir(id), manifest.FileName(id))
}

// NamespacePath is where a Namespace that releases of an environment ask for
// is kept, once for all of them.
func NamespacePath(environment, name string) string {
	return join(manifestsDir, environment, namespacesDir, manifest.FileName(namespaceID(name)))
}

// MetadataPath is where the metadata of a release is kept.
func MetadataPath(k Key) string {
	return join(metadataDir, k.Environment, k.Release+".json")
}

// namespaceID is the identity of a Namespace.
func namespaceID(name string) manifest.ID { return manifest.ID{Kind: "Namespace", Name: name} }

func join(parts ...string) string { return strings.Join(parts, "/") }
