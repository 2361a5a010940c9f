package review

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// sheet is a release as the views for people show it: what they have to read,
// and what is folded.
type sheet struct {
	*Release
	level   risk.Level // of its worst hit that nobody accepted; empty without one
	hits    int        // blockers and cautions that nobody accepted
	bundles []bundle
	routine routine
	where   Where // targets where it changes
	about   []int // hits on the release itself, or on objects that do not change
}

// bundle is what happens to one object, or to several in the same words, in the
// same places.
type bundle struct {
	Change                     // of the first object
	objects       []Change     // the first variant of each
	where         Where        // of all variants
	level         risk.Level   // of the worst hit that nobody accepted
	shown, folded []diff.Field // of all variants
	about         []int        // hits on what is shown, on the object, or on all of its variants
	variants      []variant    // where an object changes in several ways
	ownNames      bool         // the others have their own names in what is shown
}

// variant is what happens to an object on some targets only.
type variant struct {
	where         Where
	shown, folded []diff.Field
	about         []int
}

// routine is what changes in a release and nobody needs to read.
type routine struct {
	changes []Change // in which nothing else changes
	objects int      // in which something of it changes
	parts   []routinePart
}

// routinePart is one thing that these changes do.
type routinePart struct {
	what     string
	from, to string // empty where they are many, or not to be read
	objects  int
}

// sheets are the releases, riskiest first, of equal risk the smallest first.
func (r Review) sheets() []sheet {
	all := make([]sheet, len(r.Releases))
	for i := range r.Releases {
		all[i] = r.sheet(&r.Releases[i])
	}
	slices.SortStableFunc(all, func(a, b sheet) int {
		return cmp.Or(
			b.level.Compare(a.level),
			diff.FalseFirst(len(a.bundles) == 0, len(b.bundles) == 0),
			cmp.Compare(b.hits, a.hits),
			cmp.Compare(len(a.Changes), len(b.Changes)),
			strings.Compare(a.Name, b.Name),
		)
	})
	return all
}

func (r Review) sheet(release *Release) sheet {
	s := sheet{Release: release}
	for _, g := range release.Groups {
		for _, target := range g.Where {
			s.where = s.where.with(target)
		}
	}
	linked := map[int]bool{}
	for _, c := range release.Changes {
		for _, h := range c.Hits {
			linked[h] = true
		}
	}
	for i, h := range r.Hits {
		if h.Release != release.Name {
			continue
		}
		if !linked[i] {
			s.about = append(s.about, i)
		}
		if h.Waived == nil && h.Level != risk.Info {
			s.hits++
			s.level = risk.Worse(s.level, h.Level)
		}
	}

	var d digester
	first := map[digest]int{}
	for _, run := range s.runs() {
		b := r.bundle(run)
		if len(b.variants) == 0 && b.Was == nil {
			key := r.shape(&d, b)
			if i, ok := first[key]; ok {
				s.bundles[i].add(b)
				continue
			}
			first[key] = len(s.bundles)
		}
		s.bundles = append(s.bundles, b)
	}
	slices.SortStableFunc(s.bundles, func(a, b bundle) int { return b.level.Compare(a.level) })
	s.fold(r)
	return s
}

// runs are the changes that are to be read, those of one object together as far
// as the same becomes of it; the others are folded.
func (s *sheet) runs() [][]Change {
	var runs [][]Change
	for _, c := range s.Changes {
		if c.Routine && len(c.Hits) == 0 {
			s.routine.changes = append(s.routine.changes, c)
			continue
		}
		if len(runs) > 0 {
			last := &runs[len(runs)-1]
			if l := (*last)[0]; l.Object == c.Object && l.Hook == c.Hook && l.Status == c.Status && l.Keep == c.Keep && sameID(l.Was, c.Was) {
				*last = append(*last, c)
				continue
			}
		}
		runs = append(runs, []Change{c})
	}
	return runs
}

func sameID(a, b *manifest.ID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// bundle is the changes of one object: what they have in common, and what each
// has besides.
func (r Review) bundle(run []Change) bundle {
	b := bundle{Change: run[0], objects: run[:1]}
	var hits []int
	for _, c := range run {
		for _, target := range c.Where {
			b.where = b.where.with(target)
		}
		hits = append(hits, c.Hits...)
		for _, h := range c.Hits {
			if r.Hits[h].Waived == nil {
				b.level = risk.Worse(b.level, r.Hits[h].Level)
			}
		}
	}
	hit := r.hit(hits)
	if b.Was != nil { // its title says so
		run = slices.Clone(run)
		for i := range run {
			run[i].Fields = slices.DeleteFunc(slices.Clone(run[i].Fields), func(f diff.Field) bool { return f.Path.String() == "metadata.name" })
		}
	}
	if len(run) == 1 {
		b.shown, b.folded = split(run[0].Fields, hit)
		b.about = run[0].Hits
		return b
	}
	var d digester
	seen := map[digest]int{}
	sums := make([][]digest, len(run))
	common := map[int]int{}
	for i, c := range run {
		for j := range c.Fields {
			d.fields(c.Fields[j : j+1])
			sums[i] = append(sums[i], d.sum())
			seen[sums[i][j]]++
		}
		for _, h := range c.Hits {
			common[h]++
		}
	}
	for i, c := range run {
		v := variant{where: c.Where}
		var shared, own []diff.Field
		for j, f := range c.Fields {
			if seen[sums[i][j]] == len(run) {
				shared = append(shared, f)
				continue
			}
			own = append(own, f)
		}
		v.shown, v.folded = split(own, hit)
		for _, h := range c.Hits {
			if common[h] < len(run) {
				v.about = append(v.about, h)
			}
		}
		if i == 0 {
			b.shown, b.folded = split(shared, hit)
			for _, h := range c.Hits {
				if common[h] == len(run) {
					b.about = append(b.about, h)
				}
			}
		}
		b.variants = append(b.variants, v)
	}
	return b
}

// hit are the places of hits.
func (r Review) hit(hits []int) map[string]bool {
	places := map[string]bool{}
	for _, h := range hits {
		places[keys(r.Hits[h].Path)] = true
	}
	return places
}

// split parts fields that are to be read from routine ones without a hit.
func split(fields []diff.Field, hit map[string]bool) (shown, folded []diff.Field) {
	for _, f := range fields {
		if f.Class.Routine() && !hit[keys(f.Path)] {
			folded = append(folded, f)
			continue
		}
		shown = append(shown, f)
	}
	return shown, folded
}

// keys are a path without the items of lists, which may be named in several ways.
func keys(p diff.Path) string { return strings.Join(p.Keys(), "\n") }

// add puts another object into a bundle.
func (b *bundle) add(other bundle) {
	b.objects = append(b.objects, other.Change)
	b.about = append(slices.Clip(b.about), other.about...)
	b.ownNames = b.ownNames || b.Status == manifest.Changed && !sameFields(b.shown, other.shown)
}

func sameFields(a, b []diff.Field) bool {
	var one, other digester
	one.fields(a)
	other.fields(b)
	return one.sum() == other.sum()
}

// shape is what happens to an object and what was found in it, its own name left
// out wherever it stands.
func (r Review) shape(d *digester, b bundle) digest {
	d.own = b.Object.Name
	d.text(string(b.Status))
	d.text(b.Object.Group)
	d.text(b.Object.Kind)
	d.flag(b.Hook)
	d.flag(b.Keep)
	d.fields(b.Fields)
	d.where(b.where)
	d.number(len(b.about))
	for _, i := range b.about {
		h := r.Hits[i]
		d.text(h.Rule)
		d.text(h.Path.String())
		d.text(h.Reason)
		d.text(h.Consequence)
		d.flag(h.Waived != nil)
		d.where(h.Where)
	}
	sum := d.sum()
	d.own = ""
	return sum
}

// fold tells what the routine changes of a release do, in a few words.
func (s *sheet) fold(r Review) {
	type object struct {
		id   manifest.ID
		hook bool
	}
	parts := map[string]*routinePart{}
	seen, all := map[string]map[object]bool{}, map[object]bool{}
	for _, c := range s.Changes {
		of := object{c.Object, c.Hook}
		_, folded := split(c.Fields, r.hit(c.Hits))
		for _, f := range folded {
			p := routinePart{what: routineName(f)}
			if f.Class == diff.Label && f.Status == manifest.Changed {
				p.from, p.to = value(f.Before), value(f.After)
			}
			known, ok := parts[p.what]
			if !ok {
				known = &p
				parts[p.what], seen[p.what] = known, map[object]bool{}
			}
			if known.from != p.from || known.to != p.to {
				known.from, known.to = "", ""
			}
			seen[p.what][of], all[of] = true, true
		}
	}
	s.routine.objects = len(all)
	for what, p := range parts {
		p.objects = len(seen[what])
		s.routine.parts = append(s.routine.parts, *p)
	}
	slices.SortFunc(s.routine.parts, func(a, b routinePart) int {
		return cmp.Or(diff.FalseFirst(a.from == "", b.from == ""), cmp.Compare(b.objects, a.objects), strings.Compare(a.what, b.what))
	})
}

// routineName says of a routine field what it is.
func routineName(f diff.Field) string {
	last := "value"
	if keys := f.Path.Keys(); len(keys) > 0 {
		last = keys[len(keys)-1]
	}
	switch f.Class {
	case diff.Order:
		return "order of " + last
	case diff.Docs:
		return "descriptions"
	}
	return last
}

// differs counts the fields in which two groups of targets differ.
func (s sheet) differs(a, b Group) int {
	type field struct {
		object manifest.ID
		hook   bool
		path   string
	}
	one, other := map[field]digest{}, map[field]digest{}
	var d digester
	for _, c := range s.Changes {
		in, out := c.Where.has(a.Where[0]), c.Where.has(b.Where[0])
		if in == out {
			continue // in both, in neither
		}
		side := one
		if out {
			side = other
		}
		if c.Status != manifest.Changed {
			d.text(string(c.Status))
			d.text(string(c.Before))
			d.text(string(c.After))
			side[field{c.Object, c.Hook, ""}] = d.sum()
		}
		for i, f := range c.Fields {
			d.fields(c.Fields[i : i+1])
			side[field{c.Object, c.Hook, f.Path.String()}] = d.sum()
		}
	}
	n := 0
	for at, sum := range one {
		if other[at] != sum {
			n++
		}
		delete(other, at)
	}
	return n + len(other)
}

// findings are hits that say the same of several objects.
type findings struct {
	Hit
	objects []manifest.ID
}

// grouped brings hits together that differ in their object alone.
func grouped(hits []Hit) []findings {
	type key struct{ rule, level, release, path, reason, consequence, where string }
	var all []findings
	first := map[key]int{}
	for _, h := range hits {
		var where strings.Builder
		for _, t := range h.Where {
			where.WriteString(number(t) + " ")
		}
		k := key{h.Rule, string(h.Level), h.Release, h.Path.String(), h.Reason, h.Consequence, where.String()}
		i, ok := first[k]
		if !ok || h.Waived != nil {
			i = len(all)
			first[k] = i
			all = append(all, findings{Hit: h})
		}
		all[i].objects = append(all[i].objects, h.Object)
	}
	return all
}

// of are the hits of a level that nobody accepted.
func (r Review) of(level risk.Level) []Hit {
	return slices.DeleteFunc(slices.Clone(r.Hits), func(h Hit) bool { return h.Level != level || h.Waived != nil })
}

// notes are the hits for information, but for those that the deletions tell.
func (r Review) notes() []Hit {
	told := map[int]bool{}
	for _, release := range r.Releases {
		for _, c := range release.Changes {
			for _, h := range c.Hits {
				told[h] = told[h] || c.Status == manifest.Removed && r.Hits[h].Removal
			}
		}
	}
	var notes []Hit
	for i, h := range r.Hits {
		if h.Level == risk.Info && h.Waived == nil && !told[i] {
			notes = append(notes, h)
		}
	}
	return notes
}

func (r Review) waived() []Hit {
	return slices.DeleteFunc(slices.Clone(r.Hits), func(h Hit) bool { return h.Waived == nil })
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
