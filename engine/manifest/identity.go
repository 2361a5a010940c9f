package manifest

import (
	"fmt"
	"strings"
)

// What an identity may be made of. The rules are those that hold for every kind:
// ValidatePathSegmentName of k8s.io/apimachinery for names (roles have colons and
// capitals in theirs), and for the rest what CustomResourceDefinitions and
// APIServices are held to. Most kinds are stricter; that is the API server's to say.

// identifies tells what of an object's identity no API server takes.
func identifies(apiVersion, kind string, metadata map[string]any, isHook bool) error {
	group, version, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		version = apiVersion
	}
	if !isLabel(version) || version[0] <= '9' || grouped && !isSubdomain(group) {
		return fmt.Errorf("apiVersion is %q; it is written <group>/<version>, as in apps/v1, or v1", apiVersion)
	}
	if !isKind(kind) {
		return fmt.Errorf("kind is %q; a kind is a word of letters and digits, such as ConfigMap", kind)
	}
	switch namespace := metadata["namespace"].(type) {
	case nil:
	case string:
		if namespace != "" && !isLabel(namespace) {
			return fmt.Errorf("metadata.namespace is %q; a namespace has up to 63 lower-case letters, digits and hyphens", namespace)
		}
	default:
		return fmt.Errorf("metadata.namespace is no string")
	}
	field, name := "name", ""
	if name, _ = metadata["name"].(string); name == "" && isHook {
		field = "generateName"
		name, _ = metadata[field].(string)
	}
	if i := strings.IndexAny(name, "/%"); i >= 0 {
		return fmt.Errorf("metadata.%s is %q; no name may hold %q", field, name, name[i:i+1])
	}
	if field == "name" && (name == "." || name == "..") {
		return fmt.Errorf("metadata.name is %q; no object may be called that", name)
	}
	return nil
}

func isKind(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// isLabel tells whether s is a label of a DNS name.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func isSubdomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return len(s) <= 253
}
