package diff

import (
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

func compare(p Pair, schemas *Schemas) Release {
	r := Release{Pair: p}
	var before, after manifest.Set
	if p.Before != nil {
		before = p.Before.Objects
	}
	if p.After != nil {
		after = p.After.Objects
	}
	found := pair(before, after, p.From, p.Release)
	r.Unchanged = found.unchanged
	shapes := newShapes(p, schemas)
	for _, t := range found.changed {
		r.Changes = append(r.Changes, Change{
			Status: manifest.Changed, Before: t.before, After: t.after, Rename: t.rename, Similarity: t.similarity,
			Fields: shapes.compare(shapes.find(t.before, t.after), t.before, t.after),
		})
	}
	for _, o := range found.come {
		r.Changes = append(r.Changes, Change{Status: manifest.Created, After: o})
	}
	for _, o := range found.gone {
		r.Changes = append(r.Changes, Change{Status: manifest.Removed, Before: o})
	}
	slices.SortStableFunc(r.Changes, func(a, b Change) int { return a.Object().Compare(b.Object()) })
	return r
}

// FalseFirst compares as cmp.Compare does: what is not so goes before what is, as
// an object before a hook of its name.
func FalseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
