package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// find looks a name up as Git does: as it is, as a tag, a branch, a remote's
// branch.
func (r *local) find(_ context.Context, head *Snapshot, name string) (*Snapshot, error) {
	for _, pattern := range plumbing.RefRevParseRules {
		ref := plumbing.ReferenceName(fmt.Sprintf(pattern, name))
		if ref.Validate() != nil {
			continue
		}
		r.store.mu.Lock()
		found, err := r.store.git.Reference(ref)
		for links := 0; err == nil && found.Type() == plumbing.SymbolicReference && links < 5; links++ {
			found, err = r.store.git.Reference(found.Target())
		}
		r.store.mu.Unlock()
		if err != nil || found.Type() != plumbing.HashReference {
			continue // Git goes on as well
		}
		id, err := peel(r.store, found.Hash())
		if err != nil {
			return nil, err
		}
		s := &Snapshot{name: head.name, store: head.store, commit: id}
		s.root, err = treeOf(head.store, id)
		return s, err
	}
	return nil, nil
}

// find asks the remote for a branch or tag.
func (r *hosted) find(ctx context.Context, head *Snapshot, name string) (*Snapshot, error) {
	name = strings.TrimPrefix(name, "refs/heads/")
	if name == r.at.Branch {
		return head, nil
	}
	if !validBranch(name) {
		return nil, nil
	}
	store, id, err := r.branch(ctx, name, enough)
	if err != nil || id.IsZero() {
		return nil, err
	}
	s := &Snapshot{name: head.name, store: store, commit: id}
	s.root, err = treeOf(store, id)
	return s, err
}

// peel follows annotated tags to the commit.
func peel(r reader, id plumbing.Hash) (plumbing.Hash, error) {
	for range 5 {
		data, err := r.read(plumbing.TagObject, id)
		if err != nil {
			break // no tag: a commit, or treeOf says what is wrong
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		target, ok := strings.CutPrefix(string(line), "object ")
		if !ok || !plumbing.IsHash(target) {
			return plumbing.ZeroHash, errors.New("malformed tag " + id.String())
		}
		id = plumbing.NewHash(target)
	}
	return id, nil
}

func (r *local) tips() ([]plumbing.Hash, error) {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	refs, err := r.store.git.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("list the branches of %s: %w", r.at.Name, err)
	}
	var ids []plumbing.Hash
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference {
			ids = append(ids, ref.Hash())
		}
		return nil
	})
	slices.SortFunc(ids, func(a, b plumbing.Hash) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(ids), err
}

// tips is empty: a mirror has nothing but what was asked for.
func (r *hosted) tips() ([]plumbing.Hash, error) { return nil, nil }
