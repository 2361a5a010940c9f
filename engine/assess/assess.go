// Package assess says of a comparison what changes, why, and what that breaks: it
// reads both sides of a cluster's releases and lets them go before the next ones
// (batch.go), pairs and compares with engine/diff, renders the steps between to find
// causes (cause.go), asks the rules of engine/risk, and masks what nobody may read
// (sensitive.go). What comes out is the input of engine/review, which makes the views.
package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// Input compares the pairs, judges what it finds and takes secrets out of it:
// the rules see all of a change, a reader nothing that did not go through a mask.
// Some clusters are worked on at a time (diff_batch.go): what both sides of all
// releases hold would be gigabytes.
func Input(ctx context.Context, run work.Run, c *compare.Comparison, o compare.Options) (*review.Input, diag.List, error) {
	w := newReviewing(run, c, o)
	found, err := w.all(ctx)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	policy := run.Project.Policy()
	found = append(found, risk.CheckPolicy(policy, o.Now)...)
	in := review.Input{Project: run.Project.Name(), Base: c.Base, Head: c.Head, Targets: c.Targets}
	in.Command = strings.TrimSpace(o.Command + " " + c.Command)
	hits, stale := risk.Apply(slices.Concat(w.hits...), policy, o.Now)
	if !run.Partial() && len(run.Selection.Clusters) == 0 { // else what they accept may be elsewhere
		in.Stale = stale
	}
	for _, h := range hits {
		in.Hits = append(in.Hits, h.Masked(w.mask))
	}
	w.upgrades()
	in.Recorded = w.recorded()
	w.untold()
	for _, note := range c.Notes {
		in.Notes = append(in.Notes, w.mask.Text(note))
	}
	for _, s := range w.seen {
		if s.differs {
			in.Releases = append(in.Releases, s.release)
			in.Restarts = append(in.Restarts, s.restarts...)
			in.Images = append(in.Images, s.images)
		}
	}
	return &in, found, nil
}

// upgrades notes which clusters get another version of Kubernetes: a reason for
// changes and findings that no object shows.
func (w *reviewing) upgrades() {
	told := map[string]bool{}
	for i, p := range w.c.Pairs {
		if s := w.seen[i]; s.kubernetes != [2]string{} && !told[p.Cluster] {
			told[p.Cluster] = true
			w.c.Note("Cluster %s goes from Kubernetes %s to %s.", p.Cluster, s.kubernetes[0], s.kubernetes[1])
		}
	}
}

// untold notes the releases whose causes cannot be told.
func (w *reviewing) untold() {
	var names []string
	for i, p := range w.c.Pairs {
		if w.seen[i].untold {
			names = append(names, p.String())
		}
	}
	if names != nil {
		w.c.Note("Causes are not told for %s: what is committed is not what the project's commit renders to that it is said to be of. Somebody edited the state (weir state verify tells), or there were uncommitted changes or other variables.", some(names))
	}
}

// recorded counts and notes the releases in which no object changes, but what a
// state has of them beside, which a hydration commits, too.
func (w *reviewing) recorded() int {
	var names []string
	for i, p := range w.c.Pairs {
		if !w.seen[i].differs && p.Release != compare.NamespacesRelease {
			names = append(names, p.String())
		}
	}
	if names != nil {
		w.c.Note("No object changes in %s, only what a state records beside them: values, chart, needs and other options, Kubernetes.", some(names))
	}
	return len(names)
}

// some are the first of many names.
func some(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// differs tells whether there is anything for a reviewer to see: an object, or
// another version of the chart that changes none.
func differs(p *compare.Pairing, r diff.Release) bool {
	if len(r.Changes) > 0 {
		return true
	}
	return p.Before != nil && p.After != nil && p.Before.Chart.Version != p.After.Chart.Version
}

// seen is what is left of a pair when its cluster was worked on: what a reader may
// see, and nothing that holds whole releases.
type seen struct {
	differs    bool
	result     diff.Release // until the cluster was worked on
	kubernetes [2]string    // before and after, where it becomes another one
	untold     bool         // nobody can tell its causes
	release    diff.Release
	restarts   []risk.Restart
	images     review.Images
}
