package checkout_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/remote"
)

// TestModules reads submodules, and one in one, as past commits have them: from a
// work tree that has them, from one that is linked to it, from one that has not.
func TestModules(t *testing.T) {
	dir := t.TempDir()
	commit := func(at, file, text string) {
		t.Helper()
		if file != "" {
			if err := os.WriteFile(filepath.Join(at, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		git(t, at, "add", ".")
		git(t, at, "-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "-q", "-m", "change")
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"inner", "charts", "super"} {
		git(t, dir, "init", "-q", "-b", "main", name)
		commit(at(name), "file", name+" one\n")
	}
	git(t, at("charts"), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", at("inner"), "deep/inner")
	commit(at("charts"), "", "")
	git(t, at("super"), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", at("charts"), "vendor/charts")
	git(t, at("super"), "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
	commit(at("super"), "", "")
	commit(filepath.Join(at("super"), "vendor", "charts"), "file", "charts two\n")
	commit(at("super"), "", "")
	git(t, at("super"), "worktree", "add", "-q", "--detach", at("linked"))
	git(t, dir, "clone", "-q", at("super"), "bare")

	want := map[string]map[string]string{}
	whole := map[string]string{
		"HEAD~1 file": "super one\n", "HEAD~1 vendor/charts/file": "charts one\n", "HEAD~1 vendor/charts/deep/inner/file": "inner one\n",
		"HEAD file": "super one\n", "HEAD vendor/charts/file": "charts two\n", "HEAD vendor/charts/deep/inner/file": "inner one\n",
	}
	want["super"], want["linked"] = whole, whole
	want["bare"] = map[string]string{"HEAD~1 file": "super one\n", "HEAD file": "super one\n"}
	got := map[string]map[string]string{}
	for name := range want {
		got[name] = map[string]string{}
		for _, rev := range []string{"HEAD~1", "HEAD"} {
			c, err := checkout.Of(at(name))
			if err != nil {
				t.Fatal(err)
			}
			id, err := c.Resolve(rev)
			if err != nil {
				t.Fatal(err)
			}
			objects, hash := c.Objects(id)
			files, err := remote.TreeFS(objects, hash)
			if err != nil {
				t.Fatal(err)
			}
			err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || strings.HasPrefix(filepath.Base(path), ".") {
					return err
				}
				data, err := fs.ReadFile(files, path)
				got[name][rev+" "+path] = string(data)
				return err
			})
			if err != nil || objects.Missing() != nil {
				t.Errorf("%s, %s: %v, missing %v", name, rev, err, objects.Missing())
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
