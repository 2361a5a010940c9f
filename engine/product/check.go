package product

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/schema/diag"
)

// Reach is what is wrong with the files that a release's kustomizations reach.
func (m *Maker) Reach(r *plan.Release) diag.List { return m.keys.reach(r.Kustomize) }

// Kustomized are the files that a release's kustomizations reach, by path; what
// cannot be read is left out.
func (m *Maker) Kustomized(r *plan.Release) map[string]string {
	all := map[string]string{}
	for _, ref := range slices.Concat(r.Kustomize.Directories, r.Kustomize.Components) {
		files, _ := transform.Closure(m.files, ref)
		for _, file := range files {
			if data, err := fs.ReadFile(m.files, file); err == nil {
				all[file] = string(data)
			}
		}
	}
	return all
}

// Validate is what can be said of a release without rendering it.
func (m *Maker) Validate(ctx context.Context, r *plan.Release) diag.List {
	chart, found := m.Chart(ctx, r)
	if found.HasErrors() {
		return found
	}
	found = append(found, m.keys.reach(r.Kustomize)...)
	if chart == nil {
		return found
	}
	parsed, list := m.parse(r, chart)
	found = append(found, list...)
	if list.HasErrors() {
		return found
	}
	return append(found, render.Validate(ctx, parsed, r, render.Options{Place: chart.Place})...)
}

// Verify renders a release with Helm's own engine and compares.
func (m *Maker) Verify(ctx context.Context, r *plan.Release) (diag.List, error) {
	chart, found := m.Chart(ctx, r)
	if chart == nil || found.HasErrors() {
		return found, nil
	}
	parsed, found := m.parse(r, chart)
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
