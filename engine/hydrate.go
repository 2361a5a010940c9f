package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/land"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/schema/diag"
)

// HydrateOptions are what a person may ask of a hydration; the zero value is the
// usual one.
type HydrateOptions = site.Options

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

	sites, refused, err := site.Open(ctx, run, p, o)
	if found = append(found, refused...); err != nil {
		return nil, found, err
	}
	defer sites.Close()
	if found.HasErrors() {
		return nil, append(found, charts.Missing(ctx, run, p)...), nil
	}

	made, err := sites.Make(ctx)
	if found = append(found, made...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	if err := ctx.Err(); err != nil {
		return nil, found, err
	}

	landed, list, err := land.All(ctx, sites)
	if found = append(found, list...); landed == nil {
		return nil, found, err
	}
	if !o.Check {
		_ = run.Cache.Sweep(o.Committer.Now) // housekeeping: next time will do
	}
	return reportOf(sites, landed), found, err
}
