package manifest

import (
	"cmp"
	"strings"
)

// String is how people read an identity: "Deployment.apps web/podinfo",
// "ClusterRole.rbac.authorization.k8s.io podinfo".
func (id ID) String() string {
	s := id.Kind
	if id.Group != "" {
		s += "." + id.Group
	}
	s += " "
	if id.Namespace != "" {
		s += id.Namespace + "/"
	}
	return s + id.Name
}

// Compare is the order of a Set: cluster-scoped objects first, then by
// namespace, group, kind and name.
func (id ID) Compare(other ID) int {
	return cmp.Or(
		strings.Compare(id.Namespace, other.Namespace),
		strings.Compare(id.Group, other.Group),
		strings.Compare(id.Kind, other.Kind),
		strings.Compare(id.Name, other.Name),
	)
}
