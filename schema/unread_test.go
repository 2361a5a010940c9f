//go:build unix

package schema

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnreadable: what is said of a file that cannot be read fits the cause.
// Missing rights are made up: root has them all.
func TestUnreadable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "project")
	write(t, dir, "values.yaml", "a: 1\n")
	write(t, filepath.Dir(dir), "outside.yaml", "a: 1\n")
	for link, to := range map[string]string{"out.yaml": "../outside.yaml", "gone.yaml": "nothing.yaml", "loop.yaml": "loop.yaml"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	say := func(name string, err error) { got[name] = why(name, err) + " " + f.remedy(name, err, "Create it.") }
	for _, name := range []string{"valeus.yaml", "other/values.yaml", "values.yaml/x", ".", "out.yaml", "gone.yaml", "loop.yaml", "fifo.yaml"} {
		_, err := f.read(name)
		say(name, err)
	}
	for name, err := range map[string]error{"denied": syscall.EACCES, "broken": syscall.EIO} {
		say(name, &fs.PathError{Op: "openat", Path: dir, Err: err})
	}
	const path = "Correct the path; it is relative to the file that names it."
	want := map[string]string{
		"valeus.yaml":       `There is no valeus.yaml. Did you mean "values.yaml"? Create it.`,
		"other/values.yaml": "There is no other/values.yaml. Create it.",
		"values.yaml/x":     "What values.yaml/x names as a directory is a file. " + path,
		".":                 ". is a directory. Name a file in it.",
		"out.yaml":          "out.yaml is a symbolic link that leads out of the project. Put a copy of the file in its place: a project reads nothing outside of its directory.",
		"gone.yaml":         "There is no gone.yaml. Create it.",
		"loop.yaml":         "loop.yaml cannot be read: too many levels of symbolic links. Put the file in the place of the link, which leads back to itself.",
		"fifo.yaml":         "fifo.yaml is not a regular file. Put a regular file in its place.",
		"denied":            "denied cannot be read: permission denied. Give yourself the right to read it, and to enter the directories on the way.",
		"broken":            "broken cannot be read: input/output error. " + path,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
