package risk

import (
	"cmp"
	"fmt"
	"reflect"
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
	{ID: "crd/conversion", Level: Caution, Title: "A CRD's versions are converted in another way",
		Doc:    "Without a webhook only the apiVersion is changed between them, and what a version does not know is lost; with one, resources cannot be read in another version while it does not answer.",
		object: conversion},
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

// conversion fires for versions that differ: of one, and of two of one schema,
// nothing is lost, and nobody is asked.
func conversion(o *object) []finding {
	if !o.stays() || !is(o.id, "apiextensions.k8s.io", "CustomResourceDefinition") {
		return nil
	}
	strategy := func(s *side) string { return cmp.Or(text(s.tree(), "spec", "conversion", "strategy"), "None") }
	was, now := strategy(o.before), strategy(o.after)
	if was == now {
		return nil
	}
	var names []string
	var schemas []any
	differ := false
	for _, v := range mapsOf(items(o.after.tree(), "spec", "versions")) {
		if truth(v, "served") || truth(v, "storage") {
			names, schemas = append(names, text(v, "name")), append(schemas, get(v, "schema"))
			differ = differ || !reflect.DeepEqual(schemas[0], schemas[len(schemas)-1])
		}
	}
	switch all := some(names); {
	case len(names) < 2:
		return nil
	case now == "Webhook":
		return []finding{{path: path("spec", "conversion"), reason: fmt.Sprintf("a webhook converts between %s: while it does not answer, resources can be neither read nor written in a version that is not the stored one", all)}}
	case differ:
		return []finding{{path: path("spec", "conversion"), reason: fmt.Sprintf("no webhook converts between %s any more: a resource keeps its fields as they are, and those that the other version does not have are lost", all)}}
	}
	return nil
}
