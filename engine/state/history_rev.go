package state

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// UnknownRevError says that a repository has no such commit.
type UnknownRevError struct{ Repository, Rev string }

func (e *UnknownRevError) Error() string {
	return fmt.Sprintf("%s has no commit %q", e.Repository, e.Rev)
}

// SnapshotAt is the snapshot of a commit that is named as for `git rev-parse`:
// HEAD (the head that is given), a branch or tag, a commit's id or the first
// digits of it, each with any number of ~N and ^N behind it. The error is an
// *UnknownRevError where there is none.
func SnapshotAt(ctx context.Context, r Repository, head *Snapshot, rev string) (*Snapshot, *Commit, error) {
	return head.resolve(ctx, r, rev)
}

func (s *Snapshot) resolve(ctx context.Context, r Repository, rev string) (*Snapshot, *Commit, error) {
	if s.commit.IsZero() {
		return nil, nil, diag.Refuse(diag.Diagnostic{
			Summary: "the state repository has no commit yet",
			Subject: diag.Range{File: s.name},
			Remedy:  "`weir hydrate` makes the first one.",
		})
	}
	name, steps := rev, ""
	if at := strings.IndexAny(rev, "~^"); at >= 0 {
		name, steps = rev[:at], rev[at:]
	}
	times := 0
	c, at, err := s.named(ctx, r, name, &times)
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		return nil, nil, s.unknown(rev, "")
	}
	if c, err = at.step(ctx, c, steps, rev, &times); err != nil {
		return nil, nil, err
	}
	return at.at(c), c, nil
}

// named finds a commit by a name without steps; nil where there is none. The
// snapshot it returns reads from where the commit is.
func (s *Snapshot) named(ctx context.Context, r Repository, name string, times *int) (*Commit, *Snapshot, error) {
	if name == "" || name == "HEAD" || name == "@" {
		c, err := readCommit(s.store, s.commit)
		return c, s, err
	}
	at, err := r.find(ctx, s, name)
	if err != nil {
		return nil, nil, err
	}
	if at != nil {
		c, err := readCommit(at.store, at.commit)
		return c, at, err
	}
	if len(name) < 4 || strings.Trim(name, "0123456789abcdef") != "" {
		return nil, s, nil
	}
	for {
		found, err := s.startingWith(name)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) > 1:
			return nil, nil, s.ambiguous(name, found)
		case len(found) == 1:
			return found[0], s, nil
		}
		if more, err := s.deeper(ctx, times); err != nil || !more {
			return nil, s, err
		}
	}
}

// startingWith lists the commits at hand whose id begins with some digits.
func (s *Snapshot) startingWith(digits string) ([]*Commit, error) {
	whole, err := hex.DecodeString(digits[:len(digits)&^1])
	if err != nil {
		return nil, nil // no digits, no commit
	}
	s.store.mu.Lock()
	ids, err := s.store.git.HashesWithPrefix(whole)
	s.store.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("look for commit %s of %s: %w", digits, s.name, err)
	}
	slices.SortFunc(ids, func(a, b plumbing.Hash) int { return strings.Compare(a.String(), b.String()) })
	var found []*Commit
	for _, id := range slices.Compact(ids) {
		if !strings.HasPrefix(id.String(), digits) {
			continue
		}
		s.store.mu.Lock()
		_, err := s.store.git.EncodedObject(plumbing.CommitObject, id)
		s.store.mu.Unlock()
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue // a tree, a file
		}
		c, err := readCommit(s.store, id)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, nil
}

// step goes from a commit along ~N and ^N.
func (s *Snapshot) step(ctx context.Context, c *Commit, steps, rev string, times *int) (*Commit, error) {
	for steps != "" {
		kind := steps[0]
		rest := strings.TrimLeft(steps[1:], "0123456789")
		digits := steps[1 : len(steps)-len(rest)]
		steps = rest
		n := 1
		if digits != "" {
			var err error
			if n, err = strconv.Atoi(digits); err != nil {
				return nil, s.unknown(rev, "")
			}
		}
		if rest != "" && !strings.ContainsAny(rest[:1], "~^") {
			return nil, s.unknown(rev, "Behind a name go ~N, the N-th commit before, and ^N, the N-th parent of a merge.")
		}
		parents := n
		which := 0
		if kind == '^' {
			parents, which = min(n, 1), n-1 // ^0 is the commit itself
		}
		for range parents {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if len(c.parents) == 0 {
				return nil, s.unknown(rev, fmt.Sprintf("Commit %s is the first one: nothing is before it.", shown(c.id)))
			}
			if which >= len(c.parents) {
				return nil, s.unknown(rev, fmt.Sprintf("Commit %s has no parent %d.", shown(c.id), n))
			}
			id := c.parents[which]
			for !s.store.holds(id) {
				more, err := s.deeper(ctx, times)
				if err != nil {
					return nil, err
				}
				if !more {
					return nil, s.unknown(rev, fmt.Sprintf("The history that is at hand ends at commit %s: the repository is a shallow one.", shown(c.id)))
				}
			}
			var err error
			if c, err = readCommit(s.store, id); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (s *Snapshot) unknown(rev, why string) error {
	if why == "" {
		why = fmt.Sprintf("It is no branch, no tag and no commit of %s.", s.name)
	}
	return diag.RefuseFor(&UnknownRevError{s.name, rev}, diag.Diagnostic{
		Summary: fmt.Sprintf("there is no commit %q in the state repository", rev),
		Subject: diag.Range{File: s.name},
		Detail:  why,
		Remedy:  "`weir state log` lists what there is. Write HEAD, HEAD~2, a branch, a tag, or four or more digits of a commit's id.",
	})
}

func (s *Snapshot) ambiguous(rev string, found []*Commit) error {
	var names []string
	for _, c := range found {
		names = append(names, fmt.Sprintf("  %s  %s", c.ID, c.Subject()))
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("%q is the beginning of several commits", rev),
		Subject: diag.Range{File: s.name},
		Detail:  strings.Join(names, "\n"),
		Remedy:  "Write more digits.",
	})
}

// Range is the commits of A..B: those that B has and A has not, newest first.
// An empty side means HEAD; without dots it is the one commit that is named.
// The snapshot is that of B.
func Range(ctx context.Context, r Repository, head *Snapshot, text string) (*Snapshot, []*Commit, error) {
	from, to, dots := strings.Cut(text, "..")
	if !dots {
		at, c, err := head.resolve(ctx, r, text)
		return at, []*Commit{c}, err
	}
	if strings.HasPrefix(to, ".") {
		return nil, nil, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("%q is no range", text),
			Detail:  "Three dots stand for what either side has alone, which is no history of one state.",
			Remedy:  "Write A..B: the commits that B has and A has not.",
		})
	}
	_, known, err := head.resolve(ctx, r, from)
	if err != nil {
		return nil, nil, err
	}
	at, wanted, err := head.resolve(ctx, r, to)
	if err != nil {
		return nil, nil, err
	}
	times := 0
	commits, err := at.between(ctx, []plumbing.Hash{known.id}, []plumbing.Hash{wanted.id}, &times)
	if err != nil || len(commits) > 0 || known.id == wanted.id {
		return at, commits, err
	}
	return nil, nil, diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("the range %s is the wrong way round", text),
		Subject: diag.Range{File: head.name},
		Detail:  fmt.Sprintf("%s is older than %s, so it has no commit that the other has not.", shown(wanted.id), shown(known.id)),
		Remedy:  fmt.Sprintf("Write %s..%s.", to, from),
	})
}
