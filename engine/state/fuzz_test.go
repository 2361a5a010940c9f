package state

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema/diag"
)

// FuzzMetadata holds that whatever the reader accepts it writes and reads again
// as the same, and that it lists nothing outside of the release.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"format":1,"environment":"dev","release":"web","files":[{"path":"manifests/dev/web/x/a.yaml","object":{"kind":"A","name":"a"},"hook":{"phase":"p"}}],"sync":{"prune":true}}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{`))
	k := Key{"dev", "web"}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMetadata("state/prod", "git -C state/prod", k, data)
		if err != nil {
			if _, ok := diag.Refused(err); !ok {
				t.Fatalf("no diagnostic: %v", err)
			}
			return
		}
		for _, file := range m.Files {
			if !k.owns(file.Path) {
				t.Fatalf("lists %q", file.Path)
			}
		}
		first, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseMetadata("state/prod", "git -C state/prod", k, first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := again.encode()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written twice (%v):\n%s", err, cmp.Diff(string(first), string(second)))
		}
	})
}

// FuzzTree holds that a tree that is read is written as the same bytes, if its
// modes are written as Git does.
func FuzzTree(f *testing.F) {
	f.Add(tree{{name: "a", mode: 0o100644}, {name: "b", mode: 0o40000}}.encode())
	f.Add([]byte("40000 a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := parseTree(data)
		if err != nil {
			return
		}
		again, err := parseTree(read.encode())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]entry(read), []entry(again), cmp.AllowUnexported(entry{})); d != "" {
			t.Fatal(d)
		}
	})
}
