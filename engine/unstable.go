package engine

import (
	"fmt"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/schema/diag"
)

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
