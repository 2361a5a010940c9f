package compare

import (
	"context"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/charts"
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
		if c.Head.Uncommitted, err = uncommitted(run, c.Head); err != nil {
			return c, found, err
		}
	}
	overtaken, err := c.overtaken(ctx, sites)
	if found = append(found, overtaken...); err != nil {
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

// overtaken warns of states that are of another commit of the project, which this
// one did not come out of: what only that one has is undone, and a hydration may
// refuse to.
func (c *Comparison) overtaken(ctx context.Context, sites *site.Group) (diag.List, error) {
	lists := make([]diag.List, len(sites.Sites))
	name := func(i int) string { return "the history of cluster " + sites.Sites[i].Cluster.Name }
	err := work.Each(ctx, site.Connections, len(lists), name, func(ctx context.Context, i int) error {
		s := sites.Sites[i]
		if s.Change.Empty() {
			return nil
		}
		list, err := sites.Order.Check(ctx, s.At, s.Base, s.Environments())
		if err != nil {
			list, err = work.Refusal(err)
		}
		lists[i] = list
		return err
	})
	found := work.Gather(lists)
	for i, d := range found {
		if note := d.Summary + "."; !slices.Contains(c.Notes, note) {
			c.Note("%s", note)
		}
		if d.Severity == diag.Error {
			found[i].Severity = diag.Warning
			found[i].Detail += " A hydration would be refused."
		}
	}
	return found, err
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

// uncommitted tells whether what was read of a directory so far is not all as its
// commit has it: nobody else sees the same.
func uncommitted(run work.Run, p review.Point) (bool, error) {
	if p.Kind != review.Directory || p.Commit == "" {
		return false, nil
	}
	repository, err := checkout.Of(run.Dir)
	if err != nil {
		return false, err
	}
	files, dirs := run.Project.Opened()
	changed, err := repository.Changed(run.Dir, p.Commit, files, dirs)
	return len(changed) > 0, err
}

func targetsOf(p *plan.Plan) []review.Target {
	all := make([]review.Target, len(p.Targets))
	for i, t := range p.Targets {
		all[i] = review.Target{Cluster: t.Cluster.Name, Environment: t.Environment}
	}
	return all
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

// read makes the two versions of files.
func (p *Pairing) read(old, now *state.Release) (err error) {
	if old != nil {
		if p.Before, err = version(*old, nil); err != nil {
			return err
		}
	}
	if now != nil {
		p.After, err = version(*now, KnownOf(p.Before))
	}
	return err
}

// declaredFor is where the project speaks of a release, also of one that goes.
func declaredFor(s *site.Site, p *plan.Plan, key state.Key, j *site.Job) diag.Range {
	if j != nil {
		return j.Release.Range
	}
	return declaredIn(p, s.Cluster.Name, key)
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

// namespacePairs pairs what create_namespace asked for with what it asks for, one
// pair for each environment.
func namespacePairs(s *site.Site, p *plan.Plan) ([]*Pairing, error) {
	changes := map[string][]state.ObjectChange{}
	for _, n := range s.Change.Namespaces {
		changes[n.Environment()] = append(changes[n.Environment()], n)
	}
	var all []*Pairing
	for _, environment := range slices.Sorted(maps.Keys(changes)) {
		before, err := namespacesOf(s.Base, environment)
		if err != nil {
			return nil, err
		}
		after := maps.Clone(before)
		for _, n := range changes[environment] {
			if n.Status == state.Removed {
				delete(after, n.Path)
			} else {
				after[n.Path] = s.Namespaces[n.Path]
			}
		}
		pair := namespacePair(s.Cluster, environment, before, after)
		pair.Declared = namespaceBlock(p, s.Cluster.Name, environment, changes[environment][0].Object.Name)
		all = append(all, pair)
	}
	return all, nil
}

func namespacePair(cluster schema.Cluster, environment string, before, after map[string][]byte) *Pairing {
	pair := &Pairing{Pair: diff.Pair{Cluster: cluster.Name, Environment: environment, Release: NamespacesRelease}}
	pair.Load = func(context.Context) (err error) {
		if pair.Before, err = namespaceVersion(before, cluster.Kubernetes); err == nil {
			pair.After, err = namespaceVersion(after, cluster.Kubernetes)
		}
		return err
	}
	return pair
}

// namespaceBlock is where the project says how a Namespace is to be.
func namespaceBlock(p *plan.Plan, cluster, environment, name string) diag.Range {
	for _, t := range p.Targets {
		if t.Environment == environment && t.Cluster.Name == cluster {
			return t.Namespaces[name].Range
		}
	}
	return diag.Range{}
}
