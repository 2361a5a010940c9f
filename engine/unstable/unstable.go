// Package unstable is about what templates make up: passwords, certificates,
// dates. It finds the fields that another render gives another value, and puts
// committed values in their place, wherever a patch or an upgrade moved them.
//
// It never guesses: of a field that cannot be told apart it says so, since a new
// password in silence is worse than an error. It knows neither releases nor
// repositories; engine/keep.go, in the package above, does.
//
// Find compares two renders: texts word by word (splice.go), each field with the
// template's line that made it (makers.go). Kept.Carry (carry.go) goes through an
// object's new and committed tree; align.go pairs the items of their lists.
package unstable

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
)

// Field is a value of a final object that is another in every render: the object
// and the path are those of the state, the template and the line those of what
// made it up. Without a path it is the object itself that comes and goes.
type Field struct {
	render.Unstable
	Hook     bool   `json:"hook,omitempty"`  // a hook may have the identity of an ordinary object
	Spans    []Span `json:"spans,omitempty"` // of a text: what is made up; none where it is all
	Fleeting bool   `json:"-"`               // there in one render, not in the other
}

// Find compares the final objects of two renders; rendered says where in the
// templates things were made up. The fields are sorted by object and path.
func Find(final, other []manifest.Object, rendered []render.Unstable) []Field {
	again := map[place]manifest.Object{}
	for _, o := range other {
		again[placeOf(o)] = o
	}
	by := newMakers(rendered)
	var all []Field
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
	slices.SortStableFunc(all, func(a, b Field) int {
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

func fleeting(o manifest.Object) Field {
	return Field{Unstable: render.Unstable{ID: o.ID, Template: o.Source.File, Line: o.Source.Line}, Hook: o.Hook != nil, Fleeting: true}
}

func differences(o, twin manifest.Object, by makers) []Field {
	var all []Field
	for _, d := range render.Differences(o.Body(), twin.Body()) {
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
func (u *Field) encoded() bool {
	return u.ID.Kind == "Secret" && u.ID.Group == "" && strings.HasPrefix(u.Path, "/data/")
}

func (u *Field) spans(a, b string) []Span {
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
