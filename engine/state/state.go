// Package state keeps what runs in a cluster as files of a Git repository, one
// repository per cluster: it lays a release's objects out as paths, compares a
// run's result with the last commit by tree ids, writes new blobs and trees
// straight into the object store, and moves the branch with a compare-and-swap.
//
// It never renders, never decides what a cluster should run and never talks to
// a cluster. A failure that a person can repair is an error that carries
// diagnostics (see diag.Refused); anything else is a plain error.
//
// The way through it: Default, or At for a remote -> Open -> Head, a Snapshot ->
// NewStage, to which releases are added as they are rendered -> Stage.Plan, a
// Change -> Repository.Commit; or Plain, for files without Git.
// Back in time go SnapshotAt, Range and Snapshot.Deployments; Verify looks for
// what others did, and a Committer says who commits and signs.
// Start reading at layout.go, the paths, and at repository.go, the story of a
// commit: in local.go for the embedded default, in remote.go for what is
// elsewhere.
package state

import "strings"

// Key names one release in the state of a cluster.
type Key struct {
	Environment string `json:"environment"`
	Release     string `json:"release"`
}

// String is "<environment>/<release>".
func (k Key) String() string { return k.Environment + "/" + k.Release }

// compare orders keys by environment, then release.
func (k Key) compare(o Key) int {
	if c := strings.Compare(k.Environment, o.Environment); c != 0 {
		return c
	}
	return strings.Compare(k.Release, o.Release)
}

// Status is the one vocabulary of change.
type Status string

const (
	Created   Status = "created"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Removed   Status = "removed"
	Skipped   Status = "skipped"
)
