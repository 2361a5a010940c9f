package engine

import (
	"context"
	"errors"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// HydrateOptions are what a person may ask of a hydration; the zero value is
// the usual one.
type HydrateOptions struct {
	Check      bool     // look, do not write
	Out        string   // write plain files into this directory instead of the state repositories
	Push       bool     // write remote state repositories too
	Review     string   // a branch to write in remotes instead of the state's own, for review
	ForceOlder bool     // write even where the state is of a newer commit of the project
	Message    string   // subject of the commits
	Verify     bool     // compare with Helm's own engine
	Regenerate []string // releases whose unstable fields get new values

	Committer *signing.Committer // who commits, and when
	Access    *remote.Access     // what connections may use of this machine
	Clones    string             // where copies of remotes are kept between runs

	work.Patience // between two tries to write
}

// Hydrate renders every selected release of every target and commits the
// manifests, one commit per cluster. The first error while they are made means
// that nothing is written anywhere: all clusters are worked out before the first
// commit. After that each cluster lands or not on its own, and the report says
// which. There is no report where nothing was to be written.
func Hydrate(ctx context.Context, run Run, o HydrateOptions) (*Report, diag.List, error) {
	p, found, err := product.Plan(ctx, run)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	again, unknown := regenerated(p, o.Regenerate)
	o.Regenerate, found = again, append(found, unknown...)

	sites, refused, err := openSites(ctx, run, p, o)
	defer sites.close()
	if found = append(found, refused...); err != nil {
		return nil, found, err
	}
	if found.HasErrors() {
		return nil, append(found, charts.Missing(ctx, run, p)...), nil
	}

	rendered, err := renderAll(ctx, run, sites, o)
	if found = append(found, rendered...); err != nil {
		return nil, found, err
	}
	compared, err := sites.compare(ctx, run, p, o, found.HasErrors())
	if found = append(found, compared...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	if err := ctx.Err(); err != nil {
		return nil, found, err
	}

	if o.Out != "" {
		if list, err := work.Refusal(sites.plain.Commit()); err != nil || list.HasErrors() {
			return nil, append(found, list...), err
		}
	}
	dirty, err := sites.uncommitted(o)
	if found = append(found, dirty...); err != nil {
		return nil, found, err
	}
	if err := foresee(ctx, run, sites, o); err != nil {
		return nil, found, err
	}
	err = landAll(ctx, run, sites, p, o)
	for _, s := range sites.all {
		found = append(found, s.found...)
		if !errors.Is(s.failed, errUnwritten) {
			err = errors.Join(err, s.failed)
		}
	}
	if !o.Check {
		_ = run.Cache.Sweep(o.Committer.Now) // housekeeping: next time will do
	}
	return sites.report(run, o), found, err
}
