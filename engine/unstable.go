package engine

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/schema/diag"
)

// unstable is a value of a final object that is another in every render: the
// object and the path are those of the state, the template and the line those of
// what made it up.
type unstable struct {
	render.Unstable
	Hook     bool   `json:"hook,omitempty"`  // a hook may have the identity of an ordinary object
	Spans    []span `json:"spans,omitempty"` // of a text: what is made up; none where it is all
	fleeting bool   // there in one render, not in the other
}

// differing compares the final objects of two renders; rendered says where in
// the templates things were made up.
func differing(final, other []manifest.Object, rendered []render.Unstable) []unstable {
	again := map[place]manifest.Object{}
	for _, o := range other {
		again[placeOf(o)] = o
	}
	by := newMakers(rendered)
	var all []unstable
	for _, o := range final {
		at := placeOf(o)
		twin, ok := again[at]
		delete(again, at)
		switch {
		case !ok:
			all = append(all, fleeting(o))
		case !bytes.Equal(o.Bytes(), twin.Bytes()):
			all = append(all, differences(o, twin, by)...)
		}
	}
	for _, o := range other {
		if _, left := again[placeOf(o)]; left {
			all = append(all, fleeting(o))
		}
	}
	slices.SortStableFunc(all, func(a, b unstable) int {
		return cmp.Or(a.ID.Compare(b.ID), strings.Compare(a.Path, b.Path))
	})
	return all
}

// place tells the objects of one release apart.
type place struct {
	manifest.ID
	hook bool
}

func placeOf(o manifest.Object) place { return place{o.ID, o.Hook != nil} }

func fleeting(o manifest.Object) unstable {
	return unstable{Unstable: render.Unstable{ID: o.ID, Template: o.Source.File, Line: o.Source.Line}, Hook: o.Hook != nil, fleeting: true}
}

func differences(o, twin manifest.Object, by makers) []unstable {
	var all []unstable
	for _, d := range render.Differences(o.Body(), twin.Body()) {
		if transform.IsConfigHash(d.Path) {
			continue // follows what is kept
		}
		u := by.of(o, d)
		a, first := d.A.(string)
		b, second := d.B.(string)
		if first && second {
			u.Spans = u.spans(a, b)
		}
		all = append(all, u)
	}
	return all
}

// encoded tells a value of a Secret that is a text in base64.
func (u *unstable) encoded() bool {
	return u.ID.Kind == "Secret" && u.ID.Group == "" && strings.HasPrefix(u.Path, "/data/")
}

func (u *unstable) spans(a, b string) []span {
	if !u.encoded() {
		return madeUp(a, b)
	}
	x, err := base64.StdEncoding.DecodeString(a)
	y, bad := base64.StdEncoding.DecodeString(b)
	if err != nil || bad != nil || !printable(x) || !printable(y) {
		return nil
	}
	return madeUp(string(x), string(y))
}

// printable tells a text from random bytes, in which line breaks mean nothing.
func printable(data []byte) bool {
	return utf8.Valid(data) && bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) < 0
}

// refuseUnkeepable reports what "keep" cannot carry over from any committed
// state: objects whose very name changes, and keys that come and go. To make new
// values in silence would rotate passwords.
func refuseUnkeepable(r *plan.Release, chart *fetch.Chart, found []unstable) diag.List {
	if r.Nondeterminism != "keep" {
		return nil
	}
	var refused diag.List
	said := map[render.Unstable]bool{}
	for _, u := range found {
		kind := render.Unstable{ID: manifest.ID{Group: u.ID.Group, Kind: u.ID.Kind}, Template: u.Template, Line: u.Line}
		if said[kind] || !u.fleeting {
			continue
		}
		said[kind] = true
		d := unkept(r, chart, u)
		if u.Path == "" {
			d = d.Detailf("The %s itself comes and goes: its name is another in every render, so there is nothing committed to keep.", u.ID.Kind).
				Remedyf("Give the object a fixed name through the values.")
		} else {
			d = d.Detailf("%s has a key that is another in every render, so there is nothing committed to keep.", u.ID).
				Remedyf("Give the key a fixed name through the values.")
		}
		refused = append(refused, d)
	}
	return refused
}

func unkept(r *plan.Release, chart *fetch.Chart, u unstable) diag.Diagnostic {
	return diag.Errorf(chart.Place(manifest.Source{File: u.Template, Line: u.Line}), "What the template makes up cannot be kept").
		Also(r.Range, "rendered for this release")
}

// refuseUnstable reports what differs from render to render, one diagnostic a
// template line, unless the release keeps such values.
func refuseUnstable(r *plan.Release, chart *fetch.Chart, unstable []unstable) diag.List {
	if r.Nondeterminism == "keep" {
		return nil
	}
	var found diag.List
	at := map[manifest.Source]int{}
	for _, u := range unstable {
		source := manifest.Source{File: u.Template, Line: u.Line}
		field := strings.TrimSpace(fmt.Sprintf("%s %s", u.ID, u.Path))
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
