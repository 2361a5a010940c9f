package kube_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/kube"
)

var update = flag.Bool("update", false, "rewrite generate/required.txt by what an API server says")

// published is what we read of a definition that the server publishes.
type published struct {
	Ref        string               `json:"$ref"`
	Properties map[string]published `json:"properties"`
	Items      *published           `json:"items"`
	Values     *published           `json:"additionalProperties"`
	Required   []string             `json:"required"`
	Kinds      []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`
}

// TestRequired makes generate/required.txt again: it takes every field that is
// called required out of every valid object, and asks.
func TestRequired(t *testing.T) {
	table, err := kube.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, table)
	var spec struct{ Definitions map[string]published }
	s.get(t, "/openapi/v2", &spec)
	of := map[string]string{} // definition by kind
	for name, d := range spec.Definitions {
		if len(d.Kinds) == 1 {
			k := d.Kinds[0]
			of[strings.TrimPrefix(k.Group+"/"+k.Version, "/")+" "+k.Kind] = name
		}
	}
	asks, tolerates := map[string]bool{}, map[string]bool{} // by "apps.DeploymentSpec selector"
	for _, object := range readObjects(t, "testdata/valid.yaml") {
		id := fmt.Sprint(object["apiVersion"], " ", object["kind"])
		r, refused := s.resources[id], func() bool { return s.refuses(t, s.resources[id], object) != "" }
		if r.Name == "" || refused() {
			t.Fatalf("%s: %s", id, s.refuses(t, r, object))
		}
		status := object["status"]
		delete(object, "status")
		takeOut(object, published{Ref: of[id]}, spec.Definitions, func(field string) {
			if refused() {
				asks[field] = true
			} else {
				tolerates[field] = true
			}
		})
		object["status"] = status
	}
	rows := map[string][]string{}
	for _, field := range slices.Sorted(maps.Keys(asks)) {
		if typeName, name, _ := strings.Cut(field, " "); !tolerates[field] {
			rows[typeName] = append(rows[typeName], name)
		}
	}
	have, err := os.ReadFile("generate/required.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for lines := bufio.NewScanner(bytes.NewReader(have)); lines.Scan() && strings.HasPrefix(lines.Text(), "#"); {
		fmt.Fprintln(&want, lines.Text())
	}
	for _, typeName := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintln(&want, typeName, strings.Join(rows[typeName], " "))
	}
	if *update {
		if err := os.WriteFile("generate/required.txt", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(have)); diff != "" {
		t.Errorf("generate/required.txt (-server +have):\n%s", diff)
	}
}

// takeOut takes each required field out of v, alone and with all others of its
// map, and puts it back.
func takeOut(v any, s published, all map[string]published, ask func(field string)) {
	name := strings.TrimPrefix(s.Ref, "#/definitions/")
	if name != "" {
		s = all[name]
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if s.Items != nil {
				takeOut(item, *s.Items, all, ask)
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if p, ok := s.Properties[key]; ok {
				takeOut(v[key], p, all, ask)
			} else if s.Values != nil {
				takeOut(v[key], *s.Values, all, ask)
			}
		}
		whole := maps.Clone(v)
		parts := strings.Split(name, ".")
		for _, key := range s.Required {
			if _, there := whole[key]; !there {
				continue
			}
			field := parts[len(parts)-3] + "." + parts[len(parts)-1] + " " + key
			delete(v, key)
			ask(field)
			if v["kind"] == nil || v["apiVersion"] == nil || v["metadata"] == nil { // but for whole objects
				clear(v)
				ask(field)
			}
			maps.Copy(v, whole)
		}
	}
}
