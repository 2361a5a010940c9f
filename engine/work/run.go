// Package work is what every verb is given and how its work is spread: the Run with
// its plan, where a project is from that is no directory (origin.go, revision.go),
// many pieces at once (each.go), second tries (patience.go), and what is done with
// what went wrong (findings.go). All goroutines start in Each; each piece of work
// writes a slot of its own, so that no result depends on scheduling. It does none of
// the work: engine/charts, engine/product and engine/site are where to go next.
package work

import (
	"context"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Run is what every verb is given.
type Run struct {
	Project   *schema.Project
	Dir       string  // the project's directory
	Origin    *Origin // where the project is from instead, if it has none
	Selection plan.Selection
	Jobs      int          // how many releases to work on at once; 0 is 1
	Version   string       // of weir, for commits
	Build     string       // names the very code of weir, for cache keys
	Cache     *cache.Store // never nil
	Outside   Outside      // where charts come from that are not in the project
	Progress  Progress     // nil: nobody watches
}

// Outside is what a run may use to get charts that are not in the project. The
// zero value is nothing.
type Outside struct {
	Access *fetch.Access // nil: nothing is fetched
	Store  *fetch.Store  // nil: nothing is kept
}

// Progress is told what a run is doing. Its methods are called from many
// goroutines.
type Progress interface {
	Total(n int)
	Started(name string)
	Done(name string)
}

// Expect tells whoever watches how many pieces of work there will be.
func (run Run) Expect(n int) {
	if run.Progress != nil {
		run.Progress.Total(n)
	}
}

// Watch tells whoever watches that a piece of work has started; the function it
// returns, that it is done.
func (run Run) Watch(name string) (done func()) {
	if run.Progress == nil {
		return func() {}
	}
	run.Progress.Started(name)
	return func() { run.Progress.Done(name) }
}

// Plan evaluates what the selection picks, many releases at once. Mistakes in
// the headers of some do not hide those in the bodies of others.
func (run Run) Plan(ctx context.Context) (*plan.Plan, diag.List, error) {
	var failed error
	loop := func(n int, do func(int)) {
		name := func(int) string { return "the project's expressions" }
		err := Each(ctx, run.Jobs, n, name, func(_ context.Context, i int) error { do(i); return nil })
		if failed == nil {
			failed = err
		}
	}
	outline, found := plan.Draw(run.Project, run.Selection, loop)
	if failed != nil {
		return nil, found, failed
	}
	p, list := outline.Resolve(loop)
	return p, append(found, list...), failed
}

// Partial tells whether the run leaves releases of its clusters out.
func (run Run) Partial() bool {
	return len(run.Selection.Environments) > 0 || !run.Selection.Selector.Empty()
}

// ChangedSince are the files of a project in a directory that this run read so far
// and a commit of it has otherwise: nobody else sees the same. There are none of a
// project that is a commit.
func (run Run) ChangedSince(commit string) ([]string, error) {
	if run.Origin != nil || commit == "" {
		return nil, nil
	}
	repository, err := checkout.Of(run.Dir)
	if err != nil {
		return nil, err
	}
	files, dirs := run.Project.Opened()
	return repository.Changed(run.Dir, commit, files, dirs)
}
