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
// engine/order, engine/product, engine/site, then engine/land for a hydrate, and
// engine/compare and engine/assess for a diff. Each says what it is for.
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
