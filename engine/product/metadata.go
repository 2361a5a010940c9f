package product

import (
	"slices"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/schema"
)

func identities(objects []manifest.Object) []manifest.ID {
	var ids []manifest.ID
	for _, object := range objects {
		ids = append(ids, object.ID)
	}
	slices.SortFunc(ids, manifest.ID.Compare)
	return ids
}

// Declaration is the label of a for_each block; a block of one release says
// nothing more than the release's name.
func Declaration(r *plan.Release) string {
	if r.Key == "" {
		return ""
	}
	return r.Declaration
}

// metadata is what the state keeps of a release beside its files.
func metadata(r *plan.Release, chart *fetch.Chart, rendered render.Release, final transform.Result, fields []unstable.Field) state.Metadata {
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
	m.Declaration = Declaration(r)
	if r.HelmName != r.Name {
		m.HelmName = r.HelmName
	}
	if WantsNamespace(r) {
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
	for _, u := range fields { // sorted
		last := len(m.Unstable) - 1
		if last < 0 || m.Unstable[last].Object != u.ID {
			m.Unstable = append(m.Unstable, state.Unstable{Object: u.ID})
			last++
		}
		m.Unstable[last].Fields = append(m.Unstable[last].Fields, u.Path)
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
