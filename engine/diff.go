package engine

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// DiffOptions say what is compared with what; the zero value compares the
// project as it is with what its clusters' states have.
type DiffOptions struct {
	Reading
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
	compare := run.againstStates
	switch {
	case o.States != "":
		compare = run.betweenStates
	case o.Base != "":
		compare = run.betweenRevisions
	}
	c, found, err := compare(ctx, o)
	if c != nil && c.close != nil {
		defer c.close()
	}
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	r, list, err := run.review(ctx, c, o)
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
	projects   []*schema.Project // other revisions of the project
	notes      []string          // what could not be told, a sentence each
	close      func()            // nil: there is nothing to close
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

// review compares the pairs, judges what it finds and takes secrets out of it.
func (run Run) review(ctx context.Context, c *comparison, o DiffOptions) (*review.Review, diag.List, error) {
	name := func(i int) string { return c.pairs[i].String() }
	lists := make([]diag.List, len(c.pairs))
	err := each(ctx, run.Jobs, len(c.pairs), name, func(ctx context.Context, i int) (err error) {
		lists[i], err = refusal(c.pairs[i].load(ctx))
		return err
	})
	found := gather(lists)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	schemas := c.schemas()
	err = each(ctx, run.Jobs, len(c.pairs), name, func(ctx context.Context, i int) error {
		p := c.pairs[i]
		p.result = schemas[p.Cluster].Compare(p.Pair)
		return ctx.Err()
	})
	if err != nil {
		return nil, found, err
	}
	clusters := c.clusters() // with releases in which nothing changes but Kubernetes, which is a risk
	c.pairs = slices.DeleteFunc(c.pairs, func(p *pairing) bool { return !p.differs() })
	if !o.NoCauses {
		if err := run.attribute(ctx, c, schemas); err != nil {
			return nil, found, err
		}
	}
	in := review.Input{Project: run.Project.Name(), Base: c.base, Head: c.head, Targets: c.targets}
	in.Command = strings.TrimSpace(o.Command + " " + c.command)
	policy := run.Project.Policy()
	found = append(found, risk.CheckPolicy(policy, o.Now)...)
	hits := make([][]risk.Hit, len(clusters))
	inCluster := func(i int) string { return "the risks in cluster " + clusters[i].Name }
	err = each(ctx, run.Jobs, len(clusters), inCluster, func(_ context.Context, i int) error {
		hits[i] = risk.Check(clusters[i])
		return nil
	})
	if err != nil {
		return nil, found, err
	}
	if in.Hits, in.Stale = risk.Apply(slices.Concat(hits...), policy, o.Now); run.partial() || len(run.Selection.Clusters) > 0 {
		in.Stale = nil // what they accept may be elsewhere
	}
	sensitive := c.sensitive(run)
	mask := diff.NewMasker(sensitive)
	for _, note := range c.notes {
		in.Notes = append(in.Notes, mask.Text(note))
	}
	for _, p := range c.pairs {
		for _, r := range risk.Restarts(p.result) {
			r.Object, r.Scaler = mask.ID(r.Object), mask.Text(r.Scaler)
			in.Restarts = append(in.Restarts, r)
		}
		images := risk.Images(p.result)
		for i, image := range images {
			image.Object, image.Container = mask.ID(image.Object), mask.Text(image.Container)
			image.Repository, image.Was = mask.Text(image.Repository), mask.Text(image.Was)
			image.From, image.To = mask.Text(image.From), mask.Text(image.To)
			images[i] = image
		}
		if len(images) > 0 {
			in.Images = append(in.Images, review.Images{Cluster: p.Cluster, Environment: p.Environment, Release: p.Release, Images: images})
		}
	}
	in.Hits = risk.Mask(in.Hits, sensitive)
	in.Releases = make([]diff.Release, len(c.pairs))
	err = each(ctx, run.Jobs, len(c.pairs), name, func(_ context.Context, i int) error {
		in.Releases[i] = mask.Release(c.pairs[i].result)
		return nil
	})
	if err != nil {
		return nil, found, err
	}
	r := review.Make(in)
	return &r, found, nil
}

// attribute finds the causes of all changes.
func (run Run) attribute(ctx context.Context, c *comparison, schemas map[string]*diff.Schemas) error {
	places := placesFor(c.pairs)
	told := make([]bool, len(c.pairs))
	name := func(i int) string { return c.pairs[i].String() }
	err := each(ctx, run.Jobs, len(c.pairs), name, func(ctx context.Context, i int) (err error) {
		p := c.pairs[i]
		told[i], err = p.attribute(ctx, schemas[p.Cluster], places)
		return err
	})
	if err != nil {
		return err
	}
	var names []string
	for i, p := range c.pairs {
		if !told[i] {
			names = append(names, p.String())
		}
	}
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	if names != nil {
		c.note("Causes are not told for %s: what is committed is not what the project's commit renders to that it is said to be of. There were uncommitted changes, or other variables.", strings.Join(names, ", "))
	}
	return nil
}

// schemas are the CustomResourceDefinitions that clusters have in what changes,
// those to be before those that were.
func (c *comparison) schemas() map[string]*diff.Schemas {
	sets := map[string][2][]manifest.Set{}
	for _, p := range c.pairs {
		s := sets[p.Cluster]
		for i, v := range []*diff.Version{p.After, p.Before} {
			if v != nil {
				s[i] = append(s[i], v.Objects)
			}
		}
		sets[p.Cluster] = s
	}
	all, memo := map[string]*diff.Schemas{}, diff.NewMemo()
	for cluster, s := range sets {
		all[cluster] = diff.NewSchemas(append(s[0], s[1]...)...).With(memo)
	}
	return all
}

// differs tells whether there is anything for a reviewer to see: an object, or
// another version of the chart that changes none.
func (p *pairing) differs() bool {
	if len(p.result.Changes) > 0 {
		return true
	}
	return p.Before != nil && p.After != nil && p.Before.Chart.Version != p.After.Chart.Version
}

// clusters sorts what differs by cluster, in the order of the targets.
func (c *comparison) clusters() []risk.Cluster {
	var all []risk.Cluster
	at := map[string]int{}
	for _, p := range c.pairs {
		i, known := at[p.Cluster]
		if !known {
			i = len(all)
			at[p.Cluster] = i
			all = append(all, risk.Cluster{Name: p.Cluster})
		}
		all[i].Releases = append(all[i].Releases, p.result)
	}
	return all
}

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
