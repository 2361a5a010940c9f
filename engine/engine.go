// Package engine holds the verbs, one file each, each a story over the stages below:
// hydrate.go is the one to read first. A stage takes one value and returns the next;
// here they are joined. Nothing here prints, and no goroutine starts here.
//
// Verbs: hydrate.go (report.go says what happened), diff.go, validate.go, list.go
// (with graph), values.go, lock.go, update.go, vendor.go, log.go, show.go,
// verify.go, cacheinfo.go. project.go brings a project that is not in a directory;
// named.go finds the releases that an argument names.
//
// Steps that verbs share are packages, from the ground up: engine/work, engine/charts,
// engine/order, engine/product, engine/site, engine/land. Each says what it is for.
//
// A diff begins as one of three comparisons: diff_state of a hydration that writes
// nothing, with diff_origin for what the states were made from; diff_base of two
// revisions (diff_revision finds them, diff_side plans them, diff_facts and diff_kept
// settle what one release cannot tell); diff_states of two commits of the states.
// diff_set reads files as objects, and diff_review makes of all three a review, some
// clusters at a time (diff_batch): cause finds where changes come from, diff_others and
// diff_neighbours what rules ask of releases that stay as they are, diff_past and
// diff_sensitive what nobody may read. diff_progress tells how far it is.
package engine

import (
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/work"
)

// What verbs are given, by the names that those who call them know.
type (
	Run        = work.Run
	Outside    = work.Outside
	Origin     = work.Origin
	PanicError = work.PanicError
	Reading    = site.Reading
)

// NewestKubernetes is the newest minor version whose API table is built in.
func NewestKubernetes() string {
	minors := kube.Minors()
	return minors[len(minors)-1]
}
