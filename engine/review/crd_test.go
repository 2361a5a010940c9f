package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

func TestBrief(t *testing.T) {
	crd := manifest.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: "widgets.example.com"}
	schema := func(keys ...string) diff.Path {
		p := diff.Path{diff.Key("spec"), diff.Key("versions"), diff.Item(diff.Want{Key: "name", Value: "v1"}), diff.Key("schema"), diff.Key("openAPIV3Schema")}
		for _, key := range keys {
			p = p.Then(diff.Key(key))
		}
		return p
	}
	text := map[string]any{"type": "string", "description": "long"}
	tests := []struct {
		name  string
		of    manifest.ID
		field diff.Field
		want  []string
	}{
		{"a field", crd, diff.Field{Path: schema("properties", "spec", "properties", "size"), Status: manifest.Created, After: text}, []string{"+ v1 spec.size: string"}},
		{"a field called properties", crd, diff.Field{Path: schema("properties", "properties"), Status: manifest.Removed, Before: text}, []string{"- v1 properties: string"}},
		{"of a list", crd, diff.Field{Path: schema("properties", "ports", "items", "properties", "name"), Status: manifest.Created, After: text}, []string{"+ v1 ports[].name: string"}},
		{"of a map", crd, diff.Field{Path: schema("properties", "limits", "additionalProperties"), Status: manifest.Changed, Before: text, After: map[string]any{"x-kubernetes-int-or-string": true}},
			[]string{"- v1 limits[*]: string", "+ v1 limits[*]: integer or string"}},
		{"a keyword", crd, diff.Field{Path: schema("properties", "size", "maximum"), Status: manifest.Changed, Before: int64(3), After: int64(4)}, []string{"- v1 size maximum: 3", "+ v1 size maximum: 4"}},
		{"a list of objects", crd, diff.Field{Path: schema("properties", "x"), Status: manifest.Created, After: map[string]any{"type": "array", "items": map[string]any{"type": "object", "properties": map[string]any{"a": text}}}}, []string{"+ v1 x: list of object of 1 field"}},
		{"values", crd, diff.Field{Path: schema("properties", "x"), Status: manifest.Created, After: map[string]any{"type": "string", "enum": []any{"a", "b"}}}, []string{"+ v1 x: string, one of a, b"}},
		{"a version", crd, diff.Field{Path: schema()[:3], Status: manifest.Removed, Before: map[string]any{"name": "v1", "schema": map[string]any{"a": "b"}}},
			[]string{"- spec.versions[name=v1]:", "-   name: v1", "-   schema: …"}},
		{"no schema", crd, diff.Field{Path: diff.Path{diff.Key("spec"), diff.Key("scope")}, Status: manifest.Changed, Before: "Cluster", After: "Namespaced"}, []string{"- spec.scope: Cluster", "+ spec.scope: Namespaced"}},
		{"no CRD", manifest.ID{Kind: "ConfigMap"}, diff.Field{Path: schema("properties", "size"), Status: manifest.Created, After: "x"},
			[]string{"+ spec.versions[name=v1].schema.openAPIV3Schema.properties.size: x"}},
		{"order", manifest.ID{Kind: "ConfigMap"}, diff.Field{Path: diff.Path{diff.Key("a")}, Status: manifest.Changed, Order: true, Before: []any{"p", "q"}, After: []any{"q", "p"}},
			[]string{"- a (order): [p, q]", "+ a (order): [q, p]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, drawn(briefly(test.of, []diff.Field{test.field}, 100)[0], 100)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestBriefly(t *testing.T) {
	crd := manifest.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: "widgets.example.com"}
	var fields []diff.Field
	for _, kind := range []string{"list", "git", "matrix"} {
		for _, field := range []string{"path", "size"} {
			fields = append(fields, diff.Field{Status: manifest.Created, After: map[string]any{"type": "string"}, Path: diff.Path{
				diff.Key("spec"), diff.Key("versions"), diff.Item(diff.Want{Key: "name", Value: "v1"}), diff.Key("schema"), diff.Key("openAPIV3Schema"),
				diff.Key("properties"), diff.Key(kind), diff.Key("properties"), diff.Key("source"), diff.Key("properties"), diff.Key(field),
			}})
		}
	}
	var got []string
	for _, f := range briefly(crd, fields, 100) {
		got = append(got, drawn(f, 100)...)
	}
	want := []string{"+ v1 list.source.path (and 2 more places): string", "+ v1 list.source.size (and 2 more places): string"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
