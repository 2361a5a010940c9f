// Package engine holds the verbs, each a story over the stages below: hydrate.go
// is the one to read first. Stages are pure or they are edges; here is where they
// are joined, and where results are put back into the plan's order, so that no
// output depends on scheduling; what verbs are given and how work is spread is in
// engine/work. Nothing here prints.
//
// Verbs: hydrate.go, diff.go, validate.go, list.go (with graph), values.go,
// lock.go, update.go, vendor.go, history.go (log and show), verify.go.
//
// A diff begins as one of three comparisons: diff_state of a hydration that writes
// nothing, with diff_origin for what the states were made from; diff_base of two
// revisions (diff_revision finds them, diff_side plans them, diff_facts and diff_kept
// settle what one release cannot tell); diff_states of two commits of the states.
// diff_set reads files as objects, and diff_review makes of all three a review: cause
// finds where changes come from, diff_sensitive what nobody may read.
//
// The other files are steps of a hydrate: site brings the states; settle, disappear
// and compare make a cluster's change of what engine/product made; land, with order,
// commits it; report says what happened.
package engine

import (
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/work"
)

// What verbs are given, by the names that those who call them know.
type (
	Run        = work.Run
	Outside    = work.Outside
	Origin     = work.Origin
	PanicError = work.PanicError
)

// NewestKubernetes is the newest minor version whose API table is built in.
func NewestKubernetes() string {
	minors := kube.Minors()
	return minors[len(minors)-1]
}
