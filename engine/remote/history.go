package remote

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Ancestry answers whether one commit comes before another.
type Ancestry uint8

const (
	Unknown Ancestry = iota // as much of the history as may be fetched does not tell
	Before
	NotBefore
)

// String is the answer as a word.
func (a Ancestry) String() string { return [...]string{"unknown", "before", "not before"}[a] }

// IsAncestor tells whether the commit older is in the history of the commit
// newer, or is newer itself; both are whole ids. It fetches commits without their
// files, ever more of them, up to 65,536 deep; from a server that knows no
// partial clones only the last few, for these come with their files.
func (r *Remote) IsAncestor(ctx context.Context, older, newer string) (Ancestry, error) {
	if older == newer {
		return Before, nil
	}
	for depth := 64; depth <= 1<<16; depth *= 32 {
		store := &bounded{Storage: memory.NewStorage(), remote: r, left: treeLimit / 4}
		tip, err := r.Fetch(ctx, Want{Rev: newer, Depth: depth, history: true}, store)
		if err != nil {
			return Unknown, err
		}
		if tip.Commit.IsZero() {
			return Unknown, nil
		}
		if reaches(store, tip.Commit, plumbing.NewHash(older)) {
			return Before, nil
		}
		if len(store.ShallowStorage) == 0 {
			return NotBefore, nil
		}
		if head, err := object.GetCommit(store, tip.Commit); err != nil || store.HasEncodedObject(head.TreeHash) == nil {
			return Unknown, err // the server sends files too
		}
	}
	return Unknown, nil
}

// reaches walks the commits that are there, each once.
func reaches(store *bounded, from, to plumbing.Hash) bool {
	seen := map[plumbing.Hash]bool{from: true}
	for queue := []plumbing.Hash{from}; len(queue) > 0; {
		at := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if at == to {
			return true
		}
		c, err := object.GetCommit(store, at)
		if err != nil {
			continue // beyond where the history is cut off
		}
		for _, parent := range c.ParentHashes {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
	}
	return false
}
