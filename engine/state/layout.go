package state

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// The directories of a state repository. Names of environments and releases
// are lower-case DNS labels, so nothing of a user's begins with "_" or ".".
const (
	manifestsDir  = "manifests"
	hooksDir      = "hooks"
	metadataDir   = ".weir"
	clusterDir    = "_cluster"
	namespacesDir = "_namespaces"
)

// ObjectPath is where an ordinary object of a release is kept:
// manifests/<environment>/<release>/<scope>/<file>, the scope being the
// object's namespace or _cluster.
func ObjectPath(k Key, id manifest.ID) string {
	return join(manifestsDir, k.Environment, k.Release, scope(id), fileName(id))
}

// HookPath is where a hook is kept for one of its phases:
// hooks/<environment>/<release>/<phase>/<scope>/<file>. The scope is there
// because two hooks of one phase may share kind and name in two namespaces.
func HookPath(k Key, phase string, id manifest.ID) string {
	return join(hooksDir, k.Environment, k.Release, phase, scope(id), fileName(id))
}

// NamespacePath is where a Namespace that releases of an environment ask for
// is kept, once for all of them.
func NamespacePath(environment, name string) string {
	return join(manifestsDir, environment, namespacesDir, fileName(namespaceID(name)))
}

// MetadataPath is where the metadata of a release is kept.
func MetadataPath(k Key) string {
	return join(metadataDir, k.Environment, k.Release+".json")
}

// namespaceID is the identity of a Namespace.
func namespaceID(name string) manifest.ID { return manifest.ID{Kind: "Namespace", Name: name} }

// scope is the directory of an object inside its release. A legal namespace is
// a DNS label and stays as it is; anything else is escaped, so that no
// namespace can name another directory.
func scope(id manifest.ID) string {
	if id.Namespace == "" {
		return clusterDir
	}
	var b strings.Builder
	for i := range len(id.Namespace) {
		c := id.Namespace[i]
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func join(parts ...string) string { return strings.Join(parts, "/") }

// fileName stands in until engine/manifest has it.
func fileName(id manifest.ID) string { return strings.ToLower(id.Kind) + "_" + id.Name + ".yaml" }
