// Package state keeps what runs in a cluster as files of a Git repository, one
// repository per cluster: it lays a release's objects out as paths, compares a
// run's result with the last commit by tree ids, writes new blobs and trees
// straight into the object store, and moves the branch with a compare-and-swap.
//
// It never renders, never decides what a cluster should run and never talks to
// a cluster. A failure that a person can repair is an error that carries
// diagnostics (see diag.Refused); anything else is a plain error.
//
// The way through it, by file names:
//
//	layout, release, metadata   what a release is as files: paths, bytes, metadata
//	repository                  Open -> Head -> Commit, the story of a run, in two
//	                            forms: local, with create, inspect, ref, index,
//	                            worktree and journal, for a directory of the
//	                            project; remote, with mirror and review, for a server
//	snapshot, tree, object      reading a commit; pack, loose and disk write
//	stage, plan, change         what a run wants -> what has to be committed
//	message, trailers           what a commit says, and what can be read of it again
//	commit, history, ancestry   back in time: commits, revisions, deployments
//	verify                      what others did
//	plain                       the same files without Git
//
// Who commits and whose signatures count is engine/signing's; the repository that
// the project itself lies in is engine/checkout's. Start reading at layout.go and
// repository.go.
package state

import (
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

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

// Status is the one vocabulary of change, here for what a commit does.
type Status = manifest.Status

const (
	Created   = manifest.Created
	Changed   = manifest.Changed
	Unchanged = manifest.Unchanged
	Removed   = manifest.Removed
	Skipped   = manifest.Skipped
)
