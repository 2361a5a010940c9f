package state

import (
	"context"
	"errors"
)

var errNotYet = errors.New("not written yet")

// Location says where the state of a cluster is. Name is the directory as a
// person knows it, relative to the project: "state/prod-eu".
type Location struct {
	Dir    string
	Name   string
	Branch string
}

// Default is the embedded state of a cluster: state/<cluster> of the project.
// An empty branch means main.
func Default(project, cluster, branch string) Location { return Location{} }

// Repository is the state of one cluster.
type Repository struct{}

// Open looks at a location and refuses what it must not touch. It changes
// nothing: a repository that does not exist yet is created by the first Commit.
func Open(ctx context.Context, at Location) (*Repository, error) { return nil, errNotYet }

// Head is the last commit of the branch.
func (r *Repository) Head(ctx context.Context) (*Snapshot, error) { return nil, errNotYet }

// Commit writes a change: objects, then the branch, if it still is where the
// change began, then the work tree. An empty change makes no commit, but finishes
// the work tree of a run that was killed. Before anything is written it refuses
// to overwrite a person's edit.
func (r *Repository) Commit(ctx context.Context, c *Change, message string, who Signatures) (Result, error) {
	return Result{}, errNotYet
}

// Result is what Commit did. Old and New are equal where it made no commit.
type Result struct {
	Old Hash `json:"old"` // empty before the first commit
	New Hash `json:"new"`
}

// Close releases open files.
func (r *Repository) Close() error { return nil }
