package checkout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/checkout"
)

// git runs the real Git in a directory, with nobody's configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return dated(t, dir, "@1767225700 +0000", args...)
}

// dated is git at some time.
func dated(t *testing.T, dir, date string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Eve", "-c", "user.email=eve@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestCheckout(t *testing.T) {
	dir := t.TempDir()
	project := filepath.Join(dir, "deep", "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	at := func() string {
		c, err := checkout.Of(project)
		if err != nil {
			t.Fatal(err)
		}
		head, err := c.Head()
		if err != nil {
			t.Fatal(err)
		}
		return checkout.WithoutCredentials(c.Origin()) + "@" + head
	}
	same(t, "no repository", at(), "@")
	git(t, dir, "init", "-q", "-b", "main")
	same(t, "no commit", at(), "@")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "x")
	id := git(t, dir, "rev-parse", "HEAD")[:40]
	same(t, "no remote", at(), "@"+id)
	git(t, dir, "remote", "add", "origin", "x")
	for remote, want := range map[string]string{
		"https://user:token@git.example/acme/shop.git?x=secret#y": "https://git.example/acme/shop.git",
		"https://token@git.example/acme/shop.git":                 "https://git.example/acme/shop.git",
		"ssh://git:secret@git.example:2222/acme/shop.git":         "ssh://git@git.example:2222/acme/shop.git",
		"git@git.example:acme/shop.git":                           "git@git.example:acme/shop.git",
		"/srv/git/shop.git":                                       "",
		"file:///srv/git/shop.git":                                "",
		"https://us%er:to ken@git.example/x":                      "",
	} {
		git(t, dir, "remote", "set-url", "origin", remote)
		same(t, remote, at(), want+"@"+id)
	}
	linked := filepath.Join(t.TempDir(), "linked")
	git(t, dir, "worktree", "add", "-q", linked)
	c, err := checkout.Of(linked)
	if err != nil {
		t.Fatal(err)
	}
	if head, err := c.Head(); err != nil || head != id {
		t.Errorf("linked work tree: %s %v", head, err)
	}
}
