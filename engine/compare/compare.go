// Package compare finds which releases differ, in three ways: the project with what
// the states have (states.go), two revisions of the project (revisions.go), two
// commits of the states (commits.go). A Comparison has a Pairing for each, with how
// to get at both sides when their turn comes, and what each was made from. It does
// not say what the differences are: engine/assess does, one cluster after the other.
//
// Of revisions, base.go finds the commits and side.go plans them; facts.go and kept.go
// settle what one release cannot tell. Of states, origin.go and past.go find the
// project that they were made from. Rules may ask about releases that stay as they
// are: others.go answers, with neighbours.go for those that nobody rendered.
package compare

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Options say what is compared with what; the zero value compares the project as it
// is with what its clusters' states have.
type Options struct {
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

// Comparison is what one of the ways found out: which releases differ, and how to
// get at both sides of them.
type Comparison struct {
	Base, Head review.Point
	Command    string          // the part of the command line that names the two
	Targets    []review.Target // all that were looked at
	Pairs      []*Pairing
	Secrets    []string               // what is sensitive in other revisions of the project
	Notes      []string               // on the comparison itself, a sentence each
	past       map[string]pastProject // by commit

	// others lists the releases of a cluster that stay as they are, but for those
	// that changed names; nil: nobody knows.
	others func(cluster string, changed map[state.Key]bool) func(context.Context) ([]*other, error)
	close  func() // nil: there is nothing to close
}

// Pairing is one release that differs. What it was and what it is are read when
// its turn comes; causes need what each side was made from.
type Pairing struct {
	diff.Pair
	Load      func(context.Context) error // fills Before and After
	Was, Is   *Making                     // what they were made from; nil where there is none, or nobody knows
	Committed bool                        // Before is of a state, so that nobody knows what it was made from
	Weir      *diff.Cause                 // of what is committed: which Weir made it, and which After

	// What it takes to finish a step between the two.
	Past   func(context.Context) (*state.Release, error) // Before as files; it may be nil
	Scopes map[string]bool                               // of kinds that a release cannot tell
}

func (p *Pairing) String() string { return p.Environment + "/" + p.Release + "@" + p.Cluster }

// Of finds what differs, in the way that the options ask for. The comparison has to
// be closed; where there is an error or a mistake nothing is left open.
func Of(ctx context.Context, run work.Run, o Options) (*Comparison, diag.List, error) {
	way := againstStates
	switch {
	case o.States != "":
		way = betweenStates
	case o.Base != "":
		way = betweenRevisions
	}
	c, found, err := way(ctx, run, o)
	if err != nil || found.HasErrors() {
		c.Close()
		return nil, found, err
	}
	return c, found, nil
}

// settle puts the pairs into the order of the targets, which it completes with
// those that only a pair has: what an environment no longer has.
func (c *Comparison) settle() {
	at := map[review.Target]int{}
	for i, t := range c.Targets {
		at[t] = i
	}
	var more []review.Target
	for _, p := range c.Pairs {
		t := review.Target{Cluster: p.Cluster, Environment: p.Environment}
		if _, known := at[t]; !known {
			at[t] = -1
			more = append(more, t)
		}
	}
	slices.SortFunc(more, compareTargets)
	for _, t := range more {
		at[t] = len(c.Targets)
		c.Targets = append(c.Targets, t)
	}
	place := func(p *Pairing) int { return at[review.Target{Cluster: p.Cluster, Environment: p.Environment}] }
	slices.SortStableFunc(c.Pairs, func(a, b *Pairing) int { return place(a) - place(b) })
}

func compareTargets(a, b review.Target) int {
	if c := strings.Compare(a.Environment, b.Environment); c != 0 {
		return c
	}
	return strings.Compare(a.Cluster, b.Cluster)
}

// Making is what one side of a release was made from.
type Making struct {
	Maker   *product.Maker
	Release *plan.Release
}

// LetGo drops what a pair holds: it was worked on.
func (p *Pairing) LetGo() {
	p.Before, p.After = nil, nil
	p.Load, p.Past = nil, nil
}

// Close lets go of what both sides are read from.
func (c *Comparison) Close() {
	if c != nil && c.close != nil {
		c.close()
	}
}

// pointOf is what the run's project is.
func pointOf(run work.Run) (review.Point, error) {
	if run.Origin != nil {
		return review.Point{Kind: review.Revision, Ref: run.Origin.Ref, Commit: run.Origin.Source.Commit}, nil
	}
	repository, err := checkout.Of(run.Dir)
	if err != nil {
		return review.Point{}, err
	}
	commit, err := repository.Head()
	return review.Point{Kind: review.Directory, Commit: commit}, err
}

func targetsOf(p *plan.Plan) []review.Target {
	all := make([]review.Target, len(p.Targets))
	for i, t := range p.Targets {
		all[i] = review.Target{Cluster: t.Cluster.Name, Environment: t.Environment}
	}
	return all
}

// declaredIn finds the header of a release that is not planned, or the block that
// lets it go.
func declaredIn(p *plan.Plan, cluster string, key state.Key) diag.Range {
	for _, t := range p.Targets {
		if t.Environment != key.Environment || t.Cluster.Name != cluster {
			continue
		}
		for _, h := range t.Headers {
			if h.Name == key.Release {
				return h.Range
			}
		}
	}
	removed, _ := p.Removal(key.Environment, key.Release)
	return removed.Range
}
