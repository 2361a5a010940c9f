package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// create makes the repository. If another run is faster, that one's is used.
func (r *local) create() error {
	made := r.makeRepository()
	exists, err := r.at.inspect()
	if !exists {
		return errors.Join(made, err)
	}
	r.store = openStore(r.gitDir, r.at.Name)
	return nil
}

// makeRepository makes the repository beside its place and gives it its name
// when it is complete.
func (r *local) makeRepository() error {
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
	defer func() { _ = r.disk.removeAll(made) }()
	r.disk.about("chmod", made)
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
	if err := r.disk.rename(made, r.at.Dir); err != nil {
		return err
	}
	// What killed runs left; and what slower ones are at, which find out that
	// there is a repository now.
	beside, err := os.ReadDir(above)
	err = r.disk.failed(err)
	for _, f := range beside {
		if strings.HasPrefix(f.Name(), prefix) {
			err = errors.Join(err, r.disk.removeAll(filepath.Join(above, f.Name())))
		}
	}
	return err
}
