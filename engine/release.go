package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// hydrator takes one release at a time from plan to product. Safe for
// concurrent use; what releases share is in its fields.
type hydrator struct {
	store  *cache.Store
	keys   *keys
	charts *charts
	files  fs.FS
	memo   *manifest.Memo
}

// memoSize bounds the canonical bytes that are remembered between releases.
const memoSize = 128 << 20

func (run Run) hydrator() *hydrator {
	files := run.Project.FS()
	return &hydrator{
		store:  run.Cache,
		keys:   newKeys(run.Build, files),
		charts: newCharts(files),
		files:  files,
		memo:   manifest.NewMemo(memoSize),
	}
}

// hydrate returns a release's product: from the cache where all that goes into
// it is as it was and nothing fresh is asked for, else rendered.
func (h *hydrator) hydrate(ctx context.Context, r *plan.Release, fresh bool) (*product, diag.List, error) {
	chart, found := h.fetch(r)
	if found.HasErrors() {
		return nil, found, nil
	}
	digest := ""
	if chart != nil {
		digest = chart.Digest
	}
	key, found := h.keys.of(r, digest)
	if found.HasErrors() {
		return nil, found, nil
	}
	if !fresh {
		if p, ok := recall(h.store, key); ok {
			return p, p.warnings(r, chart), nil
		}
	}
	p, found, err := h.produce(ctx, r, chart)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	if err := rest(h.store, key, p); err != nil {
		p.held = true // the cache is full or gone: slower next time, no failure now
	}
	return p, p.warnings(r, chart), nil
}

// fetch returns the release's chart; nil where it has none.
func (h *hydrator) fetch(r *plan.Release) (*fetch.Chart, diag.List) {
	if r.Chart == nil {
		return nil, nil
	}
	return h.charts.fetch(*r.Chart)
}

// produce is the relay: chart and values to objects, objects to final objects,
// final objects to files.
func (h *hydrator) produce(ctx context.Context, r *plan.Release, chart *fetch.Chart) (*product, diag.List, error) {
	var rendered render.Release
	if chart != nil {
		parsed, found := h.charts.parse(chart)
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
	rendered.Unstable = slices.DeleteFunc(rendered.Unstable, func(u render.Unstable) bool {
		return slices.ContainsFunc(final.Omitted, func(o manifest.Object) bool { return o.ID == u.ID })
	})
	if unstable := refuseUnstable(r, chart, rendered.Unstable); unstable.HasErrors() {
		return nil, append(found, unstable...), nil
	}
	for i, object := range final.Objects {
		if chart != nil && !isManifest(r.Manifests, object.Source) {
			final.Objects[i].Source.File = chart.Place(object.Source).File // where a person finds it
		}
	}
	laid, err := state.Layout(state.Key{Environment: r.Environment, Release: r.Name}, final.Objects, metadata(r, chart, rendered, final))
	if err != nil {
		list, err := refusal(err)
		return nil, append(found, list...), err
	}
	p := &product{release: &laid}
	p.facts = facts{
		Fingerprint: state.FingerprintOf(laid),
		Files:       len(laid.Files),
		Defines:     append(rendered.Defines, definedIn(r.Manifests, final.Objects)...),
		Allowed:     identities(final.Secrets),
		Omitted:     identities(final.Omitted),
		Unstable:    rendered.Unstable,
		Notes:       rendered.Notes,
		Warnings:    found,
	}
	p.Unknown = unknown(scopeIn(table, p.Defines, r.Cluster), final.Objects)
	for _, object := range final.Objects {
		if object.ID.Group == "" && object.ID.Kind == "Namespace" && object.Hook == nil {
			p.Namespaces = append(p.Namespaces, object.ID.Name)
		}
	}
	return p, nil, nil
}

// definedIn is the kinds that CRDs among the plain manifests define.
func definedIn(manifests []schema.File, objects []manifest.Object) []render.Kind {
	var kinds []render.Kind
	for _, object := range objects {
		if object.ID.Kind != "CustomResourceDefinition" || !isManifest(manifests, object.Source) {
			continue
		}
		if kind, ok := definedBy(object.Body()); ok {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// definedBy reads what a CRD says of its kind.
func definedBy(tree any) (render.Kind, bool) {
	body, _ := tree.(map[string]any)
	spec, _ := body["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	group, _ := spec["group"].(string)
	kind, _ := names["kind"].(string)
	scope, _ := spec["scope"].(string)
	ok := body["kind"] == "CustomResourceDefinition" && kind != "" && scope != ""
	return render.Kind{Group: group, Kind: kind, Namespaced: scope == "Namespaced"}, ok
}

// isManifest tells an object of a plain manifest from one of the chart.
func isManifest(manifests []schema.File, source manifest.Source) bool {
	return slices.ContainsFunc(manifests, func(f schema.File) bool { return f.Path == source.File })
}

// unknown is the kinds of objects that scope cannot tell.
func unknown(scope func(group, kind string) (namespaced, known bool), objects []manifest.Object) []string {
	var kinds []string
	for _, object := range objects {
		if _, known := scope(object.ID.Group, object.ID.Kind); !known {
			kinds = append(kinds, object.ID.Kind+"."+object.ID.Group)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// table is the API table of a Kubernetes version, or of the nearest one that is
// known: scopes hardly change.
func table(version string) (*kube.Table, error) {
	table, err := kube.For(version)
	if unknown := (*kube.UnknownError)(nil); errors.As(err, &unknown) && unknown.Nearest != "" {
		return kube.For(unknown.Nearest)
	}
	return table, err
}

// declaredScope answers from the project's cluster block.
func declaredScope(cluster schema.Cluster) func(group, kind string) (namespaced, known bool) {
	return func(group, kind string) (namespaced, known bool) {
		return false, slices.Contains(cluster.ClusterScoped, kind+"."+group)
	}
}

// scopeIn answers from the cluster's Kubernetes, the release's own CRDs and the
// cluster block.
func scopeIn(table *kube.Table, defines []render.Kind, cluster schema.Cluster) func(group, kind string) (namespaced, known bool) {
	return func(group, kind string) (namespaced, known bool) {
		if namespaced, known = table.Scope(group, kind); known {
			return namespaced, true
		}
		for _, k := range defines {
			if k.Group == group && k.Kind == kind {
				return k.Namespaced, true
			}
		}
		return declaredScope(cluster)(group, kind)
	}
}

// warnings are what a person is told of a product in every run, cached or not.
func (p *product) warnings(r *plan.Release, chart *fetch.Chart) diag.List {
	found := slices.Clone(p.Warnings)
	for _, note := range p.Notes {
		found = append(found, note.Diagnostic(r, chart.Place))
	}
	return found
}

func identities(objects []manifest.Object) []manifest.ID {
	var ids []manifest.ID
	for _, object := range objects {
		ids = append(ids, object.ID)
	}
	slices.SortFunc(ids, manifest.ID.Compare)
	return ids
}

// everyCluster are the namespaces that Kubernetes makes by itself.
var everyCluster = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// metadata is what the state keeps of a release beside its files.
func metadata(r *plan.Release, chart *fetch.Chart, rendered render.Release, final transform.Result) state.Metadata {
	m := state.Metadata{
		APIVersions:    r.Cluster.APIVersions,
		Images:         images(final.Objects),
		Kubernetes:     r.Cluster.Kubernetes,
		Namespace:      r.Namespace,
		Needs:          r.After,
		OmittedSecrets: identities(final.Omitted),
		Sync:           state.Sync{Adopt: r.Sync.Adopt, Prune: r.Sync.Prune, Timeout: r.Sync.Timeout.String(), Wait: r.Sync.Wait},
		ValuesDigest:   r.Values.Digest(),
	}
	if r.Key != "" {
		m.Declaration = r.Declaration
	}
	if r.HelmName != r.Name {
		m.HelmName = r.HelmName
	}
	if r.CreateNamespace && !slices.Contains(everyCluster, r.Namespace) {
		m.Namespaces = []string{r.Namespace}
	}
	if chart != nil {
		m.Chart = &state.Chart{Digest: chart.Digest, Name: rendered.ChartName, Source: r.Chart.Source, Version: rendered.ChartVersion}
		if r.Chart.Kind == schema.Local {
			m.Chart.Source = "./" + r.Chart.Path // the same from whichever file of the project names it
		}
	}
	for _, ignore := range r.Sync.Ignore {
		m.Sync.Ignore = append(m.Sync.Ignore, state.Ignore{Fields: ignore.Fields, Group: ignore.Group, Kind: ignore.Kind, Name: ignore.Name, Namespace: ignore.Namespace})
	}
	for _, u := range rendered.Unstable {
		at := slices.IndexFunc(m.Unstable, func(known state.Unstable) bool { return known.Object == u.ID })
		if at < 0 {
			at = len(m.Unstable)
			m.Unstable = append(m.Unstable, state.Unstable{Object: u.ID})
		}
		m.Unstable[at].Fields = append(m.Unstable[at].Fields, u.Path)
	}
	return m
}

func images(objects []manifest.Object) []string {
	var all []string
	for _, object := range objects {
		all = append(all, object.Images()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// validate is what can be said of a release without rendering it.
func (h *hydrator) validate(ctx context.Context, r *plan.Release) diag.List {
	chart, found := h.fetch(r)
	if found.HasErrors() {
		return found
	}
	_, closures := h.keys.of(r, "")
	found = append(found, closures...)
	if chart == nil {
		return found
	}
	parsed, list := h.charts.parse(chart)
	found = append(found, list...)
	if list.HasErrors() {
		return found
	}
	return append(found, render.Validate(ctx, parsed, r, render.Options{Place: chart.Place})...)
}

// verify renders a release with Helm's own engine and compares.
func (h *hydrator) verify(ctx context.Context, r *plan.Release) (diag.List, error) {
	chart, found := h.fetch(r)
	if chart == nil || found.HasErrors() {
		return found, nil
	}
	parsed, found := h.charts.parse(chart)
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
