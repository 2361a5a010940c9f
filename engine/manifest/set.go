package manifest

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
)

// Set is the objects of a release, or of several, each identity once, in a
// fixed order, sealed. The zero value is empty. It is immutable.
//
// Hooks live apart from ordinary objects: the same Job may be there once as an
// object and once for each of Helm's phases.
type Set struct {
	objects []Object
}

// Duplicate is two objects that claim one identity, in the order given to
// NewSet. For hooks, Phase is the first one that they share.
type Duplicate struct {
	First, Second Object
	Phase         string
}

// NewSet sorts and seals objects. Of several with one identity the set holds
// the first; every other one is a Duplicate. Kinds that differ only in case are
// one kind: their files would be one file.
func NewSet(objects []Object) (Set, []Duplicate) {
	type key struct {
		id    ID
		phase string
	}
	var duplicates []Duplicate
	first := make(map[key]int, len(objects))
	kept := make([]Object, 0, len(objects))
	for _, o := range objects {
		k := key{id: o.ID}
		k.id.Kind = lower(k.id.Kind)
		phases := []string{""}
		if o.Hook != nil {
			phases = append([]string{o.Hook.Unknown}, o.Hook.Phases...)
			if o.Hook.Unknown == "" {
				phases = phases[1:]
			}
		}
		clash := false
		for _, k.phase = range phases {
			if i, ok := first[k]; ok {
				duplicates = append(duplicates, Duplicate{First: kept[i], Second: o, Phase: k.phase})
				clash = true
				break
			}
		}
		if clash {
			continue
		}
		for _, k.phase = range phases {
			first[k] = len(kept)
		}
		kept = append(kept, o.Sealed())
	}
	slices.SortStableFunc(kept, compareObjects)
	return Set{objects: kept}, duplicates
}

// compareObjects puts hooks behind the ordinary object of their identity, by
// their phases.
func compareObjects(a, b Object) int {
	return cmp.Or(
		a.ID.Compare(b.ID),
		slices.Compare(a.phases(), b.phases()),
	)
}

func (o Object) phases() []string {
	if o.Hook == nil {
		return nil
	}
	return o.Hook.Phases
}

// Len is the number of objects, a hook of several phases counted once.
func (s Set) Len() int { return len(s.objects) }

// At is the i-th object in the set's order.
func (s Set) At(i int) Object { return s.objects[i] }

// All yields every object in the set's order, hooks among them.
func (s Set) All() iter.Seq[Object] { return slices.Values(s.objects) }

// Find returns the object of an identity; the ordinary one where there is a
// hook too.
func (s Set) Find(id ID) (Object, bool) {
	i, found := slices.BinarySearchFunc(s.objects, id, func(o Object, id ID) int { return o.ID.Compare(id) })
	if !found {
		return Object{}, false
	}
	return s.objects[i], true
}

// Filter is the set of the objects that keep returns true for.
func (s Set) Filter(keep func(Object) bool) Set {
	var kept []Object
	for _, o := range s.objects {
		if keep(o) {
			kept = append(kept, o)
		}
	}
	return Set{objects: kept}
}

// Hooks returns the hooks of a phase in the order in which Helm runs them: by
// weight, then by name.
func (s Set) Hooks(phase string) []Object {
	var hooks []Object
	for _, o := range s.objects {
		if slices.Contains(o.phases(), phase) {
			hooks = append(hooks, o)
		}
	}
	slices.SortStableFunc(hooks, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Hook.Weight, b.Hook.Weight), strings.Compare(a.ID.Name, b.ID.Name))
	})
	return hooks
}

// Digest is the SHA-256 of all bytes of the set. Sources are no part of it.
func (s Set) Digest() [sha256.Size]byte {
	h := sha256.New()
	var size [8]byte
	for _, o := range s.objects {
		b := o.Bytes()
		binary.BigEndian.PutUint64(size[:], uint64(len(b)))
		h.Write(size[:])
		h.Write(b)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
