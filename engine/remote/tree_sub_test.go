package remote_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/go-git/go-billy/v5/osfs"

	"github.com/weir-dev/weir/engine/remote"
)

// TestSub reads a directory of a commit: a link inside of it leads on, one to
// what is beside it does not.
func TestSub(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"p/a/file": "inside\n", "beside": "outside\n"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"p/in": "a/file", "p/out": "../beside"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	subGit(t, dir, "init", "-q")
	subGit(t, dir, "add", ".")
	subGit(t, dir, "commit", "-q", "-m", "files")
	head := plumbing.NewHash(strings.TrimSpace(subGit(t, dir, "rev-parse", "HEAD")))
	store := filesystem.NewStorage(osfs.New(filepath.Join(dir, ".git")), cache.NewObjectLRUDefault())
	whole, err := remote.TreeFS(store, head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Sub(whole, "beside"); err == nil {
		t.Error("a file became a directory")
	}
	if _, err := remote.Sub(whole, "none"); err == nil {
		t.Error("nothing became a directory")
	}
	p, err := remote.Sub(whole, "p")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := fs.ReadFile(p, "in"); string(data) != "inside\n" {
		t.Errorf("in is %q, %v", data, err)
	}
	if data, err := fs.ReadFile(p, "out"); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Errorf("out is %q, %v", data, err)
	}
}

func subGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ann", "-c", "user.email=ann@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestFetchTreeOfATag fetches by a tag with a message, of a commit that is no
// branch's last.
func TestFetchTreeOfATag(t *testing.T) {
	dir := t.TempDir()
	subGit(t, dir, "init", "-q", "-b", "main")
	for _, text := range []string{"one", "two"} {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		subGit(t, dir, "add", ".")
		subGit(t, dir, "commit", "-q", "-m", text)
		subGit(t, dir, "tag", "-a", "-m", text, text)
	}
	r, err := remote.New(dir, "", &remote.Access{})
	if err != nil {
		t.Fatal(err)
	}
	fsys, tip, err := r.FetchTree(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if commit := strings.TrimSpace(subGit(t, dir, "rev-parse", "one^{commit}")); tip.Commit.String() != commit {
		t.Errorf("commit %s, want %s", tip.Commit, commit)
	}
	if data, err := fs.ReadFile(fsys, "file"); string(data) != "one" {
		t.Errorf("file is %q, %v", data, err)
	}
}
