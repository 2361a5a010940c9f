package state

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/schema/diag"
)

// Location says where the state of a cluster is: in a directory of this
// machine, or in a remote repository of which a cache is kept.
type Location struct {
	Dir    string // the repository with its work tree, or the remote's cache
	Name   string // as a person knows it: "state/prod-eu", or the URL without credentials
	Branch string
	Remote *remote.Remote // nil: the embedded default
}

// Default is the embedded state of a cluster: state/<cluster> of the project.
// An empty branch means main.
func Default(project, cluster, branch string) Location {
	if branch == "" {
		branch = "main"
	}
	return Location{Dir: filepath.Join(project, "state", cluster), Name: "state/" + cluster, Branch: branch}
}

func (l Location) ref() plumbing.ReferenceName { return plumbing.NewBranchReferenceName(l.Branch) }

// Repository is the state of one cluster.
type Repository interface {
	// Head is the last commit of the branch, or an empty snapshot before the
	// first. A remote is asked anew by each call.
	Head(ctx context.Context) (*Snapshot, error)

	// Commit records a change: all of it in one commit, if the branch still is
	// where the change began, else a *MovedError. An empty change makes no
	// commit.
	Commit(ctx context.Context, c *Change, record Record) (Result, error)

	// Close releases open files.
	Close() error

	// ConfigDir is the directory whose Git configuration counts beside the
	// user's; empty where that is the user's alone.
	ConfigDir() string

	// find is the snapshot of a branch or tag; nil where there is none.
	find(ctx context.Context, head *Snapshot, name string) (*Snapshot, error)

	// tips are what branches at hand end in, beside the state's own.
	tips() ([]plumbing.Hash, error)
}

// Record is what a commit says beside its files.
type Record struct {
	Message string
	Who     signing.Identities
	Sign    signing.Signer // nil: the commit is not signed

	// Review is a branch of a remote to push to instead of the state's own, for
	// people to look at and to merge. It gets one commit on top of the state's
	// branch. An open one is replaced, unless somebody else committed to it.
	Review string
}

// Result is what Commit did. Old and New are equal where it made no commit. A
// New beside an error is a commit whose work tree the next run will finish, or
// one of which nobody knows whether it arrived.
type Result struct {
	Old    Hash   `json:"old"` // where the branch was; empty before its first commit
	New    Hash   `json:"new"`
	Branch string `json:"branch,omitempty"` // of a remote: the state's own, or that of the review
	Reused bool   `json:"reused,omitempty"` // an open review is already what would be pushed
}

// Open looks at a location and refuses what it must not touch. It changes
// nothing: a local repository that does not exist yet is created by the first
// Commit.
func Open(ctx context.Context, at Location) (Repository, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !validBranch(at.Branch) {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("%q is no name for a branch", at.Branch),
			Subject: diag.Range{File: at.Name},
			Remedy:  "Give the state block a branch of " + branchCharacters + ", such as main.",
		})
	}
	if at.Remote != nil {
		return openHosted(at), nil
	}
	return openLocal(at)
}

// MovedError says that a branch is not where a change began: somebody else
// committed. Working the change out again on the new head helps.
type MovedError struct{ Branch, From, To string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("branch %s moved from %s to %s", e.Branch, e.From, e.To)
}

// movedOn is a MovedError that tells a person what to do.
func movedOn(at Location, from, to plumbing.Hash) error {
	return diag.RefuseFor(&MovedError{at.Branch, shown(from), shown(to)}, diag.Diagnostic{
		Summary: "the state repository has moved on during the run",
		Subject: diag.Range{File: at.Name},
		Detail:  fmt.Sprintf("Branch %s was at %s when the run began and is at %s now: somebody else hydrated or committed.", at.Branch, shown(from), shown(to)),
		Remedy:  "Hydrate again.",
	})
}

func shown(id plumbing.Hash) string {
	if id.IsZero() {
		return "no commit"
	}
	return id.String()[:12]
}

// treeOf is the tree of a commit.
func treeOf(r reader, commit plumbing.Hash) (plumbing.Hash, error) {
	data, err := r.read(plumbing.CommitObject, commit)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	line, _, _ := strings.Cut(string(data), "\n") // a commit begins with its tree
	id, ok := strings.CutPrefix(line, "tree ")
	if !ok || !plumbing.IsHash(id) {
		return plumbing.ZeroHash, fmt.Errorf("commit %s has no tree", commit)
	}
	if id == emptyTree {
		return plumbing.ZeroHash, nil
	}
	return plumbing.NewHash(id), nil
}

// emptyTree is the tree of a commit without files; elsewhere in this package
// that is the zero id.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
