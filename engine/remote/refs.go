package remote

import (
	"context"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// lookUp finds what a revision is among the refs of a server, in the order of
// gitrevisions(7). The zero Tip is none.
func lookUp(rev string, advertised *packp.AdvRefs) Tip {
	if rev == "HEAD" {
		return head(advertised)
	}
	for _, prefix := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"} {
		if prefix == "" && !strings.HasPrefix(rev, "refs/") {
			continue // a server may advertise what is no ref: HEAD^{}, .have
		}
		if commit, ok := commitAt(prefix+rev, advertised); ok {
			return Tip{Ref: plumbing.ReferenceName(prefix + rev), Commit: commit}
		}
	}
	return Tip{}
}

// commitAt is what a ref names; of an annotated tag the commit.
func commitAt(ref string, advertised *packp.AdvRefs) (plumbing.Hash, bool) {
	if commit, ok := advertised.Peeled[ref]; ok {
		return commit, true
	}
	commit, ok := advertised.References[ref]
	return commit, ok
}

// tagOf is the first annotated tag of a commit; empty where there is none.
func tagOf(commit plumbing.Hash, advertised *packp.AdvRefs) string {
	first := ""
	for ref, peeled := range advertised.Peeled {
		if peeled == commit && (first == "" || ref < first) {
			first = ref
		}
	}
	return first
}

// head is where HEAD is, by the name of its branch where the server tells.
func head(advertised *packp.AdvRefs) Tip {
	if advertised.Head == nil {
		return Tip{} // empty, or on a branch without commits
	}
	for _, symref := range advertised.Capabilities.Get(capability.SymRef) {
		if target, ok := strings.CutPrefix(symref, "HEAD:"); ok {
			return Tip{Ref: plumbing.ReferenceName(target), Commit: *advertised.Head}
		}
	}
	return Tip{Ref: plumbing.HEAD, Commit: *advertised.Head}
}

// Refs are the names that a remote gives to its commits.
type Refs struct {
	advertised *packp.AdvRefs
}

// Refs asks for all names at once. What is found by them need not be asked for
// one by one (Tip).
func (r *Remote) Refs(ctx context.Context) (refs Refs, err error) {
	var s session
	defer func() { err = r.explain(ctx, "ask", s, recover(), err) }()
	if s, err = r.open(ctx, uploadPack); err != nil {
		return Refs{}, err
	}
	_, err = r.find(ctx, s, "HEAD")
	if err != nil {
		return Refs{}, err
	}
	refs.advertised, err = s.advertisement(ctx)
	return refs, err
}

// Tip is what Remote.Tip would find.
func (r Refs) Tip(rev string) Tip {
	if plumbing.IsHash(rev) {
		return Tip{Commit: plumbing.NewHash(rev)}
	}
	return lookUp(rev, r.advertised)
}

// Names are the branches and tags, as people write them, sorted.
func (r Refs) Names() []string {
	var names []string
	for ref := range r.advertised.References {
		for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
			if name, ok := strings.CutPrefix(ref, prefix); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
