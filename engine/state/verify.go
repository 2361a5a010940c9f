package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/schema/diag"
)

// VerifyOptions say what to verify of a repository.
type VerifyOptions struct {
	Range string         // A..B, or one commit; empty: the branch's last one
	Trust *signing.Trust // whose signatures are good; nil: signatures are not looked at
}

// Verified is what was looked at.
type Verified struct {
	Commits    []VerifiedCommit `json:"commits"` // newest first
	Releases   int              `json:"releases"`
	Files      int              `json:"files"` // of the last commit
	Signatures bool             `json:"signatures"`
}

// VerifiedCommit is one commit and why it is good; where it is not, there is a
// finding.
type VerifiedCommit struct {
	Commit  Hash      `json:"commit"`
	Date    time.Time `json:"date"`
	Subject string    `json:"subject"`
	Weir    string    `json:"weir,omitempty"`   // the version that made it
	SameAs  Hash      `json:"sameAs,omitempty"` // the commit with the same tree that vouches for it, of a merge or a squash
	Signer  string    `json:"signer,omitempty"`
}

// Verify looks for everything in commits of a state that Weir did not make as it
// makes it: files, metadata, objects, and who committed. What it finds are
// diagnostics of severity error; each file is read once however many commits
// have it.
//
// A commit that is not Weir's, or not signed by an allowed key, is as good as a
// commit with the same tree that is: a parent, where a merge of a forge added
// nothing; or one that made the same change, where a forge squashed it.
func Verify(ctx context.Context, r Repository, head *Snapshot, o VerifyOptions) (Verified, diag.List, error) {
	head, commits, err := Range(ctx, r, head, cmp.Or(o.Range, "HEAD"))
	if err != nil {
		return Verified{}, nil, err
	}
	v := verifier{Snapshot: head, trust: o.Trust, releases: map[releaseAt]checkedRelease{}, trees: map[plumbing.Hash]bool{}}
	verified := Verified{Commits: []VerifiedCommit{}, Signatures: o.Trust != nil}
	for i, c := range commits {
		if err := ctx.Err(); err != nil {
			return Verified{}, nil, err
		}
		one, err := v.commit(c, r)
		if err != nil {
			return Verified{}, nil, err
		}
		verified.Commits = append(verified.Commits, one)
		if v.trees[c.tree] {
			continue
		}
		v.trees[c.tree] = true
		releases, files, err := v.tree(ctx, c)
		if err != nil {
			return Verified{}, nil, err
		}
		if i == 0 {
			verified.Releases, verified.Files = releases, files
		}
	}
	return verified, v.found, nil
}

// verifier collects what it finds in the commits of a repository.
type verifier struct {
	*Snapshot
	trust    *signing.Trust
	found    diag.List
	releases map[releaseAt]checkedRelease
	trees    map[plumbing.Hash]bool // those that were looked at
	tips     []*Commit              // of other branches; nil until they are needed
}

func (v *verifier) find(c *Commit, path, summary, detail, remedy string) {
	v.found = append(v.found, diag.Diagnostic{
		Summary: summary,
		Subject: diag.Range{File: v.place(path)},
		Detail:  fmt.Sprintf("In commit %s: %s", shown(c.id), detail),
		Remedy:  remedy,
	})
}

// commit looks at who made a commit.
func (v *verifier) commit(c *Commit, r Repository) (VerifiedCommit, error) {
	one := VerifiedCommit{Commit: c.ID, Date: c.Committer.When, Subject: c.Subject()}
	same, err := v.sameAs(c, r)
	if err != nil {
		return one, err
	}
	byWeir, isSigned := false, v.trust == nil
	var why error
	for _, candidate := range append([]*Commit{c}, same...) {
		vouches := false
		if !byWeir && candidate.Trailers.ByWeir() {
			byWeir, vouches = true, true
			one.Weir = candidate.Trailers.Versions[0]
		}
		if !isSigned {
			signer, err := v.trust.Verify(candidate.signed, candidate.Committer.When)
			if err == nil {
				isSigned, vouches = true, true
				one.Signer = oneLine(signer)
			} else if why == nil || errors.Is(why, signing.ErrUnsigned) {
				why = err // the one that says most
			}
		}
		if vouches && candidate != c {
			one.SameAs = candidate.ID
		}
	}
	if !byWeir {
		v.find(c, "", fmt.Sprintf("commit %s is not by Weir", shown(c.id)),
			fmt.Sprintf("%q by %s has no %s trailer, and its tree is that of no commit by Weir that it follows.", c.Subject(), author(c), trailerBy),
			"What is meant for the cluster belongs in the project. See it with `git show`, undo it with `git revert`, and hydrate.")
	}
	if !isSigned {
		remedy := "If its key is to be trusted, add it to the allowed signers or the keyring. Else find out who pushed it, undo it and hydrate with a key that is allowed."
		if errors.Is(why, signing.ErrUnsigned) && c.Trailers.ByWeir() {
			remedy = "A forge that squashes or rebases a review branch leaves the signature behind: have it make merge commits, or keep the branch. If it was nothing of the kind, find out who pushed it, undo it and hydrate with a key that is allowed."
		}
		v.find(c, "", fmt.Sprintf("commit %s has no good signature", shown(c.id)),
			fmt.Sprintf("%q by %s: %s.", c.Subject(), author(c), why), remedy)
	}
	return one, nil
}

func author(c *Commit) string { return fmt.Sprintf("%s <%s>", c.Author.Name, c.Author.Email) }

// sameAs lists the commits that a commit is as good as: that have its tree, and
// that leave nothing out which it follows.
func (v *verifier) sameAs(c *Commit, r Repository) ([]*Commit, error) {
	own := c.Trailers.ByWeir()
	if own && v.trust != nil {
		_, err := v.trust.Verify(c.signed, c.Committer.When)
		own = err == nil
	}
	if own {
		return nil, nil // good by itself
	}
	var same []*Commit
	for seen, next := map[plumbing.Hash]bool{}, []*Commit{c}; len(next) > 0; next = next[1:] {
		for _, id := range next[0].parents {
			if seen[id] || !v.store.holds(id) {
				continue
			}
			seen[id] = true
			parent, err := readCommit(v.store, id)
			if err != nil {
				return nil, err
			}
			if parent.tree != c.tree {
				continue
			}
			whole, err := v.follows(parent, next[0].parents)
			if err != nil {
				return nil, err
			}
			if whole {
				same = append(same, parent)
				next = append(next, parent)
			}
		}
	}
	if len(c.parents) != 1 || !v.store.holds(c.parents[0]) {
		return same, nil
	}
	// A squash leaves the commits of the branch behind; they may still be there.
	before, err := readCommit(v.store, c.parents[0])
	if err != nil {
		return nil, err
	}
	tips, err := v.branches(r)
	if err != nil {
		return nil, err
	}
	for _, tip := range tips {
		if tip.id == c.id || tip.tree != c.tree || len(tip.parents) != 1 || !v.store.holds(tip.parents[0]) {
			continue
		}
		parent, err := readCommit(v.store, tip.parents[0])
		if err != nil {
			return nil, err
		}
		if parent.tree == before.tree {
			same = append(same, tip)
		}
	}
	return same, nil
}

// follows tells whether a commit has all others in its history: then a merge of
// them with its tree left nothing out.
func (v *verifier) follows(c *Commit, others []plumbing.Hash) (bool, error) {
	times := len(depths) // with what is at hand
	others = slices.DeleteFunc(slices.Clone(others), func(id plumbing.Hash) bool { return id == c.id })
	if len(others) == 0 {
		return true, nil
	}
	left, err := v.between(context.Background(), []plumbing.Hash{c.id}, others, &times)
	return len(left) == 0, err
}

// branches lists the commits that other branches of the repository end in.
func (v *verifier) branches(r Repository) ([]*Commit, error) {
	if v.tips != nil {
		return v.tips, nil
	}
	ids, err := r.tips()
	if err != nil {
		return nil, err
	}
	v.tips = []*Commit{}
	for _, id := range ids {
		if !v.store.holds(id) {
			continue
		}
		c, err := readCommit(v.store, id)
		if err != nil {
			continue // a tag of something else
		}
		v.tips = append(v.tips, c)
	}
	return v.tips, nil
}
