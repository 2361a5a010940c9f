package product

import (
	"errors"
	"slices"

	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// definedIn is the kinds that CRDs among the plain manifests define.
func definedIn(manifests []schema.File, objects []manifest.Object) []render.Kind {
	var kinds []render.Kind
	for _, object := range objects {
		if object.ID.Kind != "CustomResourceDefinition" || !isManifest(manifests, object.Source) {
			continue
		}
		if kind, ok := DefinedBy(object.Body()); ok {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// DefinedBy reads what a CRD says of its kind.
func DefinedBy(tree any) (render.Kind, bool) {
	body, _ := tree.(map[string]any)
	spec, _ := body["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	group, _ := spec["group"].(string)
	kind, _ := names["kind"].(string)
	scope, _ := spec["scope"].(string)
	ok := body["kind"] == "CustomResourceDefinition" && kind != "" && scope != ""
	return render.Kind{Group: group, Kind: kind, Namespaced: scope == "Namespaced"}, ok
}

// unserved warns of plain manifests that the cluster's Kubernetes does not take;
// of rendered ones the renderer does.
func unserved(table *kube.Table, manifests []schema.File, objects []manifest.Object) diag.List {
	var found diag.List
	for _, object := range objects {
		if !isManifest(manifests, object.Source) {
			continue
		}
		if gap, ok := table.Gap(object.APIVersion, object.ID.Kind); ok {
			found = append(found, diag.Warningf(object.Source.Place(), "%s cannot be applied to Kubernetes %s", object.ID, table.Minor()).
				Detailf("%s.", gap).Remedyf("Write the manifest for an API that this Kubernetes serves."))
		}
	}
	return found
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
