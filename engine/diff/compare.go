package diff

import (
	"bytes"
	"maps"
	"reflect"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

func compare(p Pair) Release {
	r := Release{Pair: p}
	var before, after manifest.Set
	if p.Before != nil {
		before = p.Before.Objects
	}
	if p.After != nil {
		after = p.After.Objects
	}
	type place struct {
		id   manifest.ID
		hook bool
	}
	old := map[place]manifest.Object{}
	for o := range before.All() {
		old[place{o.ID, o.Hook != nil}] = o
	}
	for o := range after.All() {
		at := place{o.ID, o.Hook != nil}
		b, ok := old[at]
		delete(old, at)
		switch {
		case !ok:
			r.Changes = append(r.Changes, Change{Status: manifest.Created, After: o})
		case bytes.Equal(b.Bytes(), o.Bytes()):
			r.Unchanged++
		default:
			r.Changes = append(r.Changes, Change{Status: manifest.Changed, Before: b, After: o, Fields: fields(nil, b.Body(), o.Body())})
		}
	}
	for o := range before.All() {
		if _, left := old[place{o.ID, o.Hook != nil}]; left {
			r.Changes = append(r.Changes, Change{Status: manifest.Removed, Before: o})
		}
	}
	slices.SortStableFunc(r.Changes, func(a, b Change) int { return a.Object().Compare(b.Object()) })
	return r
}

// fields compares two trees.
func fields(at Path, before, after any) []Field {
	b, isMap := before.(map[string]any)
	a, areMaps := after.(map[string]any)
	if !isMap || !areMaps {
		if reflect.DeepEqual(before, after) {
			return nil
		}
		return []Field{{Path: at, Status: manifest.Changed, Class: Other, Before: before, After: after}}
	}
	var found []Field
	keys := map[string]bool{}
	for key := range b {
		keys[key] = true
	}
	for key := range a {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		old, was := b[key]
		now, is := a[key]
		switch deeper := at.Then(Key(key)); {
		case !was:
			found = append(found, Field{Path: deeper, Status: manifest.Created, Class: Other, After: now})
		case !is:
			found = append(found, Field{Path: deeper, Status: manifest.Removed, Class: Other, Before: old})
		default:
			found = append(found, fields(deeper, old, now)...)
		}
	}
	return found
}
