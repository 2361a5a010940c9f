package remote

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/weir-dev/weir/schema/diag"
)

// treeLimit is what the files of a fetched commit may take of the memory. A
// project is text and charts; its repository may hold more than that.
const treeLimit = 1 << 30

// FetchTree brings the files of one commit into memory, none of its history, and
// nothing onto the disk. A revision that is not there is a refusal.
func (r *Remote) FetchTree(ctx context.Context, rev string) (fs.FS, Tip, error) {
	store := &bounded{Storage: memory.NewStorage(), remote: r, left: treeLimit}
	tip, err := r.Fetch(ctx, Want{Rev: rev}, store)
	if err != nil {
		return nil, Tip{}, err
	}
	if tip.Commit.IsZero() {
		return nil, Tip{}, r.refuse(fmt.Sprintf("there is no %q in the repository", rev),
			"The repository is empty, or it has no branch and no tag of this name.",
			"Name a branch, a tag or a commit's whole id; HEAD is the branch that a clone checks out.")
	}
	fsys, err := TreeFS(store, tip.Commit)
	if err != nil {
		return nil, Tip{}, err
	}
	return fsys, tip, nil
}

// bounded is a store that takes only so much.
type bounded struct {
	*memory.Storage
	remote *Remote
	left   int64
}

func (b *bounded) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	if b.left -= o.Size(); b.left < 0 {
		return plumbing.ZeroHash, diag.Refuse(b.remote.diagnostic("the repository is too large to be read from memory",
			"The objects that it sends take more than 1 GiB.",
			"Clone it, and give the directory."))
	}
	return b.Storage.SetEncodedObject(o)
}
