package product

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// produce is the relay: chart and values to objects, objects to final objects,
// final objects to files.
func (m *Maker) produce(ctx context.Context, r *plan.Release, chart *fetch.Chart) (*Product, diag.List, error) {
	var rendered render.Release
	if chart != nil {
		parsed, found := m.parse(r, chart)
		if found.HasErrors() {
			return nil, found, nil
		}
		rendered, found = render.Render(ctx, parsed, r, render.Options{Memo: m.memo, Place: chart.Place, Scope: declaredScope(r.Cluster)})
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
	in := transform.Input{Release: r, Files: m.files, Scope: scopeIn(table, rendered.Defines, r.Cluster)}
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
	fields, unlike, err := m.unstable(ctx, in, rendered, final)
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
func (m *Maker) unstable(ctx context.Context, in transform.Input, rendered render.Release, final transform.Result) ([]unstable.Field, diag.List, error) {
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
