// Package engine holds the verbs, each a story over the stages below: hydrate.go
// is the one to read first. Stages are pure or they are edges; here is where they
// are joined, where all goroutines start, and where results are put back into the
// plan's order, so that no output depends on scheduling. Nothing here prints.
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
// The other files are the steps of a hydrate, in the order of the README's eight:
// origin and site bring the project and the states; release, with charts, key,
// product and scope, makes one release's files; settle, with keep, disappear and
// compare, makes a cluster's change; land, with order, commits it; report says
// what happened.
package engine

import (
	"context"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/kube"
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

// Progress is told what a run is doing. Its methods are called from many
// goroutines.
type Progress interface {
	Total(n int)
	Started(name string)
	Done(name string)
}

// watch tells whoever watches that a piece of work has started; the function it
// returns, that it is done.
func (run Run) watch(name string) (done func()) {
	if run.Progress == nil {
		return func() {}
	}
	run.Progress.Started(name)
	return func() { run.Progress.Done(name) }
}

// NewestKubernetes is the newest minor version whose API table is built in.
func NewestKubernetes() string {
	minors := kube.Minors()
	return minors[len(minors)-1]
}

// each calls work for 0…n-1, at most jobs at a time, and stops at the first
// error or when ctx ends. A panic of one call becomes an error that names it:
// libraries below panic on some input.
func each(ctx context.Context, jobs, n int, name func(int) string, work func(ctx context.Context, i int) error) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(max(jobs, 1))
	for i := range n {
		if working.Err() != nil {
			break
		}
		group.Go(func() (err error) {
			defer func() {
				if bug := recover(); bug != nil {
					err = &PanicError{Where: name(i), Value: bug, Stack: debug.Stack()}
				}
			}()
			if err := working.Err(); err != nil {
				return err
			}
			return work(working, i)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// plan evaluates what the selection picks, many releases at once. Mistakes in
// the headers of some do not hide those in the bodies of others.
func (run Run) plan(ctx context.Context) (*plan.Plan, diag.List, error) {
	var failed error
	loop := func(n int, do func(int)) {
		name := func(i int) string { return "the project's expressions" }
		err := each(ctx, run.Jobs, n, name, func(_ context.Context, i int) error { do(i); return nil })
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

// partial tells whether the run leaves releases of its clusters out.
func (run Run) partial() bool {
	return len(run.Selection.Environments) > 0 || !run.Selection.Selector.Empty()
}

// gather joins lists that goroutines left in slots of their own.
func gather(lists []diag.List) diag.List {
	var all diag.List
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// refusal splits what a person can repair from a failure of the machine.
func refusal(err error) (diag.List, error) {
	if list, ok := diag.Refused(err); ok {
		return list, nil
	}
	return nil, err
}
