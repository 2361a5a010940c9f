package diff

import (
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// Stage is a rendering on the way from one side of a release to the other: what
// it is once a cause, and those before it, have come in.
type Stage struct {
	Cause   Cause
	Objects manifest.Set
}

// Attribute tells of every change in a release which cause it has: the first
// stage at which the field has its final value, or at which a created object is
// there and a removed one gone. What no stage reaches belongs to the last one.
// Causes of nothing are left out; the Fields of the others add up to the number
// of changes, a created or removed object counted as one.
func Attribute(r Release, stages []Stage) Release { return (*Schemas)(nil).Attribute(r, stages) }

// Attribute is the function Attribute with these schemas at hand. They must be
// those of Compare.
func (s *Schemas) Attribute(r Release, stages []Stage) Release {
	if len(stages) == 0 {
		return r
	}
	a := attribution{schemas: s, pair: r.Pair}
	for _, stage := range stages {
		a.stages = append(a.stages, newRendering(stage.Objects))
	}
	counts := make([]int, len(stages))
	changes := make([]Change, len(r.Changes))
	for i, c := range r.Changes {
		changes[i] = a.change(c)
		if c.Status != manifest.Changed {
			counts[changes[i].Cause]++
			continue
		}
		for _, f := range changes[i].Fields {
			counts[f.Cause]++
		}
	}
	r.Changes, r.Causes = changes, nil
	number := make([]int, len(stages))
	for i, stage := range stages {
		if counts[i] > 0 {
			number[i] = len(r.Causes)
			cause := stage.Cause
			cause.Fields = counts[i]
			r.Causes = append(r.Causes, cause)
		}
	}
	for i := range changes {
		if changes[i].Status != manifest.Changed {
			changes[i].Cause = number[changes[i].Cause]
		}
		for n := range changes[i].Fields {
			changes[i].Fields[n].Cause = number[changes[i].Fields[n].Cause]
		}
	}
	return r
}

type attribution struct {
	schemas *Schemas
	pair    Pair
	stages  []*rendering
	shapes  *shapesOf
}

// change attributes one change; causes count all stages.
func (a *attribution) change(c Change) Change {
	last := len(a.stages) - 1
	first := func(is func(*rendering) bool) int {
		if i := slices.IndexFunc(a.stages, is); i >= 0 {
			return i
		}
		return last
	}
	switch c.Status {
	case manifest.Created:
		c.Cause = first(func(s *rendering) bool { _, there := s.find(c.After); return there })
		return c
	case manifest.Removed:
		c.Cause = first(func(s *rendering) bool { _, there := s.find(c.Before); return !there })
		return c
	}
	c.Fields = slices.Clone(c.Fields)
	open := make([]int, len(c.Fields)) // the fields that have not got their final value
	for i := range open {
		open[i] = i
		c.Fields[i].Cause = last
	}
	for i, stage := range a.stages {
		if len(open) == 0 || i == last {
			break
		}
		left, reached := a.left(stage, c)
		if !reached {
			continue
		}
		open = slices.DeleteFunc(open, func(n int) bool {
			if slices.ContainsFunc(left, func(f Field) bool { return concerns(f, c.Fields[n]) }) {
				return false
			}
			c.Fields[n].Cause = i
			return true
		})
	}
	return c
}

// left is what is still to change in the object at a stage; it is false where
// the stage does not have the object.
func (a *attribution) left(stage *rendering, c Change) ([]Field, bool) {
	o, there := stage.find(c.After)
	if !there && c.Rename != NoRename {
		if o, there = stage.find(c.Before); !there && c.Rename == Hash {
			o, there = stage.findHashed(c.After)
		}
	}
	if !there {
		return nil, false
	}
	if slices.Equal(o.Bytes(), c.After.Bytes()) {
		return nil, true
	}
	if a.shapes == nil {
		a.shapes = newShapes(a.pair, a.schemas)
	}
	return a.shapes.compare(a.shapes.find(c.Before, c.After), o, c.After), true
}

// concerns tells that a change which is still to come touches the place of a
// field. Both are on the way to the same object, so that places mean the same;
// but for items that go, of which only the content is known.
func concerns(left, f Field) bool {
	if goesByIndex(left) || goesByIndex(f) {
		if goesByIndex(left) && goesByIndex(f) {
			return samePath(left.Path[:len(left.Path)-1], f.Path[:len(f.Path)-1]) && equal(left.Before, f.Before)
		}
		above, below := left, f
		if goesByIndex(left) {
			above, below = f, left
		}
		return len(above.Path) < len(below.Path) && !above.Order && samePath(above.Path, below.Path[:len(above.Path)])
	}
	if left.Order != f.Order && len(left.Path) != len(f.Path) { // order says nothing of the items
		if left.Order && len(left.Path) < len(f.Path) || f.Order && len(f.Path) < len(left.Path) {
			return false
		}
	}
	n := min(len(left.Path), len(f.Path))
	return samePath(left.Path[:n], f.Path[:n])
}

func goesByIndex(f Field) bool {
	last := len(f.Path) - 1
	return f.Status == manifest.Removed && last >= 0 && !f.Path[last].IsItem() && !f.Path[last].IsKey()
}

func samePath(a, b Path) bool {
	return slices.EqualFunc(a, b, func(a, b Step) bool {
		return a.Key == b.Key && a.Index == b.Index && slices.Equal(a.Item, b.Item)
	})
}

// rendering finds the objects of a stage.
type rendering struct {
	set    manifest.Set
	hooks  map[place][]manifest.Object
	hashed map[manifest.ID]manifest.Object // by their identity without kustomize's hash
}

func newRendering(set manifest.Set) *rendering { return &rendering{set: set} }

func (r *rendering) find(like manifest.Object) (manifest.Object, bool) {
	if like.Hook == nil {
		o, ok := r.set.Find(like.ID)
		return o, ok && o.Hook == nil
	}
	if r.hooks == nil {
		r.hooks = map[place][]manifest.Object{}
		for o := range r.set.All() {
			if o.Hook != nil {
				r.hooks[placeOf(o)] = append(r.hooks[placeOf(o)], o)
			}
		}
	}
	all := r.hooks[placeOf(like)]
	for _, o := range all {
		if slices.Equal(phases(o), phases(like)) {
			return o, true
		}
	}
	if len(all) == 1 { // the same one at another phase
		return all[0], true
	}
	return manifest.Object{}, false
}

// findHashed finds what has the same name but for kustomize's hash.
func (r *rendering) findHashed(like manifest.Object) (manifest.Object, bool) {
	if r.hashed == nil {
		r.hashed = map[manifest.ID]manifest.Object{}
		for o := range r.set.All() {
			if base, ok := withoutHash(o.ID.Name); ok {
				id := o.ID
				id.Name = base
				r.hashed[id] = o
			}
		}
	}
	id := like.ID
	id.Name, _ = withoutHash(id.Name)
	o, ok := r.hashed[id]
	return o, ok
}
