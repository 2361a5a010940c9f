package state

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
)

// local is a repository of this machine with a work tree for people: the
// embedded default.
type local struct {
	at     Location
	gitDir string
	store  *store // nil before the first commit made the repository
	disk   disk
}

func openLocal(at Location) (*local, error) {
	r := &local{at: at, gitDir: filepath.Join(at.Dir, ".git"), disk: disk{name: at.Name}}
	exists, err := at.inspect()
	if err != nil {
		return nil, err
	}
	if !exists {
		return r, nil
	}
	r.store = openStore(r.gitDir, at.Name)
	if err := r.ready(); err != nil {
		return nil, errors.Join(err, r.store.close())
	}
	return r, nil
}

// Close releases open files.
func (r *local) Close() error {
	if r.store == nil {
		return nil
	}
	return r.store.close()
}

func (r *local) ConfigDir() string {
	if r.store == nil {
		return ""
	}
	return r.at.Dir
}

// Head is the last commit of the branch, or an empty snapshot before the first.
func (r *local) Head(ctx context.Context) (*Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Snapshot{name: r.at.Name, store: r.store}
	tip, err := r.tip()
	if err != nil || tip.IsZero() {
		return s, err
	}
	s.commit = tip
	s.root, err = treeOf(r.store, tip)
	return s, err
}

// Commit writes a change: objects, then the branch, if it still is where the
// change began, then the work tree. An empty change makes no commit, but
// finishes the work tree of a run that was killed. Before anything can be seen
// it refuses to overwrite a person's edit.
func (r *local) Commit(ctx context.Context, c *Change, record Record) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if r.store == nil {
		if c.Empty() {
			return Result{}, nil
		}
		if err := r.create(ctx); err != nil {
			return Result{}, err
		}
	}
	if c.Empty() && !r.unsettled() && !r.unfinished() {
		// Nothing to write, so it may well be a place that cannot be written.
		return Result{Old: c.Base.Commit(), New: c.Base.Commit()}, nil
	}
	unlock, err := r.lock(ctx)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	for _, step := range []func() error{r.ready, r.settle, r.unlocked} {
		if err := step(); err != nil {
			return Result{}, err
		}
	}
	tip, err := r.tip()
	if err != nil {
		return Result{}, err
	}
	if tip != c.Base.commit {
		return Result{}, movedOn(r.at, c.Base.commit, tip)
	}
	if c.Empty() {
		return Result{Old: hexOf(tip), New: hexOf(tip)}, nil
	}
	if c.pool == nil {
		return Result{}, errors.New("commit: the change is a preview")
	}

	c.pool.base = r.store
	edits, err := compareTrees(c.pool, c.Base.root, c.root)
	if err != nil {
		return Result{}, err
	}
	out, err := r.prepare(edits)
	if err != nil {
		return Result{}, err
	}
	tree := c.root
	if tree.IsZero() { // the last release is gone
		tree = plumbing.NewHash(emptyTree)
		c.pool.add(plumbing.TreeObject, tree, nil)
	}
	commit, err := encodeCommit(ctx, tree, tip, record)
	if err != nil {
		return Result{}, err
	}
	id := hashObject(plumbing.CommitObject, commit)
	c.pool.add(plumbing.CommitObject, id, commit)
	if err := r.writeObjects(c.pool); err != nil {
		return Result{}, err
	}
	j := journal{Branch: string(r.at.ref()), From: tip.String(), To: id.String(), Old: c.Base.root.String(), New: c.root.String()}
	if err := r.writeJournal(j); err != nil {
		return Result{}, err
	}
	if err := r.swap(tip, id, record.Who.Committer, record.Message); err != nil {
		return Result{}, err
	}
	result := Result{Old: hexOf(tip), New: hexOf(id)}
	if err := r.checkout(c.pool, out); err != nil {
		return result, err
	}
	return result, r.removeJournal()
}

// lock keeps other runs out until it is released or this process ends.
func (r *local) lock(ctx context.Context) (unlock func(), err error) {
	dir := filepath.Join(r.gitDir, "weir")
	if err := r.disk.mkdir(dir); err != nil {
		return nil, err
	}
	return r.disk.lock(ctx, filepath.Join(dir, "lock"))
}
