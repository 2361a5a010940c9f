// Package product makes the files of one release: chart and values to objects,
// objects to final objects, those to files of a state (produce.go), or the same
// files from the cache where nothing that goes into them has changed (key.go). What
// can only be said with more than one release, or with what is committed, is done
// to its files later, by functions of this package that others call (again.go,
// keep.go). It reads and writes no state; engine/site stages what is made here.
package product

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Maker takes one release at a time from plan to product. Safe for
// concurrent use; what releases share is in its fields.
type Maker struct {
	store  *cache.Store
	keys   *keys
	charts *charts.Pool
	files  fs.FS
	memo   *manifest.Memo

	// Project is whose releases are made.
	Project *schema.Project
}

// memoSize bounds the canonical bytes that are remembered between releases.
const memoSize = 128 << 20

// NewMaker makes the releases of a run's project.
func NewMaker(run work.Run) *Maker {
	files := run.Project.FS()
	return &Maker{
		store:  run.Cache,
		keys:   newKeys(run.Build, files),
		charts: charts.NewPool(run),
		files:  files,
		memo:   manifest.NewMemo(memoSize),

		Project: run.Project,
	}
}

// Make returns a release's product: from the cache where all that goes into it is
// as it was, else rendered.
func (m *Maker) Make(ctx context.Context, r *plan.Release) (*Product, diag.List, error) {
	key, chart, found := m.Key(ctx, r)
	if found.HasErrors() {
		return nil, found, nil
	}
	if p, ok := recall(m.store, key); ok {
		return p, p.warnings(r, chart), nil
	}
	return m.anew(ctx, r, key, chart)
}

// MakeAnew renders a release whatever the cache has of it: what is made up in it
// is made up anew.
func (m *Maker) MakeAnew(ctx context.Context, r *plan.Release) (*Product, diag.List, error) {
	key, chart, found := m.Key(ctx, r)
	if found.HasErrors() {
		return nil, found, nil
	}
	return m.anew(ctx, r, key, chart)
}

func (m *Maker) anew(ctx context.Context, r *plan.Release, key cache.Key, chart *fetch.Chart) (*Product, diag.List, error) {
	p, found, err := m.produce(ctx, r, chart)
	if err != nil || found.HasErrors() {
		return nil, render.Masked(found, r), err
	}
	p.Warnings = render.Masked(p.Warnings, r)
	if err := rest(m.store, key, p); err != nil {
		p.held = true // the cache is full or gone: slower next time, no failure now
	}
	return p, p.warnings(r, chart), nil
}

// Files returns the files of a release's product, which lets go of them. What the
// cache lost or spoilt is rendered again.
func (m *Maker) Files(ctx context.Context, r *plan.Release, p *Product) (state.Release, error) {
	key := state.Key{Environment: r.Environment, Release: r.Name}
	files, err := p.wake(key)
	if errors.Is(err, cache.ErrCorrupt) {
		p.record.Drop()
		again, found, failed := m.MakeAnew(ctx, r)
		switch {
		case failed != nil:
			return state.Release{}, failed
		case again == nil:
			return state.Release{}, diag.Refuse(found...)
		}
		*p = *again
		files, err = p.wake(key)
	}
	if err != nil {
		return state.Release{}, err
	}
	p.LetGo()
	return *files, nil
}

// Fetched are the charts that were not at hand.
func (m *Maker) Fetched() []fetch.Fetched { return m.charts.Fetched() }

// WithChartsOf is a maker that has the charts of another one's project, and all
// other files of its own.
func (m *Maker) WithChartsOf(other *Maker) *Maker {
	half := *m
	half.charts = other.charts
	return &half
}

// Key digests all that goes into a release. It also returns the release's chart;
// nil where it has none.
func (m *Maker) Key(ctx context.Context, r *plan.Release) (cache.Key, *fetch.Chart, diag.List) {
	chart, found := m.Chart(ctx, r)
	if found.HasErrors() {
		return cache.Key{}, nil, found
	}
	digest := ""
	if chart != nil {
		digest = chart.Digest
	}
	key, found := m.keys.of(r, digest)
	return key, chart, found
}

// Chart returns the release's chart; nil where it has none.
func (m *Maker) Chart(ctx context.Context, r *plan.Release) (*fetch.Chart, diag.List) {
	if r.Chart == nil {
		return nil, nil
	}
	return m.charts.Fetch(ctx, *r.Chart)
}

// parse returns the release's chart, ready to be rendered.
func (m *Maker) parse(r *plan.Release, chart *fetch.Chart) (*render.Chart, diag.List) {
	parsed, found := m.charts.Parse(chart)
	found = slices.Clone(found) // it is everybody's who uses the chart
	for i := range found {
		found[i] = found[i].Also(r.Chart.Range, "the chart is used here")
	}
	return parsed, found
}
