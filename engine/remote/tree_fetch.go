package remote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/weir-dev/weir/schema/diag"
)

// treeLimit is what the files of a fetched commit may take of the memory. A
// project is text and charts; its repository may hold more than that.
const treeLimit = 1 << 30

// ErrWithheld is in the refusal of a server that does not give out a commit by
// its id.
var ErrWithheld = errors.New("the server does not give out the commit")

// FetchTree brings the files of one commit into memory, none of its history, and
// nothing onto the disk. A revision that is not there is a refusal.
func (r *Remote) FetchTree(ctx context.Context, rev string) (fs.FS, Tip, error) {
	return r.fetchTree(ctx, Want{Rev: rev})
}

func (r *Remote) fetchTree(ctx context.Context, want Want) (fs.FS, Tip, error) {
	store := r.bounded(want)
	tip, err := r.Fetch(ctx, want, store)
	if err != nil {
		return nil, Tip{}, err
	}
	if tip.Commit.IsZero() {
		return nil, Tip{}, r.refuse(fmt.Sprintf("there is no %q in the repository", want.Rev),
			"The repository is empty, or it has no branch and no tag of this name.",
			"Name a branch, a tag or a commit's whole id; HEAD is the branch that a clone checks out.")
	}
	fsys, err := TreeFS(store, tip.Commit)
	if err != nil {
		return nil, Tip{}, err
	}
	return fsys, tip, nil
}

// FetchCommit brings the files of the commit with a whole id into memory. Many
// servers give out only what a branch or a tag is at (uploadpack.allow…SHA1InWant):
// there the history of rev is fetched until the commit is in it. A commit that
// cannot be had is a refusal with ErrWithheld.
//
// Files of more than largest bytes cannot be read, for servers that can leave
// them out are asked to; they are listed with a size of largest + 1.
func (r *Remote) FetchCommit(ctx context.Context, id, rev string, largest int64) (fs.FS, error) {
	fsys, _, err := r.fetchTree(ctx, Want{Rev: id, largest: largest})
	if err == nil || !errors.Is(err, ErrWithheld) || rev == id {
		return fsys, err
	}
	commit := plumbing.NewHash(id)
	for depth := 64; depth <= 1<<16; depth *= 32 {
		want := Want{Rev: rev, Depth: depth, largest: largest}
		store := r.bounded(want)
		tip, failed := r.Fetch(ctx, want, store)
		if failed != nil {
			return nil, failed
		}
		if !tip.Commit.IsZero() && reaches(store, tip.Commit, commit) && store.HasEncodedObject(commit) == nil {
			return TreeFS(store, commit)
		}
		if tip.Commit.IsZero() || len(store.ShallowStorage) == 0 {
			break
		}
	}
	return nil, err
}

// bounded is a store that takes only so much.
type bounded struct {
	*memory.Storage
	remote  *Remote
	left    int64
	largest int64 // what is larger may be missing; 0: nothing may
}

func (r *Remote) bounded(want Want) *bounded {
	return &bounded{Storage: memory.NewStorage(), remote: r, left: treeLimit, largest: want.largest}
}

// EncodedObjectSize implements storer.EncodedObjectStorer.
func (b *bounded) EncodedObjectSize(id plumbing.Hash) (int64, error) {
	size, err := b.Storage.EncodedObjectSize(id)
	if b.largest > 0 && (errors.Is(err, plumbing.ErrObjectNotFound) || err == nil && size > b.largest) {
		return b.largest + 1, nil
	}
	return size, err
}

func (b *bounded) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	if b.left -= o.Size(); b.left < 0 {
		return plumbing.ZeroHash, diag.Refuse(b.remote.diagnostic("the repository is too large to be read from memory",
			"The objects that it sends take more than 1 GiB.",
			"Clone it, and give the directory."))
	}
	return b.Storage.SetEncodedObject(o)
}
