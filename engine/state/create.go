package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// create makes the repository. If another run is faster, that one's is used.
func (r *local) create(ctx context.Context) error {
	made := r.makeRepository(ctx)
	exists, err := r.at.inspect()
	if !exists {
		return errors.Join(made, err)
	}
	r.store = openStore(r.gitDir, r.at.Name)
	return nil
}

// workshop is where the repository is made. It is there only as long as that
// takes, or until the next run if this one is killed.
func (r *local) workshop() string {
	return filepath.Join(filepath.Dir(r.at.Dir), "."+filepath.Base(r.at.Dir)+".new")
}

// makeRepository makes the repository beside its place and gives it its name
// when it is complete.
func (r *local) makeRepository(ctx context.Context) (err error) {
	workshop := r.workshop()
	if err := r.disk.mkdir(workshop); err != nil {
		return err
	}
	lock := filepath.Join(workshop, "lock")
	unlock, err := r.disk.lock(ctx, lock)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, r.disk.removeAll(workshop))
		unlock()
	}()
	if _, err := os.Lstat(filepath.Join(r.at.Dir, ".git")); err == nil {
		return nil // somebody else has held the lock before
	}
	made := filepath.Join(workshop, "repository")
	if err := r.disk.removeAll(made); err != nil {
		return err
	}
	git := filepath.Join(made, ".git")
	for _, dir := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags", "info"} {
		if err := r.disk.mkdir(filepath.Join(git, filepath.FromSlash(dir))); err != nil {
			return err
		}
	}
	description := filepath.Join(git, "description")
	if err := r.disk.write(description, []byte("The canonical state of cluster "+filepath.Base(r.at.Dir)+", written by Weir.\n"), true); err != nil {
		return err
	}
	info, err := os.Lstat(description)
	if err != nil {
		return r.disk.failed(err)
	}
	modes := info.Mode()&0o100 == 0 // nobody made it executable, so modes mean something here
	files := []struct{ name, content string }{
		{"config", fmt.Sprintf("[core]\n\trepositoryformatversion = 0\n\tfilemode = %t\n\tbare = false\n\tlogallrefupdates = true\n", modes)},
		{"HEAD", fmt.Sprintf("ref: %s\n", r.at.ref())},
	}
	for _, f := range files {
		if err := r.disk.write(filepath.Join(git, f.name), []byte(f.content), true); err != nil {
			return err
		}
	}
	return r.disk.rename(made, r.at.Dir)
}

// unfinished tells whether a killed run left the place where it made the
// repository.
func (r *local) unfinished() bool {
	_, err := os.Lstat(r.workshop())
	return !errors.Is(err, fs.ErrNotExist)
}
