package state

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// ancestry walks through the history of a commit, newest first, as far as it is
// there.
type ancestry struct {
	store *store
	queue []*Commit // by time, the newest last
	seen  map[plumbing.Hash]bool
	edge  []plumbing.Hash // commits that are not there
}

func newAncestry(s *store, tip plumbing.Hash) (*ancestry, error) {
	w := &ancestry{store: s, seen: map[plumbing.Hash]bool{}}
	return w, w.add(tip)
}

func (w *ancestry) add(id plumbing.Hash) error {
	if w.seen[id] {
		return nil
	}
	// The record of where a copy ends is only about its last fetch: it may have
	// more.
	if len(w.seen) > 0 && !w.store.holds(id) {
		w.edge = append(w.edge, id)
		return nil
	}
	w.seen[id] = true
	c, err := readCommit(w.store, id)
	if err != nil {
		return err
	}
	at, _ := slices.BinarySearchFunc(w.queue, c.Committer.When, func(q *Commit, when time.Time) int {
		if q.Committer.When.Before(when) {
			return -1
		}
		return 1
	})
	w.queue = slices.Insert(w.queue, at, c)
	return nil
}

// next takes the newest commit that is left; nil at the end. Its parents come
// later, if they are asked for by follow.
func (w *ancestry) next() *Commit {
	if len(w.queue) == 0 {
		return nil
	}
	last := len(w.queue) - 1
	c := w.queue[last]
	w.queue = w.queue[:last]
	return c
}

func (w *ancestry) follow(c *Commit) error {
	for _, id := range c.parents {
		if err := w.add(id); err != nil {
			return err
		}
	}
	return nil
}

// goOn tries what was not there again.
func (w *ancestry) goOn() error {
	edge := w.edge
	w.edge = nil
	for _, id := range edge {
		if err := w.add(id); err != nil {
			return err
		}
	}
	return nil
}

// Hydration says from where an environment was hydrated last.
type Hydration struct {
	Environment string
	Commit      Hash     // of the state, that touched the environment last
	Sources     []Source // of that commit: one, but for a squash of several
	Versions    []string // of Weir, likewise
}

// deepHistory is how many commits of a remote are looked through for what the
// last few do not tell.
const deepHistory = 100

// deepestHistory is the end of all patience.
const deepestHistory = 1_000_000

// HydratedFrom finds the newest commit that touched each environment, from the
// trailers, and what it was hydrated from, sorted by environment. It looks
// through the history that is at hand and, of a remote's, once through more: or
// as far as it takes to know of every commit that is not older than a time.
// Environments that are in none of it are left out, and so are those whose commit
// names no source.
func (s *Snapshot) HydratedFrom(ctx context.Context, environments []string, since time.Time) ([]Hydration, error) {
	wanted := map[string]bool{}
	for _, name := range environments {
		wanted[name] = true
	}
	if s.commit.IsZero() || len(wanted) == 0 {
		return nil, nil
	}
	w, err := newAncestry(s.store, s.commit)
	if err != nil {
		return nil, err
	}
	var found []Hydration
	var oldest *Commit
	for commits := deepHistory; len(wanted) > 0; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := w.next()
		if c == nil {
			if len(w.edge) == 0 || s.store.cache == nil || commits > deepHistory && oldest.Committer.When.Before(since) || commits > deepestHistory {
				break
			}
			if err := s.store.deepen(ctx, commits); err != nil {
				return nil, err
			}
			commits *= 10
			if err := w.goOn(); err != nil {
				return nil, err
			}
			continue
		}
		oldest = c
		t := c.Trailers
		for _, name := range t.Environments() {
			if !wanted[name] {
				continue
			}
			delete(wanted, name)
			if len(t.Sources) > 0 {
				found = append(found, Hydration{Environment: name, Commit: c.ID, Sources: t.Sources, Versions: t.Versions})
			}
		}
		if err := w.follow(c); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b Hydration) int { return strings.Compare(a.Environment, b.Environment) })
	return found, nil
}
