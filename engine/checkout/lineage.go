package checkout

import (
	"container/heap"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Lineage is how one commit stands to another.
type Lineage int

const (
	Unrelated Lineage = iota // neither comes from the other
	Same
	Older   // the other comes from it
	Newer   // it comes from the other
	Unknown // the history that is at hand does not tell
)

// Lineage tells how a commit of the repository stands to another one. A shallow
// clone may not know.
func (c Checkout) Lineage(commit, other string) (Lineage, error) {
	if c.git == nil {
		return Unknown, nil
	}
	lineage, err := lineageIn(c.git.Storer, plumbing.NewHash(commit), plumbing.NewHash(other))
	if err != nil {
		return Unknown, fmt.Errorf("read the history of the project's repository: %w", err)
	}
	return lineage, nil
}

// The marks of a walk: which of the two commits comes from what is marked.
const (
	fromCommit = 1 << iota
	fromOther
)

// descent visits the history of two commits, newest first, and marks what each
// comes from.
type descent struct {
	store storer.EncodedObjectStorer
	marks map[plumbing.Hash]int
	queue byTime
	open  int  // entries of the queue that carry one mark
	cut   bool // there is history that is not at hand
}

// lineageIn goes down from both commits until it meets one of them, or until
// everything left is behind both: as far as the two differ, not to the root.
func lineageIn(store storer.EncodedObjectStorer, commit, other plumbing.Hash) (Lineage, error) {
	if commit == other {
		return Same, nil
	}
	w := &descent{store: store, marks: map[plumbing.Hash]int{}}
	if err := errors.Join(w.mark(commit, fromCommit), w.mark(other, fromOther)); err != nil {
		return Unknown, err
	}
	if w.cut {
		return Unknown, nil // one of the two is not there
	}
	for w.open > 0 {
		c := heap.Pop(&w.queue).(visit)
		if c.marks != fromCommit|fromOther {
			w.open--
		}
		for _, parent := range c.commit.ParentHashes {
			if err := w.mark(parent, w.marks[c.commit.Hash]); err != nil {
				return Unknown, err
			}
		}
		switch both := fromCommit | fromOther; {
		case w.marks[commit] == both:
			return Older, nil
		case w.marks[other] == both:
			return Newer, nil
		}
	}
	if w.cut {
		return Unknown, nil
	}
	return Unrelated, nil
}

// meet goes down from two commits, newest first, until one comes up that is
// behind both.
func (w *descent) meet(one, other plumbing.Hash) (plumbing.Hash, error) {
	if err := errors.Join(w.mark(one, fromCommit), w.mark(other, fromOther)); err != nil {
		return plumbing.ZeroHash, err
	}
	for len(w.queue) > 0 {
		c := heap.Pop(&w.queue).(visit)
		marks := w.marks[c.commit.Hash]
		if marks == fromCommit|fromOther {
			return c.commit.Hash, nil
		}
		for _, parent := range c.commit.ParentHashes {
			if err := w.mark(parent, marks); err != nil {
				return plumbing.ZeroHash, err
			}
		}
	}
	return plumbing.ZeroHash, nil
}

func (w *descent) mark(id plumbing.Hash, mark int) error {
	marks := w.marks[id] | mark
	if marks == w.marks[id] {
		return nil
	}
	w.marks[id] = marks
	c, err := object.GetCommit(w.store, id)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		w.cut = w.cut || marks != fromCommit|fromOther
		return nil
	}
	if err != nil {
		return err
	}
	if marks != fromCommit|fromOther {
		w.open++
	}
	heap.Push(&w.queue, visit{c, marks})
	return nil
}

// visit is a commit in the queue with the marks it was put there for.
type visit struct {
	commit *object.Commit
	marks  int
}

// byTime is a heap, the newest commit first.
type byTime []visit

func (q byTime) Len() int { return len(q) }
func (q byTime) Less(i, j int) bool {
	return q[i].commit.Committer.When.After(q[j].commit.Committer.When)
}
func (q byTime) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *byTime) Push(x any)   { *q = append(*q, x.(visit)) }
func (q *byTime) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
