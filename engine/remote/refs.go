package remote

import (
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
