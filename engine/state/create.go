package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// create makes the repository at its place in one step: it is made beside it
// and gets its name when it is complete. If another run was faster, that one's
// repository is used.
func (r *Repository) create() error {
	above := filepath.Dir(r.at.Dir)
	if err := r.disk.mkdir(above); err != nil {
		return err
	}
	prefix := "." + filepath.Base(r.at.Dir) + ".new-"
	r.disk.about("mkdir", above)
	made, err := os.MkdirTemp(above, prefix)
	if err != nil {
		return r.disk.failed(err)
	}
	defer os.RemoveAll(made)
	if err := os.Chmod(made, 0o755); err != nil {
		return r.disk.failed(err)
	}
	git := filepath.Join(made, ".git")
	for _, dir := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags", "info"} {
		if err := r.disk.mkdir(filepath.Join(git, filepath.FromSlash(dir))); err != nil {
			return err
		}
	}
	files := []struct{ name, content string }{
		{"config", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"},
		{"description", "The canonical state of cluster " + filepath.Base(r.at.Dir) + ", written by Weir.\n"},
		{"HEAD", fmt.Sprintf("ref: %s\n", r.at.ref())},
	}
	for _, f := range files {
		if err := r.disk.write(filepath.Join(git, f.name), []byte(f.content), true); err != nil {
			return err
		}
	}
	r.disk.about("rename", r.at.Dir)
	if err := os.Rename(made, r.at.Dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if exists, _ := r.at.inspect(); !exists {
			return r.disk.failed(err)
		}
	}
	// What killed runs left of this, and a slower one is about to fail with.
	if left, err := filepath.Glob(filepath.Join(above, prefix+"*")); err == nil {
		for _, dir := range left {
			os.RemoveAll(dir)
		}
	}
	r.store = openStore(r.gitDir, r.at.Name)
	return nil
}
