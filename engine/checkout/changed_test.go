package checkout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/checkout"
)

// TestChanged compares files and directories that a run read with a commit.
func TestChanged(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	files := []string{"weir.hcl", "a.yaml", "b.yaml", "crlf.yaml", "new.yaml", "never.yaml", "dir", "link.yaml", "way/one.yaml", "dir/one.yaml", "../shared.yaml", "dir/sparse.yaml"}
	dirs := []string{".", "dir", "way"}
	git(t, dir, "init", "-q", "-b", "main")
	for _, name := range []string{"weir.hcl", "a.yaml", "b.yaml", "dir/one.yaml", "dir/two.yaml", "dir/sparse.yaml"} {
		write("p/"+name, name)
	}
	write("shared.yaml", "shared")
	write("p/crlf.yaml", "a: 1\nb: 2\n")
	write(".gitattributes", "crlf.yaml text eol=crlf\n")
	must(os.Symlink("a.yaml", filepath.Join(dir, "p", "link.yaml")))
	must(os.Symlink("dir", filepath.Join(dir, "p", "way")))
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "one")
	// As a clone has it: with the ends of lines that the attributes ask for.
	must(os.Remove(filepath.Join(dir, "p", "crlf.yaml")))
	git(t, dir, "checkout", "-q", "--", "p/crlf.yaml")
	if data, err := os.ReadFile(filepath.Join(dir, "p", "crlf.yaml")); err != nil || !strings.Contains(string(data), "\r\n") {
		t.Fatalf("%q %v", data, err)
	}
	later := time.Now().Add(time.Hour) // the index is younger than what it lists
	must(os.Chtimes(filepath.Join(dir, ".git", "index"), later, later))

	changed := func() string {
		t.Helper()
		c, err := checkout.Of(filepath.Join(dir, "p"))
		must(err)
		head, err := c.Head()
		must(err)
		names, err := c.Changed(filepath.Join(dir, "p"), head, files, dirs)
		must(err)
		return strings.Join(names, "\n")
	}
	same(t, "nothing", changed(), "")

	git(t, dir, "update-index", "--skip-worktree", "p/dir/sparse.yaml")
	must(os.Chtimes(filepath.Join(dir, ".git", "index"), later, later))
	must(os.Remove(filepath.Join(dir, "p", "dir", "sparse.yaml")))
	write("p/unread.yaml", "nobody reads it")
	write("p/dir/unread.yaml", "nobody reads it")
	same(t, "what was not read, and what a sparse checkout leaves out", changed(), "")

	write("p/b.yaml", "other")
	write("p/new.yaml", "new")
	write("shared.yaml", "other")
	must(os.Remove(filepath.Join(dir, "p", "dir", "two.yaml")))
	must(os.Remove(filepath.Join(dir, "p", "weir.hcl")))
	same(t, "edited, new and gone", changed(), "../shared.yaml\nb.yaml\ndir/two.yaml\nnew.yaml\nway/two.yaml\nweir.hcl")

	git(t, dir, "add", ".")
	same(t, "added", changed(), "../shared.yaml\nb.yaml\ndir/two.yaml\nnew.yaml\nway/two.yaml\nweir.hcl")
	git(t, dir, "commit", "-q", "-m", "two")
	same(t, "committed", changed(), "")

	write("p/a.yaml", "other")
	write("p/dir/one.yaml", "other")
	same(t, "behind links", changed(), "a.yaml\ndir/one.yaml\nlink.yaml\nway/one.yaml")
	write("p/crlf.yaml", "a: 1\r\nb: 3\r\n")
	same(t, "as long as before", changed(), "a.yaml\ncrlf.yaml\ndir/one.yaml\nlink.yaml\nway/one.yaml")
}

// TestChangedNowhere is a project of which nothing can be said.
func TestChangedNowhere(t *testing.T) {
	c, err := checkout.Of(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	names, err := c.Changed(".", strings.Repeat("a", 40), []string{"weir.hcl"}, []string{"."})
	if err != nil || names != nil {
		t.Error(names, err)
	}
}
