package kube

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestCRD(t *testing.T) {
	data, err := os.ReadFile("testdata/custom.yaml")
	if err != nil {
		t.Fatal(err)
	}
	definition, valid, _ := strings.Cut(string(data), "\n---\n")
	crd, ok := ReadCRD(decode(t, definition))
	if !ok {
		t.Fatal("not read")
	}
	if found := crd.Validate(decode(t, valid)); found != nil {
		t.Errorf("the valid one: %v", found)
	}
	for _, c := range []struct{ name, object, want string }{
		{"types", `
apiVersion: custom.example.com/v1
kind: Web
spec: {host: 1, replicas: "2", ratio: x, paused: 1, port: 1.5, tags: {}, limits: [], free: a, from: a}`,
			`type spec.free: spec.free is a string, and must be a map
type spec.from: spec.from is a string, and must be a map
type spec.host: spec.host is an integer, and must be a string
type spec.limits: spec.limits is a list, and must be a map
type spec.paused: spec.paused is an integer, and must be a boolean
type spec.port: spec.port is a number, and must be an integer or a string
type spec.ratio: spec.ratio is a string, and must be a number
type spec.replicas: spec.replicas is a string, and must be an integer
type spec.tags: spec.tags is a map, and must be a list
`},
		{"values", `
apiVersion: custom.example.com/v1
kind: Web
spec: {host: A, mode: slwo, replicas: 11, ratio: 0, tags: [], limits: {a: 1, b: 2, c: x}, from: {}, some: {a: 4}}`,
			`value spec.from: spec.from must have one of file, url
value spec.host: spec.host must have at least 3 characters
value spec.host: spec.host does not match the pattern ^[a-z.]+$
value spec.limits: spec.limits must have at most 2 fields
type spec.limits.c: spec.limits.c is a string, and must be an integer
value spec.mode: spec.mode is none of the values that its schema allows: fast, slow
value spec.ratio: spec.ratio must be more than 0
value spec.replicas: spec.replicas must be at most 10
value spec.some.a: spec.some.a must be at most 3
value spec.tags: spec.tags must have at least 1 item
`},
		{"several", `
apiVersion: custom.example.com/v1
kind: Web
spec: {host: aaaaaaaaaaaaaaaaaaaaaaaa, replicas: 0, ratio: 1, tags: [a, b, c, d, null], limits: {}, from: {file: a, url: b, both: true}, some: {b: 4}}`,
			`value spec.from: spec.from must have only one of file, url
value spec.from: spec.from must not have both
value spec.host: spec.host must have at most 20 characters
value spec.limits: spec.limits must have at least 1 field
value spec.ratio: spec.ratio must be less than 1
value spec.replicas: spec.replicas must be at least 1
value spec.some: spec.some must match at least one of the alternatives in its schema
value spec.tags: spec.tags must have at most 3 items
type spec.tags[4]: spec.tags[4] is null, and must be a string
`},
		{"unknown fields", `
apiVersion: custom.example.com/v1
kind: Web
extra: 1
spec:
  host: example.com
  replica: 3
  free: {a: {b: c}, known: {a: b, c: d}}
  empty: {a: 1}
  template: {apiVersion: v1, kind: Pod, metadata: {any: thing}, other: 1, spec: {a: b, c: d}}`,
			`dropped extra: unknown field "extra": API servers drop it, and refuse it in server-side apply
dropped spec.empty.a: unknown field "spec.empty.a": API servers drop it, and refuse it in server-side apply
dropped spec.free.known.c: unknown field "spec.free.known.c": did you mean "a"? API servers drop it, and refuse it in server-side apply
dropped spec.replica: unknown field "spec.replica": did you mean "replicas"? API servers drop it, and refuse it in server-side apply
dropped spec.template.other: unknown field "spec.template.other": API servers drop it, and refuse it in server-side apply
dropped spec.template.spec.c: unknown field "spec.template.spec.c": did you mean "a"? API servers drop it, and refuse it in server-side apply
`},
		{"missing", `
apiVersion: custom.example.com/v1
kind: Web
spec: {mode: null, template: {kind: Pod}}`, `missing spec.host: spec.host is missing
missing spec.template.apiVersion: spec.template.apiVersion is missing
`},
		{"null is not there", `
apiVersion: custom.example.com/v1
kind: Web
spec: {host: example.com, replicas: null, from: null, tags: null, limits: {a: 1, b: null, c: null}}`, ""},
		{"nothing", "{apiVersion: custom.example.com/v1, kind: Web}", "missing spec: spec is missing\n"},
		{"a version that is not served", "{apiVersion: custom.example.com/v1alpha1, kind: Web}",
			"value apiVersion: custom.example.com/v1alpha1 Web is not served: its CustomResourceDefinition serves v1\n"},
		{"another kind", "{apiVersion: custom.example.com/v1, kind: Site}", ""},
		{"another group", "{apiVersion: v1, kind: Web}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lists(crd.Validate(decode(t, c.object)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestOldCRD: before v1, nothing is dropped unless the definition says so, and
// one schema is for all versions.
// TestPatterns shows that a pattern is compiled once for all values, wherever in
// the schema it stands, and by whomever.
func TestPatterns(t *testing.T) {
	crd, ok := ReadCRD(decode(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.com
  names: {kind: Web}
  versions:
  - name: v1
    served: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          hosts: {type: array, items: {type: string, pattern: "^[a-z]+$", anyOf: [{pattern: "^[a-z]+$"}, {pattern: "^b"}], oneOf: [{pattern: "(?!x)"}, {pattern: "^[a-z]+$"}]}}
`))
	if !ok {
		t.Fatal("not read")
	}
	object := decode(t, "apiVersion: example.com/v1\nkind: Web\nhosts: [a, b, c, d, e, f, A]\n")
	want := []Invalid{
		{Place{"hosts", 6}, Value, "hosts[6] does not match the pattern ^[a-z]+$"},
		{Place{"hosts", 6}, Value, "hosts[6] must match at least one of the alternatives in its schema"},
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if d := cmp.Diff(want, crd.Validate(object)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	all.Wait()
	known := slices.Sorted(maps.Keys(crd.patterns.compiled))
	if d := cmp.Diff([]string{"(?!x)", "^[a-z]+$", "^b"}, known); d != "" {
		t.Errorf("compiled (-want +got):\n%s", d)
	}
}

func TestOldCRD(t *testing.T) {
	const head = `
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
spec:
  group: example.com
  version: v1
  names: {kind: Web}
  validation: {openAPIV3Schema: {properties: {spec: {properties: {n: {type: integer}}}}}}
`
	for _, c := range []struct{ name, definition, want string }{
		{"keeps", head, "type spec.n: spec.n is a string, and must be an integer\n"},
		{"prunes", head + "  preserveUnknownFields: false\n", `type spec.n: spec.n is a string, and must be an integer
dropped spec.other: unknown field "spec.other": API servers drop it, and refuse it in server-side apply
`},
		{"no schema", strings.Replace(head, "validation", "nothing", 1), ""},
		{"versions", strings.Replace(head, "  version: v1\n", "  versions: [{name: v1, served: true}]\n", 1), "type spec.n: spec.n is a string, and must be an integer\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			crd, ok := ReadCRD(decode(t, c.definition))
			if !ok {
				t.Fatal("not read")
			}
			object := decode(t, "{apiVersion: example.com/v1, kind: Web, spec: {n: a, other: 1}}")
			if diff := cmp.Diff(c.want, lists(crd.Validate(object))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNoCRD(t *testing.T) {
	for _, text := range []string{
		"{apiVersion: v1, kind: ConfigMap}", "{kind: CustomResourceDefinition}", "{}",
		"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}",
		"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: [a]}",
		"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: a, names: b, versions: {}}}",
	} {
		if crd, ok := ReadCRD(decode(t, text)); ok {
			t.Errorf("%s gives %v", text, crd)
		}
	}
}

// FuzzCRD: whatever a CRD and an object hold, Validate ends, says the same twice,
// and leaves both as they were.
func FuzzCRD(f *testing.F) {
	data, err := os.ReadFile("testdata/custom.yaml")
	if err != nil {
		f.Fatal(err)
	}
	definition, valid, _ := strings.Cut(string(data), "\n---\n")
	f.Add(definition, valid)
	f.Add(definition, "{apiVersion: custom.example.com/v1, kind: Web, spec: {from: {}, tags: [null], template: {}}}")
	f.Fuzz(func(t *testing.T, definition, object string) {
		var trees [2]map[string]any
		for i, text := range []string{definition, object} {
			if yaml.Unmarshal([]byte(text), &trees[i]) != nil {
				t.Skip()
			}
			jsonTypes(trees[i])
		}
		crd, ok := ReadCRD(trees[0])
		if !ok {
			return
		}
		before := fmt.Sprint(trees)
		first := lists(crd.Validate(trees[1]))
		if diff := cmp.Diff(first, lists(crd.Validate(trees[1]))); diff != "" {
			t.Errorf("first and second differ:\n%s", diff)
		}
		if diff := cmp.Diff(before, fmt.Sprint(trees)); diff != "" {
			t.Errorf("they changed:\n%s", diff)
		}
	})
}
