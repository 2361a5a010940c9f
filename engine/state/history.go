package state

import (
	"container/heap"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// at is the snapshot of another commit of the same repository.
func (s *Snapshot) at(c *Commit) *Snapshot {
	return &Snapshot{name: s.name, store: s.store, commit: c.id, root: c.tree}
}

// depths are how many commits of a remote's history are fetched when more of it
// is needed than is at hand: some, many, all.
var depths = [...]int{100, 2000, 1<<31 - 1}

// deeper fetches more history where that may help; false when there is no more.
func (s *Snapshot) deeper(ctx context.Context, times *int) (bool, error) {
	if s.store == nil || s.store.cache == nil || *times == len(depths) {
		return false, nil
	}
	*times++
	return true, s.store.deepen(ctx, depths[*times-1])
}

// Deployment is one move of a state's branch: a commit and, for a merge, what it
// brought.
type Deployment struct {
	*Commit
	Brought []*Commit // newest first
}

// Trailers are the commit's own, and for a merge those of what it brought.
func (d Deployment) Trailers() Trailers {
	t := d.Commit.Trailers
	t.Sources, t.Versions, t.Releases = slices.Clone(t.Sources), slices.Clone(t.Versions), slices.Clone(t.Releases)
	add := func(o Trailers) {
		for _, s := range o.Sources {
			if !slices.Contains(t.Sources, s) {
				t.Sources = append(t.Sources, s)
			}
		}
		for _, v := range o.Versions {
			if !slices.Contains(t.Versions, v) {
				t.Versions = append(t.Versions, v)
			}
		}
		for _, r := range o.Releases {
			if !slices.Contains(t.Releases, r) {
				t.Releases = append(t.Releases, r)
			}
		}
	}
	for _, c := range d.Brought {
		add(c.Trailers)
	}
	return t
}

// Deployments goes back through the moves of the branch, newest first, fetching
// more of a remote's history as it is asked for.
func (s *Snapshot) Deployments(ctx context.Context) iter.Seq2[Deployment, error] {
	return func(yield func(Deployment, error) bool) {
		times := 0
		for id := s.commit; !id.IsZero(); {
			if err := ctx.Err(); err != nil {
				yield(Deployment{}, err)
				return
			}
			for id != s.commit && !s.store.holds(id) {
				more, err := s.deeper(ctx, &times)
				if err != nil {
					yield(Deployment{}, err)
				}
				if err != nil || !more {
					return
				}
			}
			c, err := readCommit(s.store, id)
			d := Deployment{Commit: c}
			if err == nil && len(c.parents) > 1 {
				d.Brought, err = s.between(ctx, c.parents[:1], c.parents[1:], &times)
			}
			if !yield(d, err) || err != nil || len(c.parents) == 0 {
				return
			}
			id = c.parents[0]
		}
	}
}

// The marks of a commit in a walk: which ends it can be reached from.
const (
	fromWanted = 1 << iota
	fromKnown
)

// between lists the commits that can be reached from wanted and not from known,
// newest first. Where clocks are far apart it may list too many, never too few.
func (s *Snapshot) between(ctx context.Context, known, wanted []plumbing.Hash, times *int) ([]*Commit, error) {
	for {
		w := &span{store: s.store, commits: map[plumbing.Hash]*Commit{}, marks: map[plumbing.Hash]int{}}
		list, edge, err := w.walk(ctx, known, wanted)
		if err != nil || !edge {
			return list, err
		}
		if more, err := s.deeper(ctx, times); err != nil || !more {
			return list, err
		}
	}
}

// span is a walk through two histories, newest commits first.
type span struct {
	store   *store
	commits map[plumbing.Hash]*Commit
	marks   map[plumbing.Hash]int
	queue   newestFirst
	open    int // entries of the queue that are wanted and not known
}

func (w *span) walk(ctx context.Context, known, wanted []plumbing.Hash) (list []*Commit, edge bool, err error) {
	for _, id := range known {
		if err := w.mark(id, fromKnown); err != nil {
			return nil, false, err
		}
	}
	for _, id := range wanted {
		if err := w.mark(id, fromWanted); err != nil {
			return nil, false, err
		}
	}
	for w.open > 0 {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		next := heap.Pop(&w.queue).(queued)
		if next.marks == fromWanted {
			w.open--
		}
		for _, parent := range next.parents {
			if err := w.mark(parent, w.marks[next.id]); err != nil {
				return nil, false, err
			}
		}
	}
	for id, mark := range w.marks {
		if c := w.commits[id]; mark == fromWanted && c != nil {
			list = append(list, c)
		} else if mark == fromWanted {
			edge = true
		}
	}
	slices.SortFunc(list, func(a, b *Commit) int {
		if c := b.Committer.When.Compare(a.Committer.When); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return parentsLast(list), edge, nil
}

func (w *span) mark(id plumbing.Hash, mark int) error {
	marks := w.marks[id] | mark
	if marks == w.marks[id] {
		return nil
	}
	w.marks[id] = marks
	c := w.commits[id]
	if c == nil {
		if !w.store.holds(id) {
			return nil
		}
		var err error
		if c, err = readCommit(w.store, id); err != nil {
			return err
		}
		w.commits[id] = c
	}
	if marks == fromWanted {
		w.open++
	}
	heap.Push(&w.queue, queued{c, marks})
	return nil
}

// parentsLast keeps an order but for commits that stand before a child of
// theirs: clocks may be equal, or wrong.
func parentsLast(list []*Commit) []*Commit {
	in := make(map[plumbing.Hash]*Commit, len(list))
	children := map[plumbing.Hash]int{}
	for _, c := range list {
		in[c.id] = c
		for _, p := range c.parents {
			children[p]++
		}
	}
	sorted := make([]*Commit, 0, len(list))
	var ready []*Commit
	for _, c := range list {
		if children[c.id] == 0 {
			ready = append(ready, c)
		}
	}
	for len(ready) > 0 {
		newest := 0
		for i, c := range ready {
			if c.Committer.When.After(ready[newest].Committer.When) {
				newest = i
			}
		}
		c := ready[newest]
		ready = slices.Delete(ready, newest, newest+1)
		sorted = append(sorted, c)
		for _, p := range c.parents {
			if children[p]--; children[p] == 0 && in[p] != nil {
				ready = append(ready, in[p])
			}
		}
	}
	return sorted
}

// queued is a commit in the queue with the marks it was put there for.
type queued struct {
	*Commit
	marks int
}

// newestFirst is a heap of commits.
type newestFirst []queued

func (q newestFirst) Len() int           { return len(q) }
func (q newestFirst) Less(i, j int) bool { return q[i].Committer.When.After(q[j].Committer.When) }
func (q newestFirst) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *newestFirst) Push(x any)        { *q = append(*q, x.(queued)) }
func (q *newestFirst) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
