package assess

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/values"
)

// TestValueChanges compares values files: which lines changed what, and that the
// changes one after the other lead from one to the other.
func TestValueChanges(t *testing.T) {
	for _, c := range []struct{ name, old, now, want string }{
		{"nothing", "a: 1\n", "# moved\na: 1\n", ""},
		{"a value", "a: 1\nb: 2\n", "a: 1\nb: 3\n", "b now:2"},
		{"a type", "a: 1\n", "a: \"1\"\n", "a now:1"},
		{"keys that come and go", "a: 1\nb: {c: 1}\n", "b:\n  d: 2\n", "a old:1\nb.c old:2\nb.d now:2"},
		{"a map for a value", "a: 1\n", "a:\n  b: 1\n", "a now:2"},
		{"an empty map", "a: {}\n", "a:\n  b: 1\n", "a now:2"},
		{"an item of as many", "a:\n  - x: 1\n  - x: 2\n", "a:\n  - x: 1\n  - x: 3\n", "a[1].x now:3"},
		{"another item", "a: [1, 2]\n", "a:\n  - 1\n  - 2\n  - 3\n", "a now:2"},
		{"several values of a line", "a: {b: 1, c: 2}\n", "a: {b: 2, c: 3}\n", "a.b now:1\na.c now:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, now := parsed(t, "old", c.old), parsed(t, "now", c.now)
			changes := valueChanges(old, now)
			var got []string
			for _, change := range changes {
				got = append(got, fmt.Sprintf("%s %s:%d", change.path, change.place.File, change.place.Start.Line))
			}
			if d := cmp.Diff(c.want, strings.Join(got, "\n")); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			before := old.Digest()
			if with(old, changes).Digest() != now.Digest() {
				t.Errorf("the changes lead to %v, not to %v", with(old, changes).Plain(), now.Plain())
			}
			if old.Digest() != before {
				t.Error("the old values were changed")
			}
		})
	}
}

// TestByPlace tells only so many lines apart.
func TestByPlace(t *testing.T) {
	changes := append(valueChanges(parsed(t, "b", "x: 1\ny: 1\nz: {u: 1, v: 1}\n"), parsed(t, "b", "x: 2\ny: 2\nz: {u: 2, v: 2}\n")),
		valueChanges(parsed(t, "a", "x: 1\n"), parsed(t, "a", "x: 2\n"))...)
	for most, want := range map[int]string{
		16: "a:1 1, b:1 1, b:2 1, b:3 2",
		2:  "a:1 1, b:1 1, b:0 3",
		0:  "a:0 1, b:0 4",
	} {
		var got []string
		for _, p := range byPlace(changes, most) {
			got = append(got, fmt.Sprintf("%s:%d %d", p.place.File, p.place.Start.Line, len(p.changes)))
		}
		if d := cmp.Diff(want, strings.Join(got, ", ")); d != "" {
			t.Errorf("at most %d lines (-want +got):\n%s", most, d)
		}
	}
}

func parsed(t *testing.T, file, text string) *values.Node {
	t.Helper()
	root, found := values.ParseYAML(file, []byte(text))
	if found.HasErrors() {
		t.Fatal(found)
	}
	return root
}
