package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Object is one Kubernetes object: immutable, held as a JSON-typed tree, as
// canonical bytes, or both. The zero value is no object.
type Object struct {
	ID         ID
	APIVersion string
	Hook       *Hook // nil for an ordinary object
	Source     Source

	body  map[string]any // nil where only bytes are kept
	bytes []byte         // nil until sealed
}

// New makes an object of a JSON-typed tree (nil, bool, int64, float64, string,
// []any, map[string]any), which it keeps: the caller must not change it
// afterwards. It is an error that names what is wrong where the tree has no
// apiVersion, kind or metadata.name, or one that no API server takes. Only a hook may have a generateName
// instead, which is then its name.
func New(body map[string]any, source Source) (Object, error) {
	apiVersion, _ := body["apiVersion"].(string)
	kind, _ := body["kind"].(string)
	metadata, _ := body["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	apiVersion = strings.Clone(apiVersion) // not to keep the text of the whole document
	hook := HookOf(body)
	prefix, _ := metadata["generateName"].(string)
	if hook != nil && name == "" {
		name = prefix
	}
	switch {
	case apiVersion == "":
		return Object{}, fmt.Errorf("apiVersion is missing or no string")
	case kind == "":
		return Object{}, fmt.Errorf("kind is missing or no string")
	case name == "" && prefix != "":
		return Object{}, fmt.Errorf("metadata.generateName makes a new object at every sync: it needs a metadata.name")
	case name == "":
		return Object{}, fmt.Errorf("metadata.name is missing or no string")
	}
	if err := identifies(apiVersion, kind, metadata, hook != nil); err != nil {
		return Object{}, err
	}
	return Object{
		ID:         ID{Group: GroupOf(apiVersion), Kind: strings.Clone(kind), Namespace: strings.Clone(namespace), Name: strings.Clone(name)},
		APIVersion: apiVersion,
		Hook:       hook,
		Source:     source,
		body:       body,
	}, nil
}

// GroupOf is the group of an apiVersion: "apps" of "apps/v1", "" of "v1".
func GroupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Body returns a tree that the caller may change.
func (o Object) Body() map[string]any {
	if o.body != nil {
		return Clone(o.body).(map[string]any)
	}
	tree, err := Decode(o.bytes)
	if err != nil {
		panic(fmt.Sprintf("manifest: canonical bytes of %v do not parse: %v", o.ID, err)) // our own bytes: a bug, not input
	}
	return tree.(map[string]any)
}

// Bytes returns the canonical bytes; the caller must not change them.
func (o Object) Bytes() []byte {
	if o.bytes != nil {
		return o.bytes
	}
	return Encode(o.body)
}

// Sealed returns the object held as bytes alone, as a Set keeps it.
func (o Object) Sealed() Object {
	o.bytes, o.body = slices.Clip(o.Bytes()), nil
	return o
}

// Clone copies a JSON-typed tree.
func Clone(tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		c := maps.Clone(t)
		for k, v := range c {
			c[k] = Clone(v)
		}
		return c
	case []any:
		c := make([]any, len(t))
		for i, v := range t {
			c[i] = Clone(v)
		}
		return c
	}
	return tree
}

// Images lists the images that the object's pod templates run, sorted, each
// once. A CRD speaks of images and runs none.
func (o Object) Images() []string {
	if o.ID.Kind == "CustomResourceDefinition" {
		return nil
	}
	if o.body != nil {
		return Images(o.body)
	}
	return Images(o.Body())
}
