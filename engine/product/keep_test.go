package product

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/unstable"
)

// TestCarry carries the values of two objects, or none where one is not
// committed, and leaves the release that it was given as it is: it is cached.
func TestCarry(t *testing.T) {
	key := state.Key{Environment: "dev", Release: "app"}
	object := func(name, value string) manifest.Object {
		tree := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name, "namespace": "x"}, "data": map[string]any{"a": value}}
		o, err := manifest.New(tree, manifest.Source{File: "web.yaml", Line: 1})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	lay := func(value string) (r state.Release, fields []unstable.Field) {
		objects := []manifest.Object{object("one", value), object("two", value)}
		r, err := state.Layout(key, objects, state.Metadata{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			fields = append(fields, unstable.Field{Unstable: render.Unstable{ID: o.ID, Path: "/data/a"}})
		}
		return r, fields
	}
	data := func(r state.Release) (all []string) {
		for _, f := range r.Files {
			all = append(all, string(f.Data))
		}
		return all
	}
	old, _ := lay("old")
	for name, committed := range map[string]int{"both": 2, "one": 1, "none": 0} {
		files := map[string][]byte{}
		for _, f := range old.Files[:committed] {
			files[f.Path] = f.Data
		}
		now, fields := lay("new")
		before := data(now)
		done, err := Carry(Past{key, func(path string) ([]byte, error) {
			if data, ok := files[path]; ok {
				return data, nil
			}
			return nil, fs.ErrNotExist
		}}, now, fields)
		if err != nil {
			t.Fatal(err)
		}
		want := before
		if committed == len(old.Files) {
			want = data(old)
		}
		if diff := cmp.Diff(want, data(done.Release)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if done.Count != committed || len(done.Absent) != len(old.Files)-committed {
			t.Errorf("%s: %d kept, %d absent", name, done.Count, len(done.Absent))
		}
		if diff := cmp.Diff(before, data(now)); diff != "" {
			t.Errorf("%s: the release that was given has changed:\n%s", name, diff)
		}
	}
}
