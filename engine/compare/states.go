package compare

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// againstStates takes the steps of a hydration that writes nothing, and pairs
// what the states have with what would be committed.
func againstStates(ctx context.Context, run work.Run, o Options) (*Comparison, diag.List, error) {
	p, found, err := product.Plan(ctx, run)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	looking := site.Options{Check: true, Access: o.Access, Clones: o.Clones}
	sites, refused, err := site.Open(ctx, run, p, looking)
	c := &Comparison{Base: review.Point{Kind: review.State}, Targets: targetsOf(p), close: sites.Close}
	if found = append(found, refused...); err != nil {
		return c, found, err
	}
	if found.HasErrors() {
		return c, append(found, charts.Missing(ctx, run, p)...), nil
	}
	sites.Look()
	made, err := sites.Make(ctx)
	if found = append(found, made...); err != nil || found.HasErrors() {
		return c, found, err
	}
	if c.Head, err = pointOf(run); err != nil {
		return c, found, err
	}
	for _, s := range sites.Sites {
		if len(sites.Sites) == 1 {
			c.Base.Commit = string(s.Base.Commit())
		}
		pairs, err := pairsOf(s, sites.Maker, p)
		list, err := work.Refusal(err)
		if found = append(found, list...); err != nil || found.HasErrors() {
			return c, found, err
		}
		c.Pairs = append(c.Pairs, pairs...)
	}
	base := func(cluster string) *state.Snapshot {
		at := slices.IndexFunc(sites.Sites, func(s *site.Site) bool { return s.Cluster.Name == cluster })
		return sites.Sites[at].Base
	}
	c.others = func(cluster string, changed map[state.Key]bool) func(context.Context) ([]*other, error) {
		return staying(base(cluster), changed)
	}
	c.settle()
	if len(c.Pairs) > 0 {
		changed, err := run.ChangedSince(c.Head.Commit)
		if err != nil {
			return c, found, err
		}
		c.Head.Uncommitted = len(changed) > 0
	}
	overtaken, err := sites.Overtaken(ctx)
	found = append(found, c.overtaken(work.Gather(overtaken))...)
	if err != nil {
		return c, found, err
	}
	if err := c.remember(ctx, run, o, func(cluster string) []*state.Snapshot { return []*state.Snapshot{base(cluster)} }); err != nil {
		return c, found, err
	}
	if !o.NoCauses {
		err = findOrigins(ctx, run, c, sites, o)
	}
	return c, found, err
}

// overtaken are warnings of states that are of another commit of the project, which
// this one did not come out of: what only that one has is undone, and a hydration may
// refuse to. They are noted, too.
func (c *Comparison) overtaken(found diag.List) diag.List {
	for _, d := range found {
		if note := d.Summary + "."; !slices.Contains(c.Notes, note) {
			c.Note("%s", note)
		}
	}
	return site.Softened(found, "A hydration would be refused.")
}

// pairsOf are the releases of a site that its change touches.
func pairsOf(s *site.Site, h *product.Maker, p *plan.Plan) ([]*Pairing, error) {
	jobs := map[state.Key]*site.Job{}
	for _, j := range s.Jobs {
		jobs[j.Key()] = j
	}
	all, err := namespacePairs(s, p)
	if err != nil {
		return nil, err
	}
	for _, change := range s.Change.Releases {
		if change.Status == state.Unchanged {
			continue
		}
		pair := &Pairing{Pair: diff.Pair{Cluster: s.Cluster.Name, Environment: change.Environment, Release: change.Release}}
		from := change.Key
		if change.From != nil {
			from, pair.From = *change.From, change.From.Release
		}
		j := jobs[change.Key]
		if j != nil {
			pair.Is = &Making{Maker: h, Release: j.Release}
		}
		pair.Declared = declaredFor(s, p, change.Key, j)
		pair.Scopes, pair.Committed = s.Scopes, change.Old != nil
		pair.Past = func(context.Context) (*state.Release, error) {
			if change.Old == nil {
				return nil, nil
			}
			r, err := committed(s.Base, from)
			return &r, err
		}
		pair.Load = func(ctx context.Context) error {
			old, err := pair.Past(ctx)
			if err != nil {
				return err
			}
			if j == nil {
				return pair.read(old, nil)
			}
			now, err := j.Final(ctx) // again: of all releases they would be much to hold
			if err != nil {
				return err
			}
			return pair.read(old, &now)
		}
		all = append(all, pair)
	}
	return all, nil
}

// declaredFor is where the project speaks of a release, also of one that goes.
func declaredFor(s *site.Site, p *plan.Plan, key state.Key, j *site.Job) diag.Range {
	if j != nil {
		return j.Release.Range
	}
	return declaredIn(p, s.Cluster.Name, key)
}
