package checkout_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/remote"
)

// TestMissing reads the files of a commit before HEAD in clones that lack them.
func TestMissing(t *testing.T) {
	at := t.TempDir()
	git(t, at, "init", "-q", "-b", "main")
	git(t, at, "config", "uploadpack.allowFilter", "true")
	for _, text := range []string{"one\n", "two\n"} {
		if err := os.WriteFile(filepath.Join(at, "file"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, at, "add", "file")
		git(t, at, "-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "-q", "-m", "change")
	}
	blob := strings.TrimSpace(git(t, at, "rev-parse", "HEAD~1:file"))
	tree := strings.TrimSpace(git(t, at, "rev-parse", "HEAD~1^{tree}"))

	for option, want := range map[string]struct {
		missing string
		partial bool
	}{
		"--filter=blob:none": {blob, true},
		"--filter=tree:0":    {tree, true},
		"--no-tags":          {"", false},
		"--reference=" + at:  {"", false},
	} {
		t.Run(option, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "clone")
			git(t, at, "clone", "-q", option, "file://"+at, dir)
			c, err := checkout.Of(dir)
			if err != nil {
				t.Fatal(err)
			}
			if partial, err := c.Partial(); partial != want.partial || err != nil {
				t.Errorf("partial: %v, %v", partial, err)
			}
			before, err := c.Resolve("HEAD~1")
			if err != nil {
				t.Fatal(err)
			}
			objects, id := c.Objects(before)
			files, err := remote.TreeFS(objects, id)
			if err == nil {
				_, err = fs.Stat(files, "file")
			}
			if err == nil {
				_, err = fs.ReadFile(files, "file")
			}
			missing := (*checkout.MissingError)(nil)
			switch {
			case want.missing == "" && (err != nil || objects.Missing() != nil):
				t.Errorf("%v, missing %v", err, objects.Missing())
			case want.missing != "" && (!errors.As(err, &missing) || missing.ID != want.missing || objects.Missing() == nil || *objects.Missing() != *missing):
				t.Errorf("%v, missing %v, not %s", err, objects.Missing(), want.missing)
			}
		})
	}
}
