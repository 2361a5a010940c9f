package site

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/order"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// Group is all clusters of a run, in the plan's order.
type Group struct {
	Run     work.Run
	Plan    *plan.Plan
	Options Options
	Sites   []*Site
	Plain   *state.Plain // nil unless plain files are asked for
	Maker   *product.Maker
	Order   *order.Order // nil for plain files
}

// Connections is how many state repositories a run talks to at once. They wait
// for others most of the time, so it has nothing to do with the machine.
const Connections = 10

// Open looks at the state of every cluster, many at once; nothing is created yet.
// Where there is an error nothing is left open.
func Open(ctx context.Context, run work.Run, p *plan.Plan, o Options) (*Group, diag.List, error) {
	g := &Group{Run: run, Plan: p, Options: o, Maker: product.NewMaker(run)}
	found, err := g.open(ctx)
	if err != nil {
		g.Close()
	}
	return g, found, err
}

func (g *Group) open(ctx context.Context) (diag.List, error) {
	run, p, o := g.Run, g.Plan, g.Options
	found := SameState(run)
	for _, cluster := range p.Clusters {
		s := &Site{Cluster: cluster, in: g}
		list, err := work.Refusal(s.locate())
		found = append(found, list...)
		if err != nil {
			return found, err
		}
		g.Sites = append(g.Sites, s)
	}
	if found.HasErrors() {
		return found, nil
	}
	var err error
	if o.Out == "" {
		g.Order, err = order.Of(run, o.Access)
	} else {
		g.Plain, err = state.NewPlain(o.Out)
	}
	if list, err := work.Refusal(err); err != nil || list.HasErrors() {
		return append(found, list...), err
	}
	for i := range p.Targets {
		target := &p.Targets[i]
		at := slices.IndexFunc(g.Sites, func(s *Site) bool { return s.Cluster.Name == target.Cluster.Name })
		for _, r := range target.Releases {
			g.Sites[at].Jobs = append(g.Sites[at].Jobs, &Job{site: g.Sites[at], target: target, Release: r})
		}
	}
	run.Expect(g.pieces())
	lists := make([]diag.List, len(g.Sites))
	err = work.Each(ctx, Connections, len(g.Sites), g.name, func(ctx context.Context, i int) (err error) {
		s := g.Sites[i]
		if s.Remote() {
			defer run.Watch("fetch " + s.Cluster.Name)()
		}
		lists[i], err = work.Refusal(s.Reopen(ctx))
		return err
	})
	return append(found, work.Gather(lists)...), err
}

// Close lets go of what is open.
func (g *Group) Close() {
	for _, s := range g.Sites {
		_ = s.close() // what was to be written is
	}
	if g.Plain != nil {
		g.Plain.Discard()
	}
}

func (g *Group) name(i int) string { return "the state of cluster " + g.Sites[i].Cluster.Name }

// pieces is how much work whoever watches may expect.
func (g *Group) pieces() int {
	n := 0
	for _, s := range g.Sites {
		n += len(s.Jobs)
		if s.Remote() {
			n++
		}
		if s.Writes() {
			n++
		}
	}
	return n
}

// Look has Make hold the Namespaces that are asked for, for who wants to compare.
func (g *Group) Look() {
	for _, s := range g.Sites {
		s.Namespaces = map[string][]byte{}
	}
}

// Make renders all releases, stages them and works every cluster's change out.
// Where releases failed, only what is found is of use: they are missing from the
// stages.
func (g *Group) Make(ctx context.Context) (diag.List, error) {
	found, err := g.render(ctx)
	if err != nil {
		return found, err
	}
	failed := found.HasErrors()
	for _, s := range g.Sites {
		list, err := s.workOut(ctx, failed)
		if found = append(found, list...); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Overtaken says, site by site, what speaks against changes that this run does not
// write: the state is of a newer commit of the project, or of one of which nobody
// knows. Before a change is written engine/land asks once more.
func (g *Group) Overtaken(ctx context.Context) ([]diag.List, error) {
	found := make([]diag.List, len(g.Sites))
	name := func(i int) string { return "the history of cluster " + g.Sites[i].Cluster.Name }
	err := work.Each(ctx, Connections, len(g.Sites), name, func(ctx context.Context, i int) (err error) {
		s := g.Sites[i]
		if s.Writes() || s.Change.Empty() {
			return nil
		}
		if found[i], err = g.Order.Check(ctx, s.At, s.Base, s.Environments()); err != nil {
			found[i], err = work.Refusal(err)
		}
		return err
	})
	return found, err
}

// Softened makes warnings of errors, for who writes nothing, with what they would
// lead to.
func Softened(found diag.List, would string) diag.List {
	found = slices.Clone(found)
	for i, d := range found {
		if d.Severity == diag.Error {
			found[i].Severity = diag.Warning
			found[i].Detail += " " + would
		}
	}
	return found
}

// render hydrates all jobs and stages what they made. Releases that must wait
// for what others define, or for committed values, come in a second round.
func (g *Group) render(ctx context.Context) (diag.List, error) {
	var jobs []*Job
	for _, s := range g.Sites {
		jobs = append(jobs, s.Jobs...)
	}
	found := make([]diag.List, len(jobs))
	name := func(i int) string { return jobs[i].Release.String() }
	err := work.Each(ctx, g.Run.Jobs, len(jobs), name, func(ctx context.Context, i int) (err error) {
		defer g.Run.Watch(name(i))()
		found[i], err = jobs[i].hydrate(ctx)
		return err
	})
	listed := work.Together(work.Gather(found))
	if err != nil || listed.HasErrors() {
		return listed, err
	}
	for _, s := range g.Sites {
		list, err := work.Refusal(s.settle(ctx))
		listed = append(listed, list...)
		if err != nil {
			return listed, err
		}
	}
	return listed, nil
}
