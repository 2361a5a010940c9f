package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/engine/work"
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
}

// memoSize bounds the canonical bytes that are remembered between releases.
const memoSize = 128 << 20

func NewMaker(run Run) *Maker {
	files := run.Project.FS()
	return &Maker{
		store:  run.Cache,
		keys:   newKeys(run.Build, files),
		charts: charts.NewPool(run),
		files:  files,
		memo:   manifest.NewMemo(memoSize),
	}
}

// Make returns a release's product: from the cache where all that goes into it is
// as it was, else rendered.
func (h *Maker) Make(ctx context.Context, r *plan.Release) (*Product, diag.List, error) {
	key, chart, found := h.Key(ctx, r)
	if found.HasErrors() {
		return nil, found, nil
	}
	if p, ok := recall(h.store, key); ok {
		return p, p.warnings(r, chart), nil
	}
	return h.anew(ctx, r, key, chart)
}

// MakeAnew renders a release whatever the cache has of it.
func (h *Maker) MakeAnew(ctx context.Context, r *plan.Release) (*Product, diag.List, error) {
	key, chart, found := h.Key(ctx, r)
	if found.HasErrors() {
		return nil, found, nil
	}
	return h.anew(ctx, r, key, chart)
}

func (h *Maker) anew(ctx context.Context, r *plan.Release, key cache.Key, chart *fetch.Chart) (*Product, diag.List, error) {
	p, found, err := h.produce(ctx, r, chart)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	if err := rest(h.store, key, p); err != nil {
		p.held = true // the cache is full or gone: slower next time, no failure now
	}
	return p, p.warnings(r, chart), nil
}

// Files returns the files of a release's product, which lets go of them. What the
// cache lost or spoilt is rendered again.
func (h *Maker) Files(ctx context.Context, r *plan.Release, p *Product) (state.Release, error) {
	key := state.Key{Environment: r.Environment, Release: r.Name}
	files, err := p.wake(key)
	if errors.Is(err, cache.ErrCorrupt) {
		p.record.Drop()
		again, found, failed := h.MakeAnew(ctx, r)
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
func (h *Maker) Fetched() []fetch.Fetched { return h.charts.Fetched() }

// WithChartsOf makes releases with the charts of another project.
func (h *Maker) WithChartsOf(other *Maker) *Maker {
	half := *h
	half.charts = other.charts
	return &half
}

// Reach is what is wrong with the files that a release's kustomizations reach.
func (h *Maker) Reach(r *plan.Release) diag.List { return h.keys.reach(r.Kustomize) }

// Key digests all that goes into a release. It also returns the release's chart;
// nil where it has none.
func (h *Maker) Key(ctx context.Context, r *plan.Release) (cache.Key, *fetch.Chart, diag.List) {
	chart, found := h.Chart(ctx, r)
	if found.HasErrors() {
		return cache.Key{}, nil, found
	}
	digest := ""
	if chart != nil {
		digest = chart.Digest
	}
	key, found := h.keys.of(r, digest)
	return key, chart, found
}

// Chart returns the release's chart; nil where it has none.
func (h *Maker) Chart(ctx context.Context, r *plan.Release) (*fetch.Chart, diag.List) {
	if r.Chart == nil {
		return nil, nil
	}
	return h.charts.Fetch(ctx, *r.Chart)
}

// parse returns the release's chart, ready to be rendered.
func (h *Maker) parse(r *plan.Release, chart *fetch.Chart) (*render.Chart, diag.List) {
	parsed, found := h.charts.Parse(chart)
	found = slices.Clone(found) // it is everybody's who uses the chart
	for i := range found {
		found[i] = found[i].Also(r.Chart.Range, "the chart is used here")
	}
	return parsed, found
}

// produce is the relay: chart and values to objects, objects to final objects,
// final objects to files.
func (h *Maker) produce(ctx context.Context, r *plan.Release, chart *fetch.Chart) (*Product, diag.List, error) {
	var rendered render.Release
	if chart != nil {
		parsed, found := h.parse(r, chart)
		if found.HasErrors() {
			return nil, found, nil
		}
		rendered, found = render.Render(ctx, parsed, r, render.Options{Memo: h.memo, Place: chart.Place, Scope: declaredScope(r.Cluster)})
		if found.HasErrors() {
			return nil, found, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	table, err := table(r.Cluster.Kubernetes)
	if err != nil {
		return nil, diag.List{diag.Errorf(r.Cluster.Range, "Cluster %q: %s", r.Cluster.Name, err)}, nil
	}
	in := transform.Input{Release: r, Files: h.files, Scope: scopeIn(table, rendered.Defines, r.Cluster)}
	if chart != nil {
		in.Place = chart.Place
	}
	final, found := transform.Apply(ctx, in, rendered.Objects)
	if found.HasErrors() {
		return nil, found, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	fields, unlike, err := h.unstable(ctx, in, rendered, final)
	if err != nil {
		return nil, nil, err
	}
	refused := slices.Concat(unlike, refuseUnstable(r, chart, fields), refuseUnkeepable(r, chart, fields))
	if refused.HasErrors() {
		return nil, append(found, refused...), nil
	}
	for i, object := range final.Objects {
		if chart != nil && !isManifest(r.Manifests, object.Source) {
			final.Objects[i].Source.File = chart.Place(object.Source).File // where a person finds it
		}
	}
	laid, err := state.Layout(state.Key{Environment: r.Environment, Release: r.Name}, final.Objects, metadata(r, chart, rendered, final, fields))
	if err != nil {
		list, err := work.Refusal(err)
		return nil, append(found, list...), err
	}
	p := &Product{release: &laid}
	p.Facts = Facts{
		Fingerprint: state.FingerprintOf(laid),
		Files:       len(laid.Files),
		Defines:     append(rendered.Defines, definedIn(r.Manifests, final.Objects)...),
		Allowed:     identities(final.Secrets),
		Omitted:     identities(final.Omitted),
		Unstable:    fields,
		Notes:       rendered.Notes,
		Warnings:    append(found, unserved(table, r.Manifests, final.Objects)...),
	}
	p.Unknown = unknown(scopeIn(table, p.Defines, r.Cluster), final.Objects)
	for _, object := range final.Objects {
		if object.ID.Group == "" && object.ID.Kind == "Namespace" && object.Hook == nil {
			p.Namespaces = append(p.Namespaces, object.ID.Name)
		}
	}
	return p, nil, nil
}

// unstable takes a release that another render changes through the same steps
// once more: only the final objects tell what a person would see change. What a
// patch overwrites or "omit" leaves out is not, what a replacement copies is.
func (h *Maker) unstable(ctx context.Context, in transform.Input, rendered render.Release, final transform.Result) ([]unstable.Field, diag.List, error) {
	if rendered.Variation == nil {
		return nil, nil, nil
	}
	other, found := transform.Apply(ctx, in, rendered.Variation)
	if err := ctx.Err(); err != nil || found.HasErrors() {
		return nil, found, err
	}
	fields := unstable.Find(final.Objects, other.Objects, rendered.Unstable)
	return slices.DeleteFunc(fields, func(f unstable.Field) bool { return transform.IsConfigHash(f.Path) }), nil, nil // it follows what is kept
}

// warnings are what a person is told of a product in every run, cached or not.
func (p *Product) warnings(r *plan.Release, chart *fetch.Chart) diag.List {
	found := slices.Clone(p.Warnings)
	for _, note := range p.Notes {
		found = append(found, note.Diagnostic(r, chart.Place))
	}
	return found
}

// Validate is what can be said of a release without rendering it.
func (h *Maker) Validate(ctx context.Context, r *plan.Release) diag.List {
	chart, found := h.Chart(ctx, r)
	if found.HasErrors() {
		return found
	}
	found = append(found, h.keys.reach(r.Kustomize)...)
	if chart == nil {
		return found
	}
	parsed, list := h.parse(r, chart)
	found = append(found, list...)
	if list.HasErrors() {
		return found
	}
	return append(found, render.Validate(ctx, parsed, r, render.Options{Place: chart.Place})...)
}

// Verify renders a release with Helm's own engine and compares.
func (h *Maker) Verify(ctx context.Context, r *plan.Release) (diag.List, error) {
	chart, found := h.Chart(ctx, r)
	if chart == nil || found.HasErrors() {
		return found, nil
	}
	parsed, found := h.parse(r, chart)
	if found.HasErrors() {
		return found, nil
	}
	options := render.Options{Place: chart.Place, Scope: declaredScope(r.Cluster)}
	ours, found := render.Render(ctx, parsed, r, options)
	if !found.HasErrors() {
		found = render.Verify(ctx, parsed, r, options, ours)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verify %s: %w", r.Name, err)
	}
	return found, nil
}
