package engine

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// DiffOptions say what is compared with what; the zero value compares the
// project as it is with what its clusters' states have.
type DiffOptions struct {
	site.Reading
	Base     string // a revision of the project to compare with, instead of the states
	Exact    bool   // Base itself, not where the run's history left it
	Head     string // the revision that the run's project is of; empty: the directory
	States   string // A..B: two commits of the state repositories, instead of the project
	NoCauses bool   // do not look for where changes come from
	Command  string // the command line that makes this review again, but for Base, Head and States
	Now      time.Time

	// Load loads another revision of the project, with what this one was given
	// from outside.
	Load func(fs.FS) (*schema.Project, diag.List)
}

// Diff compares what the selected releases were with what they are to be, and
// says what that breaks. Where it could not tell there is no review.
func Diff(ctx context.Context, run Run, o DiffOptions) (*review.Review, diag.List, error) {
	compare := againstStates
	switch {
	case o.States != "":
		compare = betweenStates
	case o.Base != "":
		compare = betweenRevisions
	}
	var watched *expecting
	if run.Progress != nil {
		watched = &expecting{Progress: run.Progress}
		run.Progress = watched
	}
	c, found, err := compare(ctx, run, o)
	if c != nil && c.close != nil {
		defer c.close()
	}
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	r, list, err := makeReview(ctx, run, c, o, watched)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	return r, found, nil
}

// comparison is what a mode of Diff found out: which releases differ, and how to
// get at both sides of them.
type comparison struct {
	base, head review.Point
	command    string          // the part of the command line that names the two
	targets    []review.Target // all that were looked at
	pairs      []*pairing
	secrets    []string               // what is sensitive in other revisions of the project
	notes      []string               // on the comparison itself, a sentence each
	past       map[string]pastProject // by commit
	undeclared []review.Undeclared

	// others lists the releases of a cluster that stay as they are, but for those
	// that changed names; nil: nobody knows.
	others func(cluster string, changed map[state.Key]bool) func(context.Context) ([]*other, error)
	close  func() // nil: there is nothing to close
}

// pairing is one release that differs. What it was and what it is are read when
// its turn comes; causes need what each side was made from.
type pairing struct {
	diff.Pair
	load          func(context.Context) error // fills Before and After
	before, after *making                     // what they were made from; nil where there is none, or nobody knows
	committed     bool                        // Before is of a state, so that nobody knows what it was made from
	weir          *diff.Cause                 // of what is committed: which Weir made it, and which After
	result        diff.Release

	// What it takes to finish a step between the two.
	past   func(context.Context) (*state.Release, error) // Before as files; it may be nil
	scopes map[string]bool                               // of kinds that a release cannot tell
}

func (p *pairing) String() string { return p.Environment + "/" + p.Release + "@" + p.Cluster }

// settle puts the pairs into the order of the targets, which it completes with
// those that only a pair has: what an environment no longer has.
func (c *comparison) settle() {
	at := map[review.Target]int{}
	for i, t := range c.targets {
		at[t] = i
	}
	var more []review.Target
	for _, p := range c.pairs {
		t := review.Target{Cluster: p.Cluster, Environment: p.Environment}
		if _, known := at[t]; !known {
			at[t] = -1
			more = append(more, t)
		}
	}
	slices.SortFunc(more, compareTargets)
	for _, t := range more {
		at[t] = len(c.targets)
		c.targets = append(c.targets, t)
	}
	place := func(p *pairing) int { return at[review.Target{Cluster: p.Cluster, Environment: p.Environment}] }
	slices.SortStableFunc(c.pairs, func(a, b *pairing) int { return place(a) - place(b) })
}

func compareTargets(a, b review.Target) int {
	if c := strings.Compare(a.Environment, b.Environment); c != 0 {
		return c
	}
	return strings.Compare(a.Cluster, b.Cluster)
}

// namespacesRelease stands for what create_namespace asks for.
const namespacesRelease = "_namespaces"
