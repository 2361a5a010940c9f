package product

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/schema/diag"
)

// Past is what an earlier run left of a release.
type Past struct {
	state.Key // another one where the release moved
	Read      func(path string) ([]byte, error)
}

// file reads the committed file behind one of a release that is to be written.
func (p Past) file(now state.Key, path string) ([]byte, error) {
	return p.Read(strings.Replace(path, "/"+now.String()+"/", "/"+p.String()+"/", 1))
}

// made tells whether the committed release has values that were made up: new
// ones would then take their place.
func (p Past) made() (bool, error) {
	data, err := p.Read(state.MetadataPath(p.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var m state.Metadata
	err = json.Unmarshal(data, &m)
	return err == nil && len(m.Unstable) > 0, nil //nolint:nilerr // damaged by hand: others complain
}

// Carried is a release with committed values in its unstable fields.
type Carried struct {
	unstable.Kept
	Release state.Release
}

// Whole tells whether every field has its committed value.
func (c Carried) Whole() bool { return len(c.Absent)+len(c.Misfit) == 0 }

// Carry puts the committed values into a release's unstable fields, all of them
// or none: a certificate and the authority that signed it belong together. The
// release it is given stays as it is.
func Carry(p Past, r state.Release, fields []unstable.Field) (Carried, error) {
	done, err := carryAny(p, r, fields)
	if err != nil || !done.Whole() {
		done.Release = r
	}
	return done, err
}

// carryAny puts what is committed into those unstable fields that it fits.
func carryAny(p Past, r state.Release, fields []unstable.Field) (Carried, error) {
	done := Carried{Release: r}
	done.Release.Files = slices.Clone(r.Files)
	wanted := unstable.ByObject(fields)
	for i, file := range r.Files {
		if !wanted.Has(file.Object, file.Hook != nil) {
			continue
		}
		committed, err := p.file(r.Key, file.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return done, err
		}
		if done.Release.Files[i].Data, err = done.Carry(wanted, file.Object, file.Hook != nil, file.Data, committed); err != nil {
			return done, err
		}
	}
	return done, nil
}

// CarryOver gives a release the values of another one where both make them up:
// they would be kept, and are no change.
func CarryOver(old, now state.Release, release *plan.Release, fields []unstable.Field) (state.Release, error) {
	if len(fields) == 0 {
		return now, nil
	}
	before := map[string][]byte{}
	for _, file := range old.Files {
		before[file.Path] = file.Data
	}
	done, err := carryAny(Past{Key: old.Key, Read: func(path string) ([]byte, error) { return before[path], nil }}, now, fields)
	if err != nil {
		return now, err
	}
	if done.Count > 0 && release.RestartOnConfigChange {
		return HashAgain(done.Release)
	}
	return done.Release, nil
}

// Refuse reports what is not to be kept although there is something to keep: to
// make new values in silence would rotate passwords. Of a release that never had
// such values all are new.
func (c Carried) Refuse(p Past, r *plan.Release, chart *fetch.Chart) (diag.List, error) {
	if c.Count+len(c.Misfit) == 0 {
		if made, err := p.made(); err != nil || !made {
			return nil, err
		}
	}
	var found diag.List
	said := map[manifest.Source]bool{}
	report := func(u *unstable.Field, detail string) {
		at := manifest.Source{File: u.Template, Line: u.Line}
		if said[at] {
			return
		}
		said[at] = true
		found = append(found, unkept(r, chart, *u).Detailf("%s %s %s", u.ID, u.Path, detail).
			Remedyf("`weir hydrate --regenerate %s` makes all such values of the release anew. To keep the others, give the chart this value instead of letting it make one up.", r.Name))
	}
	for _, u := range c.Misfit {
		report(u, "does not line up with what is committed: what stands around it has changed too, and it cannot be told which committed value was this one.")
	}
	for _, u := range c.Absent {
		report(u, "has no committed value, but the release has others: they may belong together, so all are kept or none.")
	}
	return found, nil
}

// refuseUnkeepable reports what "keep" cannot carry over from any committed
// state: objects whose very name changes, and keys that come and go. To make new
// values in silence would rotate passwords.
func refuseUnkeepable(r *plan.Release, chart *fetch.Chart, found []unstable.Field) diag.List {
	if r.Nondeterminism != "keep" {
		return nil
	}
	var refused diag.List
	said := map[render.Unstable]bool{}
	for _, u := range found {
		kind := render.Unstable{ID: manifest.ID{Group: u.ID.Group, Kind: u.ID.Kind}, Template: u.Template, Line: u.Line}
		if said[kind] || !u.Fleeting {
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

func unkept(r *plan.Release, chart *fetch.Chart, u unstable.Field) diag.Diagnostic {
	return diag.Errorf(chart.Place(manifest.Source{File: u.Template, Line: u.Line}), "What the template makes up cannot be kept").
		Also(r.Range, "rendered for this release")
}

// refuseUnstable reports what differs from render to render, one diagnostic a
// template line, unless the release keeps such values.
func refuseUnstable(r *plan.Release, chart *fetch.Chart, fields []unstable.Field) diag.List {
	if r.Nondeterminism == "keep" {
		return nil
	}
	var found diag.List
	at := map[manifest.Source]int{}
	for _, u := range fields {
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
