package product

import (
	"reflect"
	"testing"
	"testing/fstest"
	"time"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// notInKey are fields that say nothing of a release's files.
var notInKey = map[string]string{
	"Release.Header.Key":             "part of the name",
	"Release.Header.Labels":          "for selection",
	"Release.Header.Planned":         "a release that is not planned is not rendered",
	"Release.Header.Why":             "as Planned",
	"Release.Chart.Kind":             "told by Source",
	"Release.Chart.Name":             "told by Source",
	"Release.Chart.Repository":       "how a chart is reached; its digest says what it is",
	"Mistaken":                       "nothing is kept of it",
	"Release.Needs":                  "After is what becomes of it",
	"Release.Layers":                 "Values is what becomes of it",
	"Release.Kustomize.Patches.File": "the text counts, wherever it stands",
	"Release.Kustomize.Patches.Line": "as File",
	"Cluster.Name":                   "a release is rendered for a Kubernetes version, not for a name",
	"Cluster.Labels":                 "seen by expressions only, which are evaluated",
	"Cluster.Context":                "for sync",
	"Cluster.State":                  "where the files go, not what they are",
}

// TestEveryFieldIsInTheKey sets each field of a release that a key may depend
// on, one at a time, and wants another key: a field that is added to the
// language and forgotten here would be a stale cache.
func TestEveryFieldIsInTheKey(t *testing.T) {
	files := fstest.MapFS{
		"k/kustomization.yaml": {Data: []byte("namePrefix: a-\n")},
		"l/kustomization.yaml": {Data: []byte("namePrefix: b-\n")},
	}
	full := func() *plan.Release {
		r := &plan.Release{Values: &values.Node{Value: map[string]*values.Node{}}}
		fill(reflect.ValueOf(r).Elem())
		r.Key = "one" // of a for_each, so that the declaration counts
		r.Kustomize.Directories = []schema.Ref{{Path: "k"}}
		r.Kustomize.Components = []schema.Ref{{Path: "l"}}
		return r
	}
	key := func(r *plan.Release) any {
		k, found := newKeys("1", files).of(r, "chart")
		if found.HasErrors() {
			t.Fatal(found)
		}
		return k
	}
	base := key(full())
	if base != key(full()) {
		t.Fatal("equal releases have different keys")
	}
	for _, path := range leaves(reflect.TypeOf(plan.Release{}), nil) {
		name := nameOf(path)
		r := full()
		change(reflect.ValueOf(r).Elem(), path)
		_, free := notInKey[name]
		if same := base == key(r); same != free {
			t.Errorf("%s: key unchanged is %v, want %v", name, same, free)
		}
	}
	changed := full()
	changed.Values = &values.Node{Value: map[string]*values.Node{"a": {Value: int64(1)}}}
	if base == key(changed) {
		t.Error("Values are not in the key")
	}
	if other, _ := newKeys("2", files).of(full(), "chart"); base == any(other) {
		t.Error("the version of Weir is not in the key")
	}
	if other, _ := newKeys("1", files).of(full(), "other"); base == any(other) {
		t.Error("the chart's digest is not in the key")
	}
	files["k/kustomization.yaml"] = &fstest.MapFile{Data: []byte("namePrefix: c-\n")}
	if base == key(full()) {
		t.Error("the kustomization's content is not in the key")
	}
}

// leaves lists the fields of a struct down to plain values; ranges, which are
// places, are none.
func leaves(t reflect.Type, above []string) [][]string {
	var all [][]string
	for i := range t.NumField() {
		field := t.Field(i)
		path := append(append([]string(nil), above...), field.Name)
		inner := field.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			inner = inner.Elem()
		}
		name := nameOf(path)
		switch {
		case inner == reflect.TypeOf(diag.Range{}), inner == reflect.TypeOf(values.Node{}), name == "Release.Kustomize.Directories", name == "Release.Kustomize.Components":
		case name == "Release.Needs", name == "Release.Layers", name == "Cluster.State", name == "Release.Chart.Repository":
			all = append(all, path)
		case inner.Kind() == reflect.Struct:
			all = append(all, leaves(inner, path)...)
		default:
			all = append(all, path)
		}
	}
	return all
}

func nameOf(path []string) string {
	name := path[0]
	for _, step := range path[1:] {
		name += "." + step
	}
	return name
}

// fill gives pointers and slices one element, so that everything can be changed.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeOf(&values.Node{}) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

func change(v reflect.Value, path []string) {
	for _, step := range path {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct {
			if v.Kind() == reflect.Slice {
				v = v.Index(0)
			} else {
				v = v.Elem()
			}
		}
		v = v.FieldByName(step)
	}
	switch v.Interface().(type) {
	case time.Duration:
		v.SetInt(1)
		return
	case map[string]string:
		v.Set(reflect.ValueOf(map[string]string{"a": "b"}))
		return
	case map[string]schema.Count:
		v.Set(reflect.ValueOf(map[string]schema.Count{"a": {Value: 1}}))
		return
	case []string:
		v.Set(reflect.ValueOf([]string{"a", "b"}))
		return
	case []byte:
		v.SetBytes([]byte("changed"))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("changed")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Slice: // of structs
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	case reflect.Struct:
		v.Field(0).SetString("changed")
	}
}
