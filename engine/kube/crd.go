package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CRD is what a CustomResourceDefinition says of its objects. It does not
// change once read, and is safe for concurrent use.
type CRD struct {
	Group, Kind string
	versions    map[string]crdVersion // the served ones
	patterns    *patterns
}

type crdVersion struct {
	schema node // nil where anything goes
	prunes bool // fields that the schema does not have are dropped
	status bool // it is a subresource: what a manifest says of it is not read
}

// ReadCRD reads a CustomResourceDefinition, v1 or v1beta1; it is false for any
// other object. The CRD keeps the tree, which nobody may change afterwards.
func ReadCRD(object map[string]any) (*CRD, bool) {
	apiVersion, _ := object["apiVersion"].(string)
	group, _ := split(apiVersion)
	if group != "apiextensions.k8s.io" || object["kind"] != "CustomResourceDefinition" {
		return nil, false
	}
	spec := asNode(object["spec"])
	c := &CRD{Group: spec.text("group"), Kind: spec.node("names").text("kind"), versions: map[string]crdVersion{}, patterns: &patterns{}}
	prunes := spec["preserveUnknownFields"] == false || strings.HasSuffix(apiVersion, "/v1") && spec["preserveUnknownFields"] != true
	versions, _ := spec["versions"].([]any)
	if len(versions) == 0 {
		versions = []any{map[string]any{"name": spec["version"], "served": true}} // v1beta1
	}
	for _, v := range versions {
		v := asNode(v)
		if v["served"] != true {
			continue
		}
		schema, subresources := v.node("schema").node("openAPIV3Schema"), v.node("subresources")
		if schema == nil {
			schema = spec.node("validation").node("openAPIV3Schema") // v1beta1: for all versions
		}
		if subresources == nil {
			subresources = spec.node("subresources")
		}
		c.versions[v.text("name")] = crdVersion{schema: schema, prunes: prunes && schema != nil, status: subresources["status"] != nil}
	}
	return c, c.Kind != "" && c.Group != ""
}

// Validate finds what an API server that has this CustomResourceDefinition
// refuses in an object of its kind, or drops from it. It evaluates the schema as
// servers do after filling in its defaults, but neither formats nor
// x-kubernetes-validations, which are rules in CEL. Its metadata is checked by
// Table.Validate.
func (c *CRD) Validate(object map[string]any) []Invalid {
	apiVersion, _ := object["apiVersion"].(string)
	group, version := split(apiVersion)
	if group != c.Group || object["kind"] != c.Kind {
		return nil
	}
	v, served := c.versions[version]
	if !served {
		has := strings.Join(slices.SortedFunc(maps.Keys(c.versions), compareVersions), ", ")
		return []Invalid{{Place{"apiVersion"}, Value, fmt.Sprintf("%s %s is not served: its CustomResourceDefinition serves %s", apiVersion, c.Kind, has)}}
	}
	if v.status {
		object = maps.Clone(object)
		delete(object, "status")
	}
	w := crdWalk{patterns: c.patterns}
	if v.prunes {
		object = w.prune(object, v.schema, true, false).(map[string]any)
	}
	w.check(object, v.schema)
	return w.sorted()
}

// node is a schema, or another map of a manifest. A nil one is empty.
type node map[string]any

func asNode(v any) node {
	m, _ := v.(map[string]any)
	return m
}

func (n node) text(key string) string {
	s, _ := n[key].(string)
	return s
}

func (n node) node(key string) node { return asNode(n[key]) }

func (n node) list(key string) []any {
	l, _ := n[key].([]any)
	return l
}

// property is the schema of a field, and whether the schema knows the field: by
// its name, or because it allows any.
func (n node) property(key string) (property node, known bool) {
	if p, ok := n.node("properties")[key]; ok {
		return asNode(p), true
	}
	additional, known := n["additionalProperties"]
	return asNode(additional), known
}

// prune is a copy of a value as API servers keep it before they validate it:
// unknown fields and nulls dropped, defaults filled in. Preserved is what lies
// in a list that keeps unknown fields.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
func (w *crdWalk) prune(v any, s node, isObject, preserved bool) any {
	preserved = preserved || s["x-kubernetes-preserve-unknown-fields"] == true
	isObject = isObject || s["x-kubernetes-embedded-resource"] == true
	switch v := v.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for key := range v {
			if isObject && (key == "apiVersion" || key == "kind" || key == "metadata") {
				kept[key] = v[key]
				continue
			}
			property, known := s.property(key)
			w.enter(key)
			switch {
			case !known && preserved:
				kept[key] = v[key]
			case !known:
				w.report(Dropped, "unknown field %q: %sAPI servers drop it, and refuse it in server-side apply", w.at.String(), didYouMean(key, s.node("properties")))
			case v[key] == nil && property["nullable"] != true:
			default:
				kept[key] = w.prune(v[key], property, false, false)
			}
			w.leave()
		}
		properties := s.node("properties")
		for key := range properties {
			property := asNode(properties[key])
			if _, there := kept[key]; !there && property["default"] != nil {
				kept[key] = w.prune(property["default"], property, false, true)
			}
		}
		return kept
	case []any:
		items, kept := s.node("items"), make([]any, len(v))
		for i, item := range v {
			w.enter(i)
			if item == nil && items["nullable"] != true {
				item = items["default"]
			}
			kept[i] = w.prune(item, items, false, preserved)
			w.leave()
		}
		return kept
	}
	return v
}
