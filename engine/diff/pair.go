package diff

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// place is what makes an object of one side the same as one of the other. Hooks
// live apart from ordinary objects.
type place struct {
	id   manifest.ID
	hook bool
}

func placeOf(o manifest.Object) place { return place{o.ID, o.Hook != nil} }

// twins are an object of each side that are one.
type twins struct {
	before, after manifest.Object
	rename        Rename
	similarity    float64
}

// pairing is who belongs to whom. Objects are in the order of their sets.
type pairing struct {
	unchanged int
	changed   []twins
	gone      []manifest.Object // of before, without a successor
	come      []manifest.Object // of after, without a predecessor
}

// pair puts together the objects of two sets: those with the same identity
// first, then those that were probably renamed, be it with their release, whose
// name was from and is to.
func pair(before, after manifest.Set, from, to string) pairing {
	var p pairing
	olds := make(map[place][]manifest.Object, before.Len())
	for o := range before.All() {
		olds[placeOf(o)] = append(olds[placeOf(o)], o)
	}
	var late []manifest.Object // hooks of an identity that changed their phases
	match := func(o manifest.Object, accept func(manifest.Object) bool) bool {
		candidates := olds[placeOf(o)]
		i := slices.IndexFunc(candidates, accept)
		if i < 0 {
			return false
		}
		if b := candidates[i]; bytes.Equal(b.Bytes(), o.Bytes()) {
			p.unchanged++
		} else {
			p.changed = append(p.changed, twins{before: b, after: o})
		}
		if len(candidates) == 1 {
			delete(olds, placeOf(o))
		} else {
			olds[placeOf(o)] = slices.Concat(candidates[:i], candidates[i+1:])
		}
		return true
	}
	for o := range after.All() {
		if !match(o, func(b manifest.Object) bool { return slices.Equal(phases(b), phases(o)) }) {
			late = append(late, o)
		}
	}
	for _, o := range late {
		if !match(o, func(manifest.Object) bool { return true }) {
			p.come = append(p.come, o)
		}
	}
	if len(olds) > 0 {
		for o := range before.All() {
			p.gone = append(p.gone, olds[placeOf(o)]...)
			delete(olds, placeOf(o))
		}
	}
	p.renames(from, to)
	return p
}

func phases(o manifest.Object) []string {
	if o.Hook == nil {
		return nil
	}
	return o.Hook.Phases
}

// renames finds objects of gone again in come.
func (p *pairing) renames(from, to string) {
	if len(p.gone) == 0 || len(p.come) == 0 {
		return
	}
	// Objects of other kinds or namespaces are never one.
	type family struct {
		group, kind, namespace string
		hook                   bool
	}
	familyOf := func(o manifest.Object) family {
		return family{o.ID.Group, o.ID.Kind, o.ID.Namespace, o.Hook != nil}
	}
	olds := map[family][]int{}
	for i, o := range p.gone {
		olds[familyOf(o)] = append(olds[familyOf(o)], i)
	}
	news := map[family][]int{}
	var families []family
	for j, o := range p.come {
		f := familyOf(o)
		if olds[f] == nil {
			continue
		}
		if news[f] == nil {
			families = append(families, f)
		}
		news[f] = append(news[f], j)
	}
	takenOld, takenNew := make([]bool, len(p.gone)), make([]bool, len(p.come))
	take := func(i, j int, how Rename, similarity float64) {
		if takenOld[i] || takenNew[j] {
			return
		}
		takenOld[i], takenNew[j] = true, true
		p.changed = append(p.changed, twins{p.gone[i], p.come[j], how, similarity})
	}
	for _, f := range families {
		for _, m := range sameButForHash(p.gone, p.come, olds[f], news[f]) {
			take(m.i, m.j, Hash, 0)
		}
		left := func(all []int, taken []bool) []int {
			return slices.DeleteFunc(slices.Clone(all), func(i int) bool { return taken[i] })
		}
		for _, m := range sameButForRelease(p.gone, p.come, left(olds[f], takenOld), left(news[f], takenNew), from, to) {
			take(m.i, m.j, Moved, 0)
		}
		for _, g := range alike(p.gone, p.come, left(olds[f], takenOld), left(news[f], takenNew)) {
			take(g.i, g.j, Guess, g.similarity)
		}
	}
	p.gone = keep(p.gone, takenOld)
	p.come = keep(p.come, takenNew)
}

func keep(objects []manifest.Object, taken []bool) []manifest.Object {
	var kept []manifest.Object
	for i, o := range objects {
		if !taken[i] {
			kept = append(kept, o)
		}
	}
	return kept
}

// sameButForHash pairs names that differ in nothing but the hash of their
// content that kustomize appends. Where several have one name without it,
// nothing says which belongs to which.
func sameButForHash(gone, come []manifest.Object, olds, news []int) []match {
	bases := map[string]*[2][]int{}
	add := func(objects []manifest.Object, all []int, side int) {
		for _, i := range all {
			if base, ok := withoutHash(objects[i].ID.Name); ok {
				if bases[base] == nil {
					bases[base] = &[2][]int{}
				}
				bases[base][side] = append(bases[base][side], i)
			}
		}
	}
	add(gone, olds, 0)
	add(come, news, 1)
	var found []match
	for _, b := range bases {
		if len(b[0]) == 1 && len(b[1]) == 1 {
			found = append(found, match{b[0][0], b[1][0]})
		}
	}
	slices.SortFunc(found, func(a, b match) int { return cmp.Compare(a.i, b.i) })
	return found
}

// sameButForRelease pairs names that differ in nothing but the release's name, and
// in the hash that kustomize appends.
func sameButForRelease(gone, come []manifest.Object, olds, news []int, from, to string) []match {
	if from == "" || from == to {
		return nil
	}
	base := func(o manifest.Object) string {
		if base, ok := withoutHash(o.ID.Name); ok {
			return base
		}
		return o.ID.Name
	}
	var found []match
	named := map[string]*[2][]int{}
	add := func(name string, side, i int) {
		if named[name] == nil {
			named[name] = &[2][]int{}
		}
		named[name][side] = append(named[name][side], i)
	}
	for _, i := range olds {
		if name, has := withRelease(base(gone[i]), from, to); has {
			add(name, 0, i)
		}
	}
	for _, j := range news {
		add(base(come[j]), 1, j)
	}
	for _, n := range named {
		if len(n[0]) == 1 && len(n[1]) == 1 {
			found = append(found, match{n[0][0], n[1][0]})
		}
	}
	slices.SortFunc(found, func(a, b match) int { return cmp.Compare(a.i, b.i) })
	return found
}

// withRelease is a name with the release's new name in it for the old one, where
// that is one of its words or several.
func withRelease(name, from, to string) (string, bool) {
	const between = "-.:"
	var b strings.Builder
	has, rest := false, name
	for {
		i := strings.Index(rest, from)
		if i < 0 {
			b.WriteString(rest)
			return b.String(), has
		}
		end := i + len(from)
		begins := i == 0 && b.Len() == 0 || i > 0 && strings.IndexByte(between, rest[i-1]) >= 0
		ends := end == len(rest) || strings.IndexByte(between, rest[end]) >= 0
		if begins && ends {
			has = true
			b.WriteString(rest[:i] + to)
			rest = rest[end:]
			continue
		}
		b.WriteString(rest[:i+1])
		rest = rest[i+1:]
	}
}

// withoutHash cuts kustomize's hash off a name: ten hexadecimal digits in which
// those that could spell a word are replaced (encode in its api/hasher).
func withoutHash(name string) (base string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || len(name)-i-1 != 10 || strings.Trim(name[i+1:], "2456789bcdfghkmt") != "" {
		return "", false
	}
	return name[:i], true
}
