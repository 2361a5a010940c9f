package checkout_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/checkout"
)

// TestOf opens repositories of every make that Git has.
func TestOf(t *testing.T) {
	dir := t.TempDir()
	at := history(t)
	head := strings.TrimSpace(git(t, at, "rev-parse", "HEAD"))
	git(t, at, "worktree", "add", "-q", "--detach", filepath.Join(dir, "linked"))
	git(t, at, "clone", "-q", "--no-local", at, filepath.Join(dir, "super"))
	git(t, filepath.Join(dir, "super"), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", at, "sub")
	git(t, dir, "clone", "-q", "--shared", at, "shared")
	git(t, dir, "clone", "-q", "--sparse", at, "sparse")
	git(t, filepath.Join(dir, "sparse"), "sparse-checkout", "set", "a/b")
	git(t, dir, "clone", "-q", "--bare", at, "bare.git")
	git(t, dir, "init", "-q", "--object-format=sha256", "sha256")
	got := map[string]string{}
	note := func(name, at string) {
		c, err := checkout.Of(at)
		if err != nil {
			got[name] = err.Error()
			return
		}
		if !c.Exists() {
			got[name] = "none"
			return
		}
		if got[name], err = c.Resolve("HEAD"); err != nil {
			got[name] = err.Error()
		}
	}
	for _, name := range []string{"linked", "super/sub", "shared", "sparse", "bare.git", "sha256"} {
		note(name, filepath.Join(dir, filepath.FromSlash(name)))
	}
	for _, setting := range []string{
		"partialClone origin", "worktreeConfig true", "preciousObjects true", "relativeWorktrees true", "objectFormat sha1", "refStorage files",
		"somethingNew true", "refStorage reftable",
	} {
		name, value, _ := strings.Cut(setting, " ")
		clone := filepath.Join(dir, name+value)
		git(t, dir, "clone", "-q", at, clone)
		git(t, clone, "config", "core.repositoryFormatVersion", "1")
		git(t, clone, "config", "extensions."+name, value)
		note(setting, clone)
	}
	want := map[string]string{
		"linked": head, "super/sub": head, "shared": head, "sparse": head,
		"bare.git": "none", // there is no work tree for a project to be in
		"sha256":   "look for the project's repository: unknown extension: objectformat",

		"partialClone origin": head, "worktreeConfig true": head, "preciousObjects true": head, "relativeWorktrees true": head,
		"objectFormat sha1": head, "refStorage files": head,
		"somethingNew true":   "look for the project's repository: unknown extension: somethingnew",
		"refStorage reftable": "look for the project's repository: unknown extension: refstorage",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
