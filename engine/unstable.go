package engine

import (
	"fmt"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/schema/diag"
)

// refuseUnkeepable reports what "keep" cannot carry over from the committed
// state: objects whose very name changes, and objects that post-processing gives
// another name. To make new values in silence would rotate passwords.
func refuseUnkeepable(r *plan.Release, chart *fetch.Chart, unstable []render.Unstable, final []manifest.Object) diag.List {
	if r.Nondeterminism != "keep" {
		return nil
	}
	there := map[manifest.ID]bool{}
	for _, object := range final {
		there[object.ID] = true
	}
	var found diag.List
	said := map[render.Unstable]bool{}
	for _, u := range unstable {
		kind := render.Unstable{ID: manifest.ID{Group: u.ID.Group, Kind: u.ID.Kind}, Template: u.Template, Line: u.Line}
		if said[kind] || u.Path != "" && there[u.ID] {
			continue
		}
		said[kind] = true
		d := diag.Errorf(chart.Place(manifest.Source{File: u.Template, Line: u.Line}), "What the template makes up cannot be kept").Also(r.Range, "rendered for this release")
		if u.Path == "" {
			d = d.Detailf("The %s itself comes and goes: its name is another in every render, so there is nothing committed to keep.", u.ID.Kind).
				Remedyf("Give the object a fixed name through the values.")
		} else {
			d = d.Detailf("%s has another name after post-processing, so its committed values are not found.", u.ID).
				Remedyf("Take the renaming out of the kustomization of release %q, or give the chart the value instead of letting it make one up.", r.Name)
		}
		found = append(found, d)
	}
	return found
}

// refuseUnstable reports what differs from render to render, one diagnostic a
// template line, unless the release keeps such values.
func refuseUnstable(r *plan.Release, chart *fetch.Chart, unstable []render.Unstable) diag.List {
	if r.Nondeterminism == "keep" {
		return nil
	}
	var found diag.List
	at := map[manifest.Source]int{}
	for _, u := range unstable {
		source := manifest.Source{File: u.Template, Line: u.Line}
		field := fmt.Sprintf("%s %s", u.ID, u.Path)
		if i, ok := at[source]; ok {
			found[i].Detail += ", " + field
			continue
		}
		at[source] = len(found)
		found = append(found, diag.Errorf(chart.Place(source), "The template prints something else in every render").
			Detailf("It changes: %s", field).
			Remedyf("Give the chart the value instead of letting it make one up; or set nondeterminism = \"keep\" in release %q, which keeps the committed value until `weir hydrate --regenerate %s`.", r.Name, r.Name).
			Also(r.Range, "rendered for this release"))
	}
	for i := range found {
		found[i].Detail += "."
	}
	return found
}
