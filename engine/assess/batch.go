package assess

import (
	"cmp"
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// reviewing is a comparison on its way to a review. Rules and CRDs look at one
// cluster at a time, so both sides of its releases are read, compared, judged and
// let go before those of the next ones are.
type reviewing struct {
	run      work.Run
	c        *compare.Comparison
	causes   bool
	places   int // lines of values to be told apart in each release
	memo     *diff.Memo
	mask     *diff.Masker
	clusters []clusterPairs
	seen     []seen       // by pair
	hits     [][]risk.Hit // by cluster, not masked
}

// clusterPairs are the pairs of one cluster, by their index.
type clusterPairs struct {
	name  string
	pairs []int
}

func newReviewing(run work.Run, c *compare.Comparison, o compare.Options) *reviewing {
	w := &reviewing{run: run, c: c, causes: !o.NoCauses, memo: diff.NewMemo(), mask: diff.NewMasker(sensitive(run, c))}
	if w.causes {
		w.places = placesFor(c.Pairs)
	}
	at := map[string]int{}
	for i, p := range c.Pairs {
		n, known := at[p.Cluster]
		if !known {
			n = len(w.clusters)
			at[p.Cluster] = n
			w.clusters = append(w.clusters, clusterPairs{name: p.Cluster})
		}
		w.clusters[n].pairs = append(w.clusters[n].pairs, i)
	}
	w.seen, w.hits = make([]seen, len(c.Pairs)), make([][]risk.Hit, len(w.clusters))
	return w
}

// mostHeld is how many pairs are held at once, unless a single cluster has more:
// enough for many small clusters to keep all workers busy.
const mostHeld = 200

// all works on every cluster, as many at a time as there is room for. After a
// mistake the others are read all the same, to hear of all mistakes at once.
func (w *reviewing) all(ctx context.Context) (diag.List, error) {
	lists := make([]diag.List, len(w.c.Pairs))
	w.run.ExpectMore(len(w.c.Pairs))
	failed := false
	for from := 0; from < len(w.clusters); {
		to, held := from+1, len(w.clusters[from].pairs)
		for to < len(w.clusters) && held+len(w.clusters[to].pairs) <= mostHeld {
			held += len(w.clusters[to].pairs)
			to++
		}
		b := &batch{reviewing: w, from: from, clusters: w.clusters[from:to]}
		for _, cluster := range b.clusters {
			b.pairs = append(b.pairs, cluster.pairs...)
		}
		err := b.load(ctx, lists)
		failed = failed || slices.ContainsFunc(b.pairs, func(i int) bool { return lists[i].HasErrors() })
		if err == nil && !failed {
			err = b.work(ctx)
		}
		if err != nil {
			list, err := work.Refusal(err)
			return append(work.Gather(lists), list...), err
		}
		for _, i := range b.pairs {
			w.c.Pairs[i].LetGo()
			w.seen[i].result = diff.Release{}
		}
		from = to
	}
	return work.Gather(lists), nil
}

// batch is the clusters that are worked on together.
type batch struct {
	*reviewing
	from     int // the index of the first one
	clusters []clusterPairs
	pairs    []int
}

func (b *batch) each(ctx context.Context, do func(ctx context.Context, i int) error) error {
	name := func(n int) string { return b.c.Pairs[b.pairs[n]].String() }
	return work.Each(ctx, b.run.Jobs, len(b.pairs), name, func(ctx context.Context, n int) error { return do(ctx, b.pairs[n]) })
}

// load reads both sides of every pair.
func (b *batch) load(ctx context.Context, lists []diag.List) error {
	return b.each(ctx, func(ctx context.Context, i int) (err error) {
		defer b.run.Watch(b.c.Pairs[i].String())()
		lists[i], err = work.Refusal(b.c.Pairs[i].Load(ctx))
		return err
	})
}

func (b *batch) work(ctx context.Context) error {
	around := b.around(ctx)
	schemas := b.schemas(around)
	err := b.each(ctx, func(_ context.Context, i int) error {
		p := b.c.Pairs[i]
		b.seen[i].result = schemas[p.Cluster].Compare(p.Pair)
		b.note(i)
		return nil
	})
	if err == nil && b.causes {
		err = b.each(ctx, func(ctx context.Context, i int) error {
			p := b.c.Pairs[i]
			if !b.seen[i].differs {
				return nil
			}
			r, told, err := attribute(ctx, b.run, p, b.seen[i].result, schemas[p.Cluster], b.places)
			b.seen[i].result, b.seen[i].untold = r, !told
			return err
		})
	}
	if err == nil {
		err = b.judge(ctx, around)
	}
	if err == nil {
		err = b.fill(ctx)
	}
	return err
}

// around is what may be asked about the releases of each cluster that stay as they
// are; nil where nobody can tell.
func (b *batch) around(ctx context.Context) []*compare.Others {
	all := make([]*compare.Others, len(b.clusters))
	for n, cluster := range b.clusters {
		all[n] = b.c.Around(ctx, b.run.Jobs, cluster.name, b.keys(cluster))
	}
	return all
}

// schemas are the CustomResourceDefinitions that clusters have: in what changes,
// those to be before those that were, then in what stays as it is.
func (b *batch) schemas(around []*compare.Others) map[string]*diff.Schemas {
	all := map[string]*diff.Schemas{}
	for n, cluster := range b.clusters {
		var now, was []manifest.Set
		for _, i := range cluster.pairs {
			if p := b.c.Pairs[i]; p.After != nil {
				now = append(now, p.After.Objects)
			}
			if p := b.c.Pairs[i]; p.Before != nil {
				was = append(was, p.Before.Objects)
			}
		}
		all[cluster.name] = diff.NewSchemas(append(now, was...)...).With(b.memo)
		if others := around[n]; others != nil {
			all[cluster.name] = all[cluster.name].Beside(others.Definition)
		}
	}
	return all
}

// note remembers what is told of a pair besides its changes.
func (b *batch) note(i int) {
	p, s := b.c.Pairs[i], &b.seen[i]
	s.differs = differs(p, s.result)
	if p.Before != nil && p.After != nil && p.Before.Kubernetes != p.After.Kubernetes {
		s.kubernetes = [2]string{p.Before.Kubernetes, p.After.Kubernetes}
	}
}

// judge finds the risks of every cluster, and follows its images. Releases in
// which nothing changes but Kubernetes are risks, too.
func (b *batch) judge(ctx context.Context, around []*compare.Others) error {
	name := func(n int) string { return "the risks in cluster " + b.clusters[n].name }
	return work.Each(ctx, b.run.Jobs, len(b.clusters), name, func(_ context.Context, n int) error {
		of := risk.Cluster{Name: b.clusters[n].name}
		if around[n] != nil {
			of.Others = around[n]
		}
		var differ []int
		var changed []diff.Release
		for _, i := range b.clusters[n].pairs {
			of.Releases = append(of.Releases, b.seen[i].result)
			if b.seen[i].differs {
				differ, changed = append(differ, i), append(changed, b.seen[i].result)
			}
		}
		b.hits[b.from+n] = risk.Check(of)
		if err := around[n].Err(); err != nil {
			return err
		}
		for k, images := range risk.Images(changed) {
			r := changed[k]
			made := review.Images{Cluster: r.Cluster, Environment: r.Environment, Release: r.Release}
			for _, image := range images {
				made.Images = append(made.Images, image.Masked(b.mask))
			}
			b.seen[differ[k]].images = made
		}
		return nil
	})
}

// keys are the releases that the pairs of a cluster are about, on either side.
func (b *batch) keys(cluster clusterPairs) map[state.Key]bool {
	all := map[state.Key]bool{}
	for _, i := range cluster.pairs {
		p := b.c.Pairs[i]
		all[state.Key{Environment: p.Environment, Release: p.Release}] = true
		all[state.Key{Environment: p.Environment, Release: cmp.Or(p.From, p.Release)}] = true
	}
	return all
}

// fill keeps what a reader may see of every pair that differs.
func (b *batch) fill(ctx context.Context) error {
	return b.each(ctx, func(_ context.Context, i int) error {
		s := &b.seen[i]
		if !s.differs {
			return nil
		}
		r := b.seen[i].result
		for _, restart := range risk.Restarts(r) {
			s.restarts = append(s.restarts, restart.Masked(b.mask))
		}
		s.release = b.mask.Release(r)
		return nil
	})
}
