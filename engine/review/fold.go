package review

import (
	"cmp"
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
	ways    []way // targets in which the same is to be read; the most first
	where   Where // targets where it changes
	about   []int // hits on the release itself, or on objects that do not change
}

// bundle is what happens to one object, or to several in the same words, in the
// same places.
type bundle struct {
	Change                      // of the first object
	objects       []Change      // the first variant of each
	ids           []manifest.ID // of all variants of all
	where         Where         // of all variants
	level         risk.Level    // of the worst hit that nobody accepted
	shown, folded []diff.Field  // of all variants
	about         []int         // hits on what is shown, on the object, or on all of its variants
	variants      []variant     // where an object changes in several ways
	ownNames      bool          // the others have their own names in what is shown
	like          digest        // of what changes but for names and numbers; zero where nobody needs it
}

// variant is what happens to an object on some targets only.
type variant struct {
	where         Where
	shown, folded []diff.Field
	about         []int
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
			diff.FalseFirst(a.CreateNamespace, b.CreateNamespace),
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
	r.mark(s.bundles)
	s.ways = s.waysOf(r)
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
			if l := (*last)[0]; l.anywhere() == c.anywhere() && l.Hook == c.Hook && l.Status == c.Status && l.Keep == c.Keep && sameID(l.Was, c.Was) {
				*last = append(*last, c)
				continue
			}
		}
		runs = append(runs, []Change{c})
	}
	return runs
}

func sameID(a, b *manifest.ID) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Kind == b.Kind && a.Name == b.Name
}

// home is the namespace of the release as far as the change tells.
func (c Change) home() home {
	if !c.Own {
		return home{}
	}
	return home{after: c.Object.Namespace}
}

// bundle is the changes of one object: what they have in common, and what each
// has besides.
func (r Review) bundle(run []Change) bundle {
	b := bundle{Change: run[0], objects: run[:1]}
	var hits []int
	for _, c := range run {
		b.ids = append(b.ids, c.everywhere()...)
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
		d.home, d.reach = c.home(), byKey
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
	b.ids = append(b.ids, other.ids...)
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

// manyAlike is how many objects or fields of one shape are shown before the rest
// is counted.
const manyAlike = 20

// mark tells of many bundles which are alike but for names and numbers.
func (r Review) mark(bundles []bundle) {
	if len(bundles) <= manyAlike+1 {
		return
	}
	d := digester{loose: true}
	for i := range bundles {
		if b := &bundles[i]; len(b.variants) == 0 && b.Was == nil && len(b.about) == 0 && b.Status == manifest.Changed {
			b.like = r.shape(&d, *b)
		}
	}
}
