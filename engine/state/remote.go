package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/schema/diag"
)

// At is the state of a cluster in a remote repository, with its mirror below a
// directory for caches. An empty branch means main.
func At(r *remote.Remote, cacheDir, branch string) Location {
	if branch == "" {
		branch = "main"
	}
	sum := sha256.Sum256([]byte(r.ID()))
	return Location{Dir: filepath.Join(cacheDir, mirrorsDir, hex.EncodeToString(sum[:16])), Name: r.String(), Branch: branch, Remote: r}
}

// hosted is a repository somewhere else.
type hosted struct {
	at     Location
	mirror mirror

	mu     sync.Mutex
	stores []*store // of the snapshots that were handed out
}

func openHosted(at Location) *hosted {
	return &hosted{at: at, mirror: mirror{dir: at.Dir, disk: disk{name: at.Name, cache: true}}}
}

// Close releases open files.
func (r *hosted) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for _, s := range r.stores {
		err = errors.Join(err, s.close())
	}
	r.stores = nil
	return err
}

// ConfigDir is empty: a mirror has no settings of a person.
func (r *hosted) ConfigDir() string { return "" }

// enough is how many commits of a branch are fetched: the last one and its
// parents, which tell who made what a forge merged.
const enough = 2

// Head asks the remote for its branch and fetches what the mirror has not.
func (r *hosted) Head(ctx context.Context) (*Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	store, tip, err := r.branch(ctx, r.at.Branch, enough)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{name: r.at.Name, store: store}
	if tip.IsZero() {
		return s, nil
	}
	s.commit = tip
	s.root, err = treeOf(store, tip)
	return s, err
}

// branch brings a branch of the remote, with some of its history, into the
// mirror and opens it there; the commit is zero where there is no such branch.
func (r *hosted) branch(ctx context.Context, name string, commits int) (*store, plumbing.Hash, error) {
	unlock, err := r.mirror.lock(ctx)
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	defer unlock()
	git, tip, err := r.bring(ctx, name, commits)
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	where, err := os.Stat(r.mirror.dir)
	if err != nil {
		return nil, plumbing.ZeroHash, errors.Join(err, git.Close())
	}
	s := &store{name: r.at.Name, cache: &copied{}, git: git}
	w := &wanted{repository: r, branch: name, commit: tip, commits: commits, where: where}
	s.cache.again, s.cache.more = w.again(ctx), w.more
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stores = append(r.stores, s)
	return s, tip, nil
}

// bring updates the mirror, or makes it anew where it is damaged. The lock is
// held.
func (r *hosted) bring(ctx context.Context, branch string, commits int) (*filesystem.Storage, plumbing.Hash, error) {
	if r.mirror.check() == nil {
		git, tip, err := r.fetch(ctx, branch, commits)
		if _, bad := errors.AsType[*damage](err); !bad {
			return git, tip, err
		}
	}
	if err := r.mirror.renew(); err != nil {
		return nil, plumbing.ZeroHash, err
	}
	git, tip, err := r.fetch(ctx, branch, commits)
	if bad, ok := errors.AsType[*damage](err); ok {
		err = bad.cause // not of the mirror: it was empty
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		if errors.Is(err, full) {
			err = r.mirror.disk.failed(err)
		}
	}
	return git, tip, err
}

// fetch brings a branch into the mirror, and moves the mirror's own to it when
// all of it is there. It is a damage if the mirror may have been the reason that
// it failed.
func (r *hosted) fetch(ctx context.Context, branch string, commits int) (git *filesystem.Storage, tip plumbing.Hash, err error) {
	git = openStorage(r.mirror.dir)
	s := &store{name: r.at.Name, cache: &copied{}, git: git}
	defer func() {
		if v := recover(); v != nil { // go-git, over what is in the mirror
			err = damaged(fmt.Errorf("%v", v))
		}
		if err != nil {
			err = errors.Join(err, git.Close())
			git = nil
		}
	}()
	have, err := r.have(s, branch, commits)
	if err != nil {
		return git, tip, err
	}
	r.mirror.disk.about("fetch", r.mirror.dir)
	found, err := r.at.Remote.Fetch(ctx, remote.Want{Rev: string(plumbing.NewBranchReferenceName(branch)), Depth: commits, Have: have}, git)
	if err != nil && ctx.Err() == nil {
		_, refused := diag.Refused(err)
		if bad := r.mirror.sound(s, have); bad != nil || !refused && !remote.Temporary(err) {
			return git, tip, damaged(errors.Join(err, bad))
		}
	}
	if err != nil || found.Commit.IsZero() || found.Commit == have {
		return git, found.Commit, err
	}
	if err := r.mirror.whole(s, have, found.Commit); err != nil {
		return git, tip, damaged(fmt.Errorf("fetch %s: what came is not whole: %w", r.at.Name, err))
	}
	return git, found.Commit, r.mirror.setTip(branch, found.Commit)
}

// have is a commit that the mirror has whole, and from which on the remote has
// to tell what is new; zero where there is none.
func (r *hosted) have(s *store, branch string, commits int) (plumbing.Hash, error) {
	have, err := r.mirror.tip(branch)
	if err == nil && have.IsZero() {
		have, err = r.mirror.tip(r.at.Branch)
	}
	if err != nil || have.IsZero() {
		return plumbing.ZeroHash, err
	}
	if err := r.mirror.commit(s, have); err != nil {
		return plumbing.ZeroHash, err
	}
	if commits == enough {
		return have, nil
	}
	// Who has the last commit is told that nothing is new. With the one before
	// all comes that its history has more.
	c, err := readCommit(s, have)
	if err != nil {
		return plumbing.ZeroHash, damaged(err)
	}
	for _, parent := range c.parents {
		if err := r.mirror.commit(s, parent); err == nil {
			return parent, nil
		}
	}
	return plumbing.ZeroHash, nil
}

// wanted is what a snapshot needs of the mirror, for the case that it has to be
// brought again.
type wanted struct {
	repository *hosted
	branch     string
	commit     plumbing.Hash
	where      os.FileInfo // the directory of the mirror that was opened

	mu      sync.Mutex
	commits int // of history
}

// again makes the mirror anew, unless another process did, and brings the
// commit. It runs in the middle of reading, which knows no context: the run may
// be in a later stage than the one that opened the snapshot, so only a silent
// connection ends it.
func (w *wanted) again(ctx context.Context) func() (*filesystem.Storage, error) {
	ctx = context.WithoutCancel(ctx)
	return func() (*filesystem.Storage, error) {
		r := w.repository
		unlock, err := r.mirror.lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
		w.mu.Lock()
		defer w.mu.Unlock()
		now, err := os.Stat(r.mirror.dir)
		if err == nil && os.SameFile(now, w.where) {
			if err := r.mirror.renew(); err != nil {
				return nil, err
			}
		}
		git, tip, err := r.bring(ctx, w.branch, w.commits)
		if err != nil {
			return nil, fmt.Errorf("fetch %s again, whose cache was damaged: %w", r.at.Name, err)
		}
		if w.where, err = os.Stat(r.mirror.dir); err != nil {
			return nil, errors.Join(err, git.Close())
		}
		if tip == w.commit || w.commit.IsZero() {
			return git, nil
		}
		// The branch has moved. Its history may have the commit, and most servers
		// hand out any that they have.
		s := &store{name: r.at.Name, cache: &copied{}, git: git}
		if r.mirror.whole(s, plumbing.ZeroHash, w.commit) == nil {
			return git, nil
		}
		_, err = r.at.Remote.Fetch(ctx, remote.Want{Rev: w.commit.String(), Depth: w.commits}, git)
		if err == nil {
			return git, nil
		}
		return nil, errors.Join(movedOn(r.at, w.commit, tip), git.Close())
	}
}

// more brings more of the history of the snapshot's branch.
func (w *wanted) more(ctx context.Context, commits int) (*filesystem.Storage, error) {
	r := w.repository
	unlock, err := r.mirror.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commits = commits
	git, _, err := r.bring(ctx, w.branch, commits)
	if err != nil {
		return nil, err
	}
	if w.where, err = os.Stat(r.mirror.dir); err != nil {
		return nil, errors.Join(err, git.Close())
	}
	return git, nil
}

// Commit pushes a change: a pack with the commit and what of its trees and
// files the base has not, for the branch if it still is where the change began.
// Nothing is written on this machine before the remote has it.
func (r *hosted) Commit(ctx context.Context, c *Change, record Record) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	base := c.Base.commit
	if c.Empty() {
		return Result{Old: hexOf(base), New: hexOf(base), Branch: r.at.Branch}, nil
	}
	if c.pool == nil {
		return Result{}, errors.New("commit: the change is a preview")
	}
	branch, old := r.at.Branch, base
	if record.Review != "" {
		open, err := r.review(ctx, c, record.Review)
		if err != nil {
			return Result{}, err
		}
		if open.same {
			return Result{Old: hexOf(open.tip), New: hexOf(open.tip), Branch: record.Review, Reused: true}, nil
		}
		branch, old = record.Review, open.tip
	}

	ids, err := unknown(c)
	if err != nil {
		return Result{}, err
	}
	tree := c.root
	if tree.IsZero() { // the last release is gone
		tree = plumbing.NewHash(emptyTree)
		c.pool.add(plumbing.TreeObject, tree, nil)
		ids = append(ids, tree)
	}
	commit, err := encodeCommit(ctx, tree, base, record)
	if err != nil {
		return Result{}, err
	}
	id := hashObject(plumbing.CommitObject, commit)
	c.pool.add(plumbing.CommitObject, id, commit)
	ids = append(ids, id)
	slices.SortFunc(ids, compareIDs)

	if err := r.push(ctx, c.pool, ids, branch, old, id); err != nil {
		if _, moved := errors.AsType[*MovedError](err); moved {
			return Result{}, err
		}
		return Result{Old: hexOf(old), New: hexOf(id), Branch: branch}, err
	}
	r.keep(ctx, c.pool, ids, base, branch, id)
	return Result{Old: hexOf(old), New: hexOf(id), Branch: branch}, nil
}

// push moves a branch of the remote. Where it cannot be known whether that
// happened, the remote is asked.
func (r *hosted) push(ctx context.Context, p *pool, ids []plumbing.Hash, branch string, old, new plumbing.Hash) error {
	ref := plumbing.NewBranchReferenceName(branch)
	err := r.at.Remote.Push(ctx, remote.Update{Ref: ref, Old: old, New: new, Pack: func(w io.Writer) error {
		_, err := encodePack(w, nil, p.objects, ids)
		return err
	}})
	if err == nil {
		return nil
	}
	moved, isMoved := errors.AsType[*remote.MovedError](err)
	if _, refused := diag.Refused(err); refused && !isMoved && !remote.Temporary(err) || ctx.Err() != nil {
		return err
	}
	if !isMoved || moved.Now.IsZero() {
		tip, failed := r.at.Remote.Tip(ctx, string(ref))
		switch {
		case failed != nil && !isMoved:
			return err // not answering now either
		case failed == nil && tip.Commit == new:
			return nil
		case failed == nil && isMoved:
			moved = &remote.MovedError{Ref: ref, Want: old, Now: tip.Commit}
		}
	}
	switch {
	case !isMoved:
		return err
	case moved.Now == new: // by the first half of a push that was tried again
		return nil
	}
	at := r.at
	at.Branch = branch
	return movedOn(at, old, moved.Now)
}

// keep puts a commit that was pushed into the mirror, so that the next run need
// not fetch it. Nothing depends on it, so a failure is none of the run's.
func (r *hosted) keep(ctx context.Context, p *pool, ids []plumbing.Hash, base plumbing.Hash, branch string, commit plumbing.Hash) {
	unlock, err := r.mirror.lock(ctx)
	if err != nil {
		return
	}
	defer unlock()
	if known, err := r.mirror.tip(r.at.Branch); err != nil || known != base || r.mirror.check() != nil {
		return // of another run by now
	}
	if r.mirror.disk.pack(r.mirror.dir, p.objects, ids, false) == nil {
		_ = r.mirror.setTip(branch, commit)
	}
}

// unknown lists what a change's tree has and its base has not, of what the run
// made. Whatever else is in it was moved, and the base has it elsewhere.
func unknown(c *Change) ([]plumbing.Hash, error) {
	var ids []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	err := newIn(c.pool, c.Base.root, c.root, func(e entry) error {
		if !seen[e.id] && c.pool.holds(e.id) {
			ids = append(ids, e.id)
		}
		seen[e.id] = true
		return nil
	})
	return ids, err
}
