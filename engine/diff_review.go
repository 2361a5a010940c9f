package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// makeReview compares the pairs, judges what it finds and takes secrets out of it:
// the rules see all of a change, a reader nothing that did not go through fill.
func makeReview(ctx context.Context, run Run, c *comparison, o DiffOptions) (*review.Review, diag.List, error) {
	found, err := loadPairs(ctx, run, c)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	schemas := c.schemas()
	if err := comparePairs(ctx, run, c, schemas); err != nil {
		return nil, found, err
	}
	clusters := c.clusters() // with releases in which nothing changes but Kubernetes, which is a risk
	c.upgrades()
	recorded := c.recorded()
	c.pairs = slices.DeleteFunc(c.pairs, func(p *pairing) bool { return !p.differs() })
	if !o.NoCauses {
		if err := attributeAll(ctx, run, c, schemas); err != nil {
			return nil, found, err
		}
	}
	hits, err := judge(ctx, run, clusters)
	if err != nil {
		return nil, found, err
	}
	policy := run.Project.Policy()
	found = append(found, risk.CheckPolicy(policy, o.Now)...)
	in := review.Input{Project: run.Project.Name(), Base: c.base, Head: c.head, Targets: c.targets, Undeclared: c.undeclared, Recorded: recorded}
	in.Command = strings.TrimSpace(o.Command + " " + c.command)
	if hits, in.Stale = risk.Apply(hits, policy, o.Now); run.Partial() || len(run.Selection.Clusters) > 0 {
		in.Stale = nil // what they accept may be elsewhere
	}
	if err := fillReview(ctx, run, c, hits, &in); err != nil {
		return nil, found, err
	}
	r := review.Make(in)
	return &r, found, nil
}

// upgrades notes which clusters get another version of Kubernetes: a reason for
// changes and findings that no object shows.
func (c *comparison) upgrades() {
	seen := map[string]bool{}
	for _, p := range c.pairs {
		if p.Before == nil || p.After == nil || p.Before.Kubernetes == p.After.Kubernetes || seen[p.Cluster] {
			continue
		}
		seen[p.Cluster] = true
		c.note("Cluster %s goes from Kubernetes %s to %s.", p.Cluster, p.Before.Kubernetes, p.After.Kubernetes)
	}
}

// loadPairs reads both sides of every pair.
func loadPairs(ctx context.Context, run Run, c *comparison) (diag.List, error) {
	lists := make([]diag.List, len(c.pairs))
	err := work.Each(ctx, run.Jobs, len(c.pairs), c.name, func(ctx context.Context, i int) (err error) {
		lists[i], err = work.Refusal(c.pairs[i].load(ctx))
		return err
	})
	return work.Gather(lists), err
}

// comparePairs finds what changes in every pair.
func comparePairs(ctx context.Context, run Run, c *comparison, schemas map[string]*diff.Schemas) error {
	return work.Each(ctx, run.Jobs, len(c.pairs), c.name, func(_ context.Context, i int) error {
		p := c.pairs[i]
		p.result = schemas[p.Cluster].Compare(p.Pair)
		return nil
	})
}

// judge finds the risks of every cluster.
func judge(ctx context.Context, run Run, clusters []risk.Cluster) ([]risk.Hit, error) {
	hits := make([][]risk.Hit, len(clusters))
	name := func(i int) string { return "the risks in cluster " + clusters[i].Name }
	err := work.Each(ctx, run.Jobs, len(clusters), name, func(_ context.Context, i int) error {
		hits[i] = risk.Check(clusters[i])
		return nil
	})
	return slices.Concat(hits...), err
}

// fillReview puts into a review what was found, without what nobody may read. What is
// made of objects or of values gets there by no other way.
func fillReview(ctx context.Context, run Run, c *comparison, hits []risk.Hit, in *review.Input) error {
	mask := diff.NewMasker(c.sensitive(run))
	for _, h := range hits {
		in.Hits = append(in.Hits, h.Masked(mask))
	}
	for _, note := range c.notes {
		in.Notes = append(in.Notes, mask.Text(note))
	}
	in.Releases = make([]diff.Release, len(c.pairs))
	restarts := make([][]risk.Restart, len(c.pairs))
	err := work.Each(ctx, run.Jobs, len(c.pairs), c.name, func(_ context.Context, i int) error {
		r := c.pairs[i].result
		for _, restart := range risk.Restarts(r) {
			restarts[i] = append(restarts[i], restart.Masked(mask))
		}
		in.Releases[i] = mask.Release(r)
		return nil
	})
	in.Restarts = slices.Concat(restarts...)
	if err == nil {
		in.Images, err = imagesOf(ctx, run, c, mask)
	}
	return err
}

// imagesOf are those that change in every release; they are followed through all of
// a cluster.
func imagesOf(ctx context.Context, run Run, c *comparison, mask *diff.Masker) ([]review.Images, error) {
	var clusters []string
	of := map[string][]int{}
	for i, p := range c.pairs {
		if of[p.Cluster] == nil {
			clusters = append(clusters, p.Cluster)
		}
		of[p.Cluster] = append(of[p.Cluster], i)
	}
	all := make([]review.Images, len(c.pairs))
	name := func(i int) string { return "the images of cluster " + clusters[i] }
	err := work.Each(ctx, run.Jobs, len(clusters), name, func(_ context.Context, i int) error {
		pairs := of[clusters[i]]
		releases := make([]diff.Release, len(pairs))
		for n, at := range pairs {
			releases[n] = c.pairs[at].result
		}
		for n, images := range risk.Images(releases) {
			made := review.Images{Cluster: releases[n].Cluster, Environment: releases[n].Environment, Release: releases[n].Release}
			for _, image := range images {
				made.Images = append(made.Images, image.Masked(mask))
			}
			all[pairs[n]] = made
		}
		return nil
	})
	return all, err
}

// name is a pair's for whoever hears of it.
func (c *comparison) name(i int) string { return c.pairs[i].String() }

// attributeAll finds the causes of all changes.
func attributeAll(ctx context.Context, run Run, c *comparison, schemas map[string]*diff.Schemas) error {
	places := placesFor(c.pairs)
	told := make([]bool, len(c.pairs))
	err := work.Each(ctx, run.Jobs, len(c.pairs), c.name, func(ctx context.Context, i int) (err error) {
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
	if names != nil {
		c.note("Causes are not told for %s: what is committed is not what the project's commit renders to that it is said to be of. There were uncommitted changes, or other variables.", some(names))
	}
	return nil
}

// some are the first of many names.
func some(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// recorded counts and notes the releases in which no object changes, but what a
// state has of them beside, which a hydration commits, too.
func (c *comparison) recorded() int {
	var names []string
	for _, p := range c.pairs {
		if !p.differs() && p.Release != namespacesRelease {
			names = append(names, p.String())
		}
	}
	if names != nil {
		c.note("Nothing but what is recorded changes in %s: values, chart, options, Kubernetes.", some(names))
	}
	return len(names)
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
