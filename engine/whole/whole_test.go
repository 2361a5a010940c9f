package whole_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/whole"
)

// tree is every file below a directory with its mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[name] = info.Mode().String() + " " + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) error {
		return whole.Write(filepath.Join(dir, name), []byte(text), mode)
	}
	for _, err := range []error{
		write("a", "old", 0o600),
		write("a", "new", 0o644),
		write("below/b", "one", 0o600),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	// What cannot be put in its place leaves nothing behind.
	if err := write("below", "in the way", 0o600); !errors.As(err, new(*os.LinkError)) {
		t.Errorf("a file in the place of a directory: %v", err)
	}
	if err := write("a/c", "below a file", 0o600); err == nil {
		t.Error("a file below a file: no error")
	}
	dropped, err := whole.New(filepath.Join(dir, "c"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if !whole.IsUnfinished(dropped.Name()) {
		t.Errorf("%s is not known to be unfinished", dropped.Name())
	}
	dropped.Drop()
	want := map[string]string{"a": "-rw-r--r-- new", "below/b": "-rw------- one"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestKeep: who writes a file while it comes reads it where it is then.
func TestKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := whole.New(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there before it is whole: %v", err)
	}
	if err := f.Keep(); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := make([]byte, 4)
	if _, err := f.ReadAt(read, 0); err != nil || string(read) != "text" {
		t.Errorf("%q, %v", read, err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
}
