package risk

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// TestOdd takes the objects of all cases and puts something else into each of
// their fields: people write all sorts of things, and no rule may panic.
func TestOdd(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	seen := map[manifest.ID]bool{}
	for _, file := range append(files, "testdata/restarts.txtar") {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range casesOf(t, archive) {
			for _, r := range c.cluster.Releases {
				for _, change := range r.Changes {
					if change.Status == manifest.Removed || seen[change.After.ID] && file != "testdata/restarts.txtar" {
						continue
					}
					seen[change.After.ID] = true
					odd(t, change.After)
				}
			}
		}
	}
}

// odd compares an object with every one that differs from it in one field, both
// ways.
func odd(t *testing.T, o manifest.Object) {
	for _, value := range []any{nil, "", "x", int64(-1), true, []any{}, []any{nil, "x", map[string]any{}}, map[string]any{}, map[string]any{"name": nil}} {
		var each func(v any)
		body := o.Body()
		put := func(set func(any), old any) {
			set(value)
			if other, err := manifest.New(manifest.Clone(body).(map[string]any), o.Source); err == nil {
				both(t, o, other)
			}
			set(old)
		}
		each = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				for _, key := range sortedKeys(v) {
					old := v[key]
					put(func(n any) { v[key] = n }, old)
					each(old)
				}
			case []any:
				for i, old := range slices.Clone(v) {
					put(func(n any) { v[i] = n }, old)
					each(old)
				}
			}
		}
		each(body)
	}
}

func both(t *testing.T, a, b manifest.Object) {
	defer func() {
		if bug := recover(); bug != nil {
			t.Fatalf("%v:\n%s\nand:\n%s", bug, a.Bytes(), b.Bytes())
		}
	}()
	version := func(o manifest.Object) *diff.Version {
		set, _ := manifest.NewSet([]manifest.Object{o})
		return &diff.Version{Kubernetes: "1.34", Namespace: "web", Objects: set}
	}
	for range 2 {
		r := diff.Compare(diff.Pair{Cluster: "c", Environment: "e", Release: "r", Before: version(a), After: version(b)})
		Check(Cluster{Name: "c", Releases: []diff.Release{r}})
		Restarts(r)
		Images([]diff.Release{r})
		a, b = b, a
	}
}
