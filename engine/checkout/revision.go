package checkout

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// UnknownError says that the repository has no commit of a name.
type UnknownError struct {
	Rev string
	Why string // a sentence
	Cut bool   // it would be where the history at hand ends: in a shallow clone
}

func (e *UnknownError) Error() string { return fmt.Sprintf("there is no commit %q: %s", e.Rev, e.Why) }

// Exists tells whether the project lies in a repository at all.
func (c Checkout) Exists() bool { return c.git != nil }

// Shallow tells whether a part of the history was left out when the repository
// was cloned.
func (c Checkout) Shallow() (bool, error) {
	cut, err := c.git.Storer.Shallow()
	if err != nil {
		return false, fmt.Errorf("read the project's repository: %w", err)
	}
	return len(cut) > 0, nil
}

// Below is the path of a directory in the repository, slash-separated; empty for
// the repository's own.
func (c Checkout) Below(dir string) (string, error) {
	tree, err := c.git.Worktree()
	if err != nil {
		return "", fmt.Errorf("look for the root of the project's repository: %w", err)
	}
	root, err := filepath.EvalSymlinks(tree.Filesystem.Root())
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		dir, err = filepath.Rel(root, dir)
	}
	if err != nil {
		return "", fmt.Errorf("look for the project in its repository: %w", err)
	}
	if dir == "." {
		return "", nil
	}
	return filepath.ToSlash(dir), nil
}

// Names lists the branches, those of remotes, and the tags, as Resolve takes
// them; sorted.
func (c Checkout) Names() ([]string, error) {
	refs, err := c.git.References()
	if err != nil {
		return nil, fmt.Errorf("list the branches of the project's repository: %w", err)
	}
	var names []string
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if name := ref.Name(); (name.IsBranch() || name.IsRemote() || name.IsTag()) && ref.Type() == plumbing.HashReference {
			names = append(names, name.Short())
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

// Resolve finds the commit that a revision names as for `git rev-parse`: HEAD, a
// branch, a tag, an id or the first digits of one, each with any number of ~N and
// ^N behind it. The error is an *UnknownError where there is none.
func (c Checkout) Resolve(rev string) (string, error) {
	name, steps := rev, ""
	if at := strings.IndexAny(rev, "~^"); at >= 0 {
		name, steps = rev[:at], rev[at:]
	}
	commit, err := c.named(name, rev)
	if err != nil {
		return "", err
	}
	if commit, err = c.step(commit, steps, rev); err != nil {
		return "", err
	}
	return commit.Hash.String(), nil
}

func (c Checkout) named(name, rev string) (*object.Commit, error) {
	if name == "" || name == "@" {
		name = "HEAD"
	}
	if plumbing.IsHash(name) {
		return c.commit(plumbing.NewHash(name), rev)
	}
	for _, pattern := range plumbing.RefRevParseRules {
		ref := plumbing.ReferenceName(fmt.Sprintf(pattern, name))
		if ref.Validate() != nil {
			continue
		}
		if found, err := c.git.Reference(ref, true); err == nil {
			return c.commit(found.Hash(), rev)
		}
	}
	if len(name) < 4 || strings.Trim(name, "0123456789abcdef") != "" {
		return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("%q is no branch, no tag and no commit of the project's repository.", name)}
	}
	found, err := c.startingWith(name)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("No commit of the project's repository begins with %s.", name)}
	case len(found) > 1:
		return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("%d commits begin with %s: write more digits.", len(found), name)}
	}
	return found[0], nil
}

// commit reads a commit, or the one that an annotated tag is for.
func (c Checkout) commit(id plumbing.Hash, rev string) (*object.Commit, error) {
	for range 5 { // tags of tags
		tag, err := object.GetTag(c.git.Storer, id)
		if err != nil {
			break
		}
		id = tag.Target
	}
	commit, err := object.GetCommit(c.git.Storer, id)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, &UnknownError{Rev: rev, Cut: true, Why: fmt.Sprintf("Commit %.12s is not in this clone.", id)}
	}
	if err != nil {
		return nil, fmt.Errorf("read commit %s of the project's repository: %w", id, err)
	}
	return commit, nil
}

// startingWith lists the commits whose id begins with some digits.
func (c Checkout) startingWith(digits string) ([]*object.Commit, error) {
	store, ok := c.git.Storer.(interface {
		HashesWithPrefix(prefix []byte) ([]plumbing.Hash, error)
	})
	whole, err := hex.DecodeString(digits[:len(digits)&^1])
	if !ok || err != nil {
		return nil, nil //nolint:nilerr // no digits, no commit
	}
	ids, err := store.HashesWithPrefix(whole)
	if err != nil {
		return nil, fmt.Errorf("look for commit %s of the project's repository: %w", digits, err)
	}
	slices.SortFunc(ids, func(a, b plumbing.Hash) int { return strings.Compare(a.String(), b.String()) })
	var found []*object.Commit
	for _, id := range slices.Compact(ids) {
		if !strings.HasPrefix(id.String(), digits) {
			continue
		}
		if commit, err := object.GetCommit(c.git.Storer, id); err == nil {
			found = append(found, commit)
		}
	}
	return found, nil
}

// step goes from a commit along ~N and ^N.
func (c Checkout) step(commit *object.Commit, steps, rev string) (*object.Commit, error) {
	for steps != "" {
		kind := steps[0]
		rest := strings.TrimLeft(steps[1:], "0123456789")
		digits := steps[1 : len(steps)-len(rest)]
		steps = rest
		n := 1
		if digits != "" {
			var err error
			if n, err = strconv.Atoi(digits); err != nil {
				return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("%s is too far back.", digits)}
			}
		}
		if rest != "" && !strings.ContainsAny(rest[:1], "~^") {
			return nil, &UnknownError{Rev: rev, Why: "Behind a name go ~N, the N-th commit before, and ^N, the N-th parent of a merge."}
		}
		back, which := n, 0
		if kind == '^' {
			back, which = min(n, 1), n-1 // ^0 is the commit itself
		}
		for range back {
			switch {
			case len(commit.ParentHashes) == 0:
				return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("Commit %.12s is the first one: nothing is before it.", commit.Hash)}
			case which >= len(commit.ParentHashes):
				return nil, &UnknownError{Rev: rev, Why: fmt.Sprintf("Commit %.12s has no parent %d.", commit.Hash, n)}
			}
			var err error
			if commit, err = c.commit(commit.ParentHashes[which], rev); err != nil {
				return nil, err
			}
		}
	}
	return commit, nil
}

// MergeBase is the newest commit that two commits both come from. It is empty
// where there is none; the history that is at hand may not tell, then known is
// false.
func (c Checkout) MergeBase(one, other string) (commit string, known bool, err error) {
	if one == other {
		return one, true, nil
	}
	w := &descent{store: c.git.Storer, marks: map[plumbing.Hash]int{}}
	base, err := w.meet(plumbing.NewHash(one), plumbing.NewHash(other))
	if err != nil {
		return "", false, fmt.Errorf("read the history of the project's repository: %w", err)
	}
	if base.IsZero() {
		return "", !w.cut, nil
	}
	return base.String(), true, nil
}
