package compare

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// findOrigins finds out what the committed side of a comparison was made from: the
// commit of the project that the trailers name, if the repository around the
// project has it. What cannot be told is noted; it is no failure.
func findOrigins(ctx context.Context, run work.Run, c *Comparison, sites *site.Group, o Options) error {
	commits := map[string][]*Pairing{} // of the project
	for _, s := range sites.Sites {
		pairs := c.both(s.Cluster.Name)
		if len(pairs) == 0 {
			continue
		}
		var environments []string
		for _, p := range pairs {
			environments = append(environments, p.Environment)
		}
		slices.Sort(environments)
		environments = slices.Compact(environments)
		hydrations, err := s.Base.HydratedFrom(ctx, environments, o.Now)
		if err != nil {
			return err
		}
		for _, environment := range environments {
			at := slices.IndexFunc(hydrations, func(h state.Hydration) bool { return h.Environment == environment && len(h.Sources) == 1 })
			if at < 0 {
				c.Note("Causes are not told for %s on %s: its state does not name the one commit of the project that it was hydrated from.", environment, s.Cluster.Name)
				continue
			}
			h := hydrations[at]
			for _, p := range pairs {
				if p.Environment == environment {
					p.Weir = &diff.Cause{Kind: diff.ByWeir, To: run.Version}
					if len(h.Versions) == 1 {
						p.Weir.From = h.Versions[0]
					}
					commits[h.Sources[0].Commit] = append(commits[h.Sources[0].Commit], p)
				}
			}
		}
	}
	ids := map[string]bool{}
	for id := range commits {
		ids[id] = true
	}
	for _, id := range sortedKeys(ids) {
		why, err := planOrigin(ctx, run, c, id, commits[id], o)
		if err != nil {
			return err
		}
		if why != "" {
			c.Note("Causes are not told for what was hydrated from the project's commit %s: %s", state.Hash(id).Short(), why)
		}
	}
	return nil
}

// Note adds a sentence on the comparison itself.
func (c *Comparison) Note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// both are the releases of a cluster that are there before and after.
func (c *Comparison) both(cluster string) []*Pairing {
	var all []*Pairing
	for _, p := range c.Pairs {
		if p.Cluster == cluster && p.Is != nil && p.Committed {
			all = append(all, p)
		}
	}
	return all
}

// planOrigin plans the releases of one commit of the project; otherwise it says why
// that cannot be done.
func planOrigin(ctx context.Context, run work.Run, c *Comparison, commit string, pairs []*Pairing, o Options) (why string, err error) {
	old, why, err := c.projectAt(run, commit, o)
	if err != nil || why != "" {
		return why, err
	}
	names := map[string]bool{}
	var environments, clusters []string
	for _, p := range pairs {
		names[cmp.Or(p.From, p.Release)] = true
		environments, clusters = append(environments, p.Environment), append(clusters, p.Cluster)
	}
	old.Selection = plan.Selection{Environments: environments, Clusters: clusters, Selector: plan.SelectNames(sortedKeys(names))}
	planned, found, err := old.Plan(ctx)
	if err != nil {
		return "", err
	}
	if found.HasErrors() && !unselected(found) {
		return reason(found), nil
	}
	h := product.NewMaker(old)
	at := map[place]*plan.Release{}
	for _, t := range planned.Targets {
		for _, r := range t.Releases {
			at[place{t.Cluster.Name, t.Environment, r.Name}] = r
		}
	}
	for _, p := range pairs {
		if r := at[place{p.Cluster, p.Environment, cmp.Or(p.From, p.Release)}]; r != nil {
			p.Was = &Making{Maker: h, Release: r}
		}
	}
	return "", nil
}

// reason is the first mistake in a line.
func reason(found diag.List) string { return errorsOf(found)[0].Summary + "." }
