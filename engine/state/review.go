package state

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// openReview is a review branch as the remote has it.
type openReview struct {
	tip  plumbing.Hash // zero where there is none
	same bool          // it is what would be pushed
}

// review looks at a review branch, which a push will replace by one commit on
// top of the state's branch. It refuses if anybody's commits would be lost.
func (r *hosted) review(ctx context.Context, c *Change, branch string) (openReview, error) {
	if err := r.at.Reviewable(branch); err != nil {
		return openReview{}, err
	}
	store, tip, err := r.branch(ctx, branch, enough)
	if err != nil || tip.IsZero() {
		return openReview{}, err
	}
	last, err := readCommit(store, tip)
	if err != nil {
		return openReview{}, err
	}
	onTop := len(last.parents) == 0 && c.Base.commit.IsZero() || len(last.parents) == 1 && last.parents[0] == c.Base.commit
	if onTop && last.tree == c.root && last.Trailers.ByWeir() {
		return openReview{tip, true}, nil
	}
	return openReview{tip, false}, r.ours(ctx, c, branch, store, tip)
}

// Reviewable refuses a name that the branch of no review can have (Record).
func (l Location) Reviewable(branch string) error {
	switch {
	case !validBranch(branch):
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("%q is no name for a branch", branch),
			Subject: diag.Range{File: l.Name},
			Remedy:  "Give --branch a name of " + branchCharacters + ", such as weir/update.",
		})
	case branch == l.Branch:
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("branch %s is the state itself", branch),
			Subject: diag.Range{File: l.Name},
			Detail:  "A review branch is one that is merged into the state's branch later.",
			Remedy:  "Leave --branch out to push to the state, or name another branch.",
		})
	}
	return nil
}

// ours refuses to replace a branch that has commits which are neither in the
// state's branch nor Weir's own. A merge of a forge that keeps the tree of one
// side adds nothing that could be lost.
func (r *hosted) ours(ctx context.Context, c *Change, branch string, s *store, tip plumbing.Hash) error {
	for commits := enough; ; commits = deepHistory {
		known, err := historyOf(c.Base)
		if err != nil {
			return err
		}
		lost, sure, err := known.foreign(s, tip)
		switch {
		case err != nil:
			return err
		case sure && lost == nil:
			return nil
		case sure:
			return r.wouldLose(branch, lost)
		}
		if commits == deepHistory {
			return diag.Refuse(diag.Diagnostic{
				Summary: fmt.Sprintf("the review branch %s began too long ago", branch),
				Subject: diag.Range{File: r.at.Name},
				Detail:  fmt.Sprintf("Its history does not meet that of %s within %d commits, so nobody can say whether replacing it would lose anybody's work.", r.at.Branch, deepHistory),
				Remedy:  fmt.Sprintf("Delete the branch, with `git push <url> --delete %s`, or name another one with --branch.", branch),
			})
		}
		for _, s := range []*store{c.Base.store, s} {
			if err := s.deepen(ctx, deepHistory); err != nil {
				return err
			}
		}
	}
}

// history is the commits of a snapshot's history that are at hand.
type history struct {
	commits map[plumbing.Hash]bool
	cut     bool // there are more
}

func historyOf(s *Snapshot) (history, error) {
	if s.commit.IsZero() {
		return history{}, nil
	}
	w, err := newAncestry(s.store, s.commit)
	for err == nil {
		c := w.next()
		if c == nil {
			break
		}
		err = w.follow(c)
	}
	return history{w.seen, len(w.edge) > 0}, err
}

// foreign finds the newest commit from a tip down to the history that is not
// Weir's. It is not sure of that where the two do not meet at what is at hand.
func (h history) foreign(s *store, tip plumbing.Hash) (lost *Commit, sure bool, err error) {
	if h.commits[tip] {
		return nil, true, nil
	}
	w, err := newAncestry(s, tip)
	if err != nil {
		return nil, false, err
	}
	met := false
	for {
		c := w.next()
		if c == nil {
			break
		}
		if h.commits[c.id] {
			met = true
			continue
		}
		if lost == nil && !c.Trailers.ByWeir() && !keepsTree(s, c) {
			lost = c
		}
		if err := w.follow(c); err != nil {
			return nil, false, err
		}
	}
	sure = true
	for _, id := range w.edge {
		met = met || h.commits[id]
		sure = sure && h.commits[id]
	}
	return lost, sure && (met || !h.cut), nil
}

// keepsTree tells whether a commit is a merge whose tree is that of a parent.
func keepsTree(s *store, c *Commit) bool {
	if len(c.parents) < 2 {
		return false
	}
	for _, id := range c.parents {
		if !s.holds(id) {
			continue
		}
		if parent, err := readCommit(s, id); err == nil && parent.tree == c.tree {
			return true
		}
	}
	return false
}

func subjectOf(message string) string {
	subject, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return subject
}

// wouldLose refuses to replace a branch that somebody works on.
func (r *hosted) wouldLose(branch string, c *Commit) error {
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("somebody committed to the review branch %s", branch),
		Subject: diag.Range{File: r.at.Name},
		Detail:  fmt.Sprintf("Commit %s %q by %s <%s> is not Weir's, and replacing the branch would lose it.", shown(c.id), c.Subject(), c.Author.Name, c.Author.Email),
		Remedy:  fmt.Sprintf("Merge the branch into %s, or take the commit away from it; or name another branch with --branch.", r.at.Branch),
	})
}
