package risk

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

var crdRules = []Rule{
	{ID: "crd/version-dropped", Level: Block, Title: "A CRD drops a version",
		Doc:    "The API server refuses to drop a version in which resources are stored; others that use it fail.",
		object: crd(versionDropped)},
	{ID: "crd/version-unserved", Level: Block, Title: "A CRD no longer serves a version",
		Doc:    "Whoever reads or writes resources in that version fails.",
		object: crd(versionUnserved)},
	{ID: "crd/storage-version", Level: Caution, Title: "A CRD stores another version",
		Doc:    "Resources stay stored as they were until each is written again; only then may the old version be dropped.",
		object: crd(storageVersion)},
}

// crdVersion is a version of a CRD.
type crdVersion struct {
	name            string
	path            diff.Path
	served, storage bool
}

func crd(find func(before, after []crdVersion) []finding) func(*object) []finding {
	return func(o *object) []finding {
		if !o.stays() || !is(o.id, "apiextensions.k8s.io", "CustomResourceDefinition") {
			return nil
		}
		return find(versions(o.before.tree()), versions(o.after.tree()))
	}
}

// versions reads both forms: the one of v1, and the single version of v1beta1.
func versions(t tree) []crdVersion {
	var all []crdVersion
	at := path("spec", "versions")
	for i, v := range mapsOf(items(t, "spec", "versions")) {
		all = append(all, crdVersion{text(v, "name"), named(at, v, i), truth(v, "served"), truth(v, "storage")})
	}
	if name := text(t, "spec", "version"); name != "" && len(all) == 0 {
		all = append(all, crdVersion{name, path("spec", "version"), true, true})
	}
	return all
}

func byVersion(all []crdVersion) map[string]crdVersion {
	by := map[string]crdVersion{}
	for _, v := range all {
		by[v.name] = v
	}
	return by
}

func versionDropped(before, after []crdVersion) []finding {
	now := byVersion(after)
	var found []finding
	for _, v := range before {
		if _, still := now[v.name]; still {
			continue
		}
		reason := fmt.Sprintf("version %s goes; what uses it fails", v.name)
		if v.storage {
			reason = fmt.Sprintf("version %s goes, in which resources are stored: the API server refuses that until all are stored in %s and status.storedVersions says so", v.name, stored(after))
		}
		found = append(found, finding{path: v.path, reason: reason})
	}
	return found
}

func stored(all []crdVersion) string {
	for _, v := range all {
		if v.storage {
			return v.name
		}
	}
	return "another"
}

func versionUnserved(before, after []crdVersion) []finding {
	now := byVersion(after)
	var found []finding
	for _, v := range before {
		if a, still := now[v.name]; still && v.served && !a.served {
			found = append(found, finding{path: a.path.Then(diff.Key("served")), reason: fmt.Sprintf("version %s is no longer served; what uses it fails", v.name)})
		}
	}
	return found
}

func storageVersion(before, after []crdVersion) []finding {
	now := byVersion(after)
	var found []finding
	for _, v := range before {
		if a, still := now[v.name]; still && v.storage && !a.storage {
			found = append(found, finding{path: a.path.Then(diff.Key("storage")),
				reason: fmt.Sprintf("resources are stored in %s instead of %s; those that are there stay as they are until somebody writes them", strings.TrimSpace(stored(after)), v.name)})
		}
	}
	return found
}
