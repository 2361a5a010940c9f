package transform

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// joinManifests adds the objects of the release's plain manifests behind the
// rendered ones. They are treated as rendered objects are: Lists expanded, the
// release's namespace filled in, `hooks` and `crds` obeyed.
func joinManifests(r *run, drafts []*draft) []*draft {
	if len(r.Release.Manifests) == 0 {
		return drafts
	}
	var joined []manifest.Object
	for _, file := range r.Release.Manifests {
		joined = append(joined, r.readManifest(file)...)
	}
	r.learnScopes(joined)
	for _, d := range drafts {
		r.dropNamespace(d) // of custom resources whose CRD is among the manifests
	}
	added := newDrafts(slices.DeleteFunc(joined, func(o manifest.Object) bool { return !r.wants(o) }))
	for _, d := range added {
		r.dropNamespace(d)
		r.fillNamespace(d)
	}
	return append(drafts[:len(drafts):len(drafts)], added...)
}

// readManifest reads one file of plain manifests.
func (r *run) readManifest(file schema.File) []manifest.Object {
	documents, failed := manifest.Read(file.Data)
	for _, err := range failed {
		r.report(diag.Errorf(lineOf(file.Path, err.Line, err.Column), "%s is no valid YAML", file.Path).
			Detailf("Line %d: %s.", err.Line, err.Msg).
			Remedyf("Correct the file; Kubernetes would refuse it too.").
			Also(file.Range, "release %q reads it as a plain manifest", r.Release.Name))
	}
	var objects []manifest.Object
	for i, document := range documents {
		r.reportDuplicates(file.Path, document)
		source := manifest.Source{File: file.Path, Line: document.Line}
		for _, tree := range manifest.Expand(document.Tree) {
			body, isMap := tree.(map[string]any)
			err := fmt.Errorf("it is no map")
			var object manifest.Object
			if isMap {
				object, err = manifest.New(body, source)
			}
			if err != nil {
				r.report(diag.Errorf(lineOf(file.Path, document.Line, 0), "Document %d of %s is no Kubernetes object", i+1, file.Path).
					Detailf("It is none because %v.", err).
					Remedyf("Every document of a plain manifest has apiVersion, kind and metadata.name.").
					Also(file.Range, "release %q reads it as a plain manifest", r.Release.Name))
				continue
			}
			objects = append(objects, object)
		}
	}
	return objects
}

func (r *run) reportDuplicates(file string, document manifest.Document) {
	for _, key := range document.Duplicates {
		r.report(diag.Warningf(lineOf(file, key.Line, key.Column), "key %q is twice in one map", key.Key).
			Detailf("The later one wins; the value in line %d is lost.", key.First).
			Remedyf("Remove one of them.").
			Also(lineOf(file, key.First, 0), "the first one"))
	}
}

// learnScopes lets the CRDs among the plain manifests say where their objects
// live.
func (r *run) learnScopes(objects []manifest.Object) {
	scopes := map[[2]string]bool{}
	for _, o := range objects {
		if !isCRD(o) {
			continue
		}
		spec, _ := o.Body()["spec"].(map[string]any)
		names, _ := spec["names"].(map[string]any)
		group, _ := spec["group"].(string)
		kind, _ := names["kind"].(string)
		scopes[[2]string{group, kind}] = spec["scope"] != "Cluster"
	}
	if len(scopes) == 0 {
		return
	}
	outer := r.Scope
	r.Scope = func(group, kind string) (namespaced, known bool) {
		if namespaced, known := scopes[[2]string{group, kind}]; known {
			return namespaced, true
		}
		if outer == nil {
			return false, false
		}
		return outer(group, kind)
	}
}

func isCRD(o manifest.Object) bool {
	return o.ID.Kind == "CustomResourceDefinition" && o.ID.Group == "apiextensions.k8s.io"
}

// wants tells whether the release's `hooks` and `crds` let an object in. Helm's
// test hooks are never part of a release.
func (r *run) wants(o manifest.Object) bool {
	switch {
	case r.Release.CRDs == "skip" && isCRD(o), r.Release.CRDs == "only" && !isCRD(o):
		return false
	case o.Hook == nil:
		return true
	case o.Hook.Unknown != "":
		r.report(diag.Warningf(o.Source.Place(), "%v is left out: Helm knows no hook %s", o.ID, o.Hook.Unknown).
			Remedyf("Correct its helm.sh/hook annotation."))
		return false
	}
	return r.Release.Hooks != "drop" && !slices.Contains(o.Hook.Phases, "test")
}

// fillNamespace gives a namespaced object without a namespace the release's.
func (r *run) fillNamespace(d *draft) {
	if d.ID.Namespace != "" || !r.namespaced(d.ID.Group, d.ID.Kind) {
		return
	}
	d.body()["metadata"].(map[string]any)["namespace"] = r.Release.Namespace
	d.replace(d.body())
}

// dropNamespace takes a namespace away from an object that lives in none, as
// the API server does.
func (r *run) dropNamespace(d *draft) {
	if d.ID.Namespace == "" || r.namespaced(d.ID.Group, d.ID.Kind) {
		return
	}
	delete(d.body()["metadata"].(map[string]any), "namespace")
	d.replace(d.body())
}

func lineOf(file string, line, column int) diag.Range {
	at := diag.Pos{Line: line, Column: column}
	return diag.Range{File: file, Start: at, End: at}
}

func upperFirst(s string) string {
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
