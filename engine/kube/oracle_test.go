package kube_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
)

// strict decodes as API servers of the newest minor do.
type strict struct{ decoder runtime.Decoder }

func newStrict(t testing.TB) strict {
	t.Helper()
	types := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(types), apiextensions.AddToScheme(types)); err != nil {
		t.Fatal(err)
	}
	return strict{serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, types, types, serializer.SerializerOptions{Strict: true})}
}

// decode returns the unknown fields, and whether the object can be read at all.
func (s strict) decode(t testing.TB, object map[string]any) (unknown []string, err error) {
	t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.decoder.Decode(data, nil, nil)
	found, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return nil, err
	}
	for _, e := range found.Errors() {
		name, ok := strings.CutPrefix(e.Error(), "unknown field ")
		if !ok {
			t.Fatalf("not an unknown field: %v", e)
		}
		unknown = append(unknown, strings.Trim(name, `"`))
	}
	slices.Sort(unknown)
	return unknown, nil
}

// compare fails where Validate and the strict decoder disagree.
func (s strict) compare(t *testing.T, table *kube.Table, object map[string]any, what string) {
	t.Helper()
	var unknown []string
	unreadable := false
	for _, f := range table.Validate(object) {
		switch f.Wrong {
		case kube.Unknown:
			unknown = append(unknown, apiServerPlace(f.Place))
		case kube.Type, kube.Value:
			unreadable = true
		}
	}
	slices.Sort(unknown)
	want, err := s.decode(t, object)
	if runtime.IsNotRegisteredError(err) {
		return
	}
	if unreadable != (err != nil) {
		t.Errorf("%s: found %v, the decoder says: %v", what, table.Validate(object), err)
		return
	}
	if diff := cmp.Diff(want, unknown); err == nil && diff != "" {
		t.Errorf("%s: unknown fields (-decoder +ours):\n%s", what, diff)
	}
}

// apiServerPlace writes a place as the decoder does, which quotes nothing.
func apiServerPlace(p kube.Place) string {
	var b strings.Builder
	for i, step := range p {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		case string:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

// TestValidateAsTheDecoder renames and retypes every field of every valid
// object, one at a time.
func TestValidateAsTheDecoder(t *testing.T) {
	table, err := kube.For("1.37")
	if err != nil {
		t.Fatal(err)
	}
	decoder := newStrict(t)
	mutations := 0
	seen := map[string]bool{} // kinds and paths that had their turn
	each(t, func(t *testing.T, object map[string]any) {
		id := fmt.Sprint(object["apiVersion"], " ", object["kind"])
		if !table.Serves(fmt.Sprint(object["apiVersion"]), fmt.Sprint(object["kind"])) {
			return
		}
		decoder.compare(t, table, object, id)
		if len(table.Validate(object)) > 0 {
			return
		}
		mutate(object, "", func(what string) {
			what = id + what
			key := strings.Map(func(c rune) rune {
				if '0' <= c && c <= '9' {
					return -1
				}
				return c
			}, what)
			if strings.Contains(what, ".openAPIV3Schema.") && inAlternative(what) {
				return // schemas that may be a boolean or a list too: the table has no type for them
			}
			if !seen[key] {
				seen[key] = true
				mutations++
				decoder.compare(t, table, object, what)
			}
		})
	})
	t.Logf("%d mutations", mutations)
}

// mutate changes one thing at a time below v and puts it back.
func mutate(v any, at string, check func(what string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			old := v[key]
			if at == "" && (key == "apiVersion" || key == "kind") {
				continue
			}
			delete(v, key)
			check(at + "." + key + " removed")
			v[key+"X"] = old
			check(at + "." + key + " renamed")
			delete(v, key+"X")
			for _, other := range others {
				v[key] = other
				check(fmt.Sprintf("%s.%s = %#v", at, key, other))
			}
			v[key] = old
			mutate(old, at+"."+key, check)
		}
	case []any:
		for i, old := range v {
			for _, other := range others {
				v[i] = other
				check(fmt.Sprintf("%s[] = %#v", at, other))
			}
			v[i] = old
			mutate(old, at+"[]", check)
		}
	}
}

func inAlternative(what string) bool {
	return strings.Contains(what, ".items") || strings.Contains(what, ".additionalProperties")
}

var others = []any{nil, "text", "", "YWJj", "500m", "2006-01-02T15:04:05Z", int64(5), int64(1 << 40), 0.5, true, map[string]any{}, []any{}, []any{nil}, map[string]any{"extra": "x"}}

// each runs over testdata/valid.yaml and the public charts below the directory
// that WEIR_CHARTS names.
func each(t *testing.T, check func(*testing.T, map[string]any)) {
	t.Run("valid.yaml", func(t *testing.T) {
		for _, object := range readObjects(t, "testdata/valid.yaml") {
			check(t, object)
		}
	})
	dir := os.Getenv("WEIR_CHARTS")
	if dir == "" {
		return
	}
	charts, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
	if err != nil || len(charts) == 0 {
		t.Fatalf("no charts in %s: %v", dir, err)
	}
	for _, file := range charts {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			for _, o := range rendered(t, dir, name) {
				check(t, o.Body())
			}
		})
	}
}

// readObjects is the objects of a file.
func readObjects(t *testing.T, file string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	for part := range bytes.SplitSeq(data, []byte("\n---\n")) {
		tree, err := manifest.Decode(part)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, tree.(map[string]any))
	}
	return objects
}

// rendered is a chart with its defaults and with each <name>.*.values.yaml.
func rendered(t *testing.T, dir, name string) []manifest.Object {
	t.Helper()
	loaded, found := fetch.From{Project: os.DirFS(dir)}.Load(t.Context(), schema.Chart{Source: name, Path: name})
	if found.HasErrors() {
		t.Skip(found[0].Summary)
	}
	files := make([]render.File, len(loaded.Files))
	for i, f := range loaded.Files {
		files[i] = render.File(f)
	}
	chart, found := render.Parse(render.Input{Name: loaded.Name, Root: loaded.Root, Digest: loaded.Digest, Files: files})
	if found.HasErrors() {
		t.Skip(found[0].Summary)
	}
	inputs := []string{""}
	extra, _ := filepath.Glob(filepath.Join(dir, name+".*.values.yaml"))
	for _, file := range extra {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, string(data))
	}
	var objects []manifest.Object
	for _, input := range inputs {
		node, found := values.ParseYAML("values.yaml", []byte(input))
		if found.HasErrors() {
			continue
		}
		if node == nil || node.Value == nil {
			node = &values.Node{Value: map[string]*values.Node{}}
		}
		r := &plan.Release{Environment: "prod", Values: node}
		r.Name, r.HelmName, r.Namespace = "web", "web", "shop"
		r.CRDs, r.Hooks = "include", "keep"
		r.Chart = &schema.Chart{Source: "./chart", Path: "chart"}
		r.Cluster = schema.Cluster{Name: "main", Kubernetes: "1.37", APIVersions: []string{"monitoring.coreos.com/v1"}}
		release, found := render.Render(context.Background(), chart, r, render.Options{})
		if !found.HasErrors() {
			objects = append(objects, release.Objects...)
		}
	}
	return objects
}
