package review

import (
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// causes are, of each hit, the lines of the project that caused what it is about;
// the zero range where nobody looked, or where it is no line that did.
func (r Review) causes() []diag.Range {
	places := make([]diag.Range, len(r.Hits))
	for _, release := range r.Releases {
		for _, c := range release.Changes {
			for _, h := range c.Hits {
				if places[h].File == "" {
					places[h] = release.placeOf(c, r.Hits[h])
				}
			}
		}
	}
	return places
}

// placeOf is the line that caused what a hit is about: of a change of its field,
// of one above or below it, else of whatever changes in the object.
func (r Release) placeOf(c Change, h Hit) diag.Range {
	place := func(cause int) diag.Range {
		if cause < 0 || cause >= len(r.Causes) {
			return diag.Range{}
		}
		return r.Causes[cause].Place
	}
	if c.Status != manifest.Changed {
		return place(c.Cause)
	}
	var best diag.Range
	closest := -1
	path := h.Path.Keys()
	for _, f := range c.Fields {
		keys := f.Path.Keys()
		near := 0
		for near < min(len(path), len(keys)) && path[near] == keys[near] {
			near++
		}
		if f.Path.String() == h.Path.String() {
			near++ // the very item of a list, too
		}
		if near > closest || near == closest && best.File == "" {
			best, closest = place(f.Cause), near
		}
	}
	if within := min(len(path), 2); closest < within { // it is about something else
		return diag.Range{}
	}
	return best
}

// on is what the object is called on a target.
func (h Hit) on(target int) manifest.ID {
	id := h.Object
	for _, n := range h.Namespaces {
		if n.Where.has(target) {
			id.Namespace = n.Name
		}
	}
	return id
}
