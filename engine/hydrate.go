package engine

import (
	"context"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// HydrateOptions are what a person may ask of a hydration; the zero value is
// the usual one.
type HydrateOptions struct {
	Check      bool     // look, do not write
	Out        string   // write plain files into this directory instead of the state repositories
	Message    string   // subject of the commits
	Verify     bool     // compare with Helm's own engine
	Regenerate []string // releases whose unstable fields get new values
	Env        func(string) string
	Now        time.Time
}

// Hydrate renders every selected release of every target and commits the
// manifests, one commit per cluster. The first error anywhere means that
// nothing is written anywhere: all clusters are worked out before the first
// commit is made.
func Hydrate(ctx context.Context, run Run, o HydrateOptions) (Report, diag.List, error) {
	p, found, err := run.plan(ctx)
	if err != nil || found.HasErrors() {
		return Report{}, found, err
	}
	found = append(found, unknownReleases(p, o.Regenerate)...)

	sites, refused, err := run.open(ctx, p, o)
	found = append(found, refused...)
	if err != nil {
		return Report{}, found, err
	}
	if found.HasErrors() {
		return Report{}, append(found, run.missingCharts(p)...), nil
	}
	defer sites.close()

	rendered, err := run.render(ctx, sites, o)
	found = append(found, rendered...)
	if err != nil {
		return Report{}, found, err
	}
	compared, err := sites.compare(run, p, found.HasErrors())
	found = append(found, compared...)
	if err != nil || found.HasErrors() {
		return Report{}, found, err
	}
	if err := ctx.Err(); err != nil {
		return Report{}, found, err
	}
	if !o.Check {
		refused, err := run.write(ctx, sites, o)
		found = append(found, refused...)
		if err != nil || found.HasErrors() {
			return Report{}, found, err
		}
		_ = run.Cache.Sweep(o.Now) // housekeeping: next time will do
	}
	return sites.report(run, o), found, nil
}

// write commits every cluster, or puts the plain files in their place.
func (run Run) write(ctx context.Context, sites *sites, o HydrateOptions) (diag.List, error) {
	if o.Out != "" {
		return refusal(sites.plain.Commit())
	}
	source, err := state.SourceOf(run.Dir)
	if err != nil {
		return refusal(err)
	}
	for i, s := range sites.all {
		done := run.watch("commit " + s.cluster.Name)
		found, err := s.write(ctx, state.Message{Subject: o.Message, Source: source, Version: run.Version}, o)
		done()
		if err != nil || found.HasErrors() {
			return append(found, sites.halfway(i)...), err
		}
	}
	return nil, nil
}

// commits is how many commits a run may make.
func (all *sites) commits(o HydrateOptions) int {
	if o.Check || o.Out != "" {
		return 0
	}
	return len(all.all)
}

func (s *site) write(ctx context.Context, message state.Message, o HydrateOptions) (diag.List, error) {
	who, err := state.Identity(s.repository, o.Env, o.Now)
	if err != nil {
		return refusal(err)
	}
	result, err := s.repository.Commit(ctx, s.change, state.Record{Message: message.Text(s.change), Who: who})
	if err != nil {
		return refusal(err)
	}
	s.commit = &result
	return nil, nil
}

// halfway says which clusters are done when the i-th could not be written.
func (all *sites) halfway(i int) diag.List {
	names := func(part []*site, changed bool) string {
		var names []string
		for _, s := range part {
			if !changed || s.commit.Old != s.commit.New {
				names = append(names, s.cluster.Name)
			}
		}
		return strings.Join(names, ", ")
	}
	done := names(all.all[:i], true)
	if done == "" {
		return nil
	}
	return diag.List{diag.Warningf(diag.Range{}, "Some clusters are committed already").
		Detailf("Committed: %s. As they were: %s.", done, names(all.all[i:], false)).
		Remedyf("Run the same command again: what is committed stays, the rest follows.")}
}

// missingCharts is what a run that cannot render can still say of its charts, so
// that a person hears of all mistakes at once.
func (run Run) missingCharts(p *plan.Plan) diag.List {
	var found diag.List
	charts := newCharts(run.Project.FS())
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			if r.Chart != nil {
				_, list := charts.fetch(*r.Chart)
				found = append(found, list...)
			}
		}
	}
	return found
}

// unknownReleases checks the names given to --regenerate.
func unknownReleases(p *plan.Plan, names []string) diag.List {
	var found diag.List
	for _, name := range names {
		var known []string
		hit := false
		for _, target := range p.Targets {
			for _, r := range target.Releases {
				known = append(known, r.Name)
				hit = hit || r.Name == name
			}
		}
		if !hit {
			found = append(found, diag.Diagnostic{
				Summary: "No selected release is called \"" + name + "\"",
				Detail:  "--regenerate names a release that this run does not render.",
				Remedy:  diag.DidYouMean(name, known),
			})
		}
	}
	return found
}
