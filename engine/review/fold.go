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
	level   int // of its worst hit that nobody accepted; 0 without one
	hits    int // not accepted
	bundles []bundle
	routine routine
	where   Where // targets where it changes
}

// bundle is objects to which the very same happens, in the same places.
type bundle struct {
	Change  // of the first
	objects []Change
	level   int
}

// routine is the changes of a release that nobody needs to read.
type routine struct {
	changes []Change
	parts   []routinePart
}

// routinePart is one thing that these changes do.
type routinePart struct {
	what     string
	from, to string // empty where they are many, or not to be read
}

// sheets are the releases, riskiest first, of equal risk the smallest first.
func (r Review) sheets() []sheet {
	all := make([]sheet, len(r.Releases))
	for i := range r.Releases {
		all[i] = r.sheet(&r.Releases[i])
	}
	slices.SortStableFunc(all, func(a, b sheet) int {
		return cmp.Or(
			cmp.Compare(b.level, a.level),
			falseFirst(len(a.bundles) == 0, len(b.bundles) == 0),
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
	for _, h := range r.Hits {
		if h.Release == release.Name && h.Waived == nil {
			s.hits++
			s.level = max(s.level, severity(h.Level))
		}
	}
	var d digester
	first := map[digest]int{}
	for _, c := range release.Changes {
		if c.Routine && len(c.Hits) == 0 {
			s.routine.changes = append(s.routine.changes, c)
			continue
		}
		level := 0
		for _, h := range c.Hits {
			if r.Hits[h].Waived == nil {
				level = max(level, severity(r.Hits[h].Level))
			}
		}
		if len(c.Hits) > 0 || c.Was != nil { // what is said of each differs
			s.bundles = append(s.bundles, bundle{c, []Change{c}, level})
			continue
		}
		key := d.shape(c)
		i, ok := first[key]
		if !ok {
			i = len(s.bundles)
			first[key] = i
			s.bundles = append(s.bundles, bundle{Change: c})
		}
		s.bundles[i].objects = append(s.bundles[i].objects, c)
	}
	slices.SortStableFunc(s.bundles, func(a, b bundle) int { return cmp.Compare(b.level, a.level) })
	s.routine.parts = routineParts(s.routine.changes)
	return s
}

// routineParts tells what changes do, in a few words.
func routineParts(changes []Change) []routinePart {
	parts := map[string]routinePart{}
	for _, c := range changes {
		for _, f := range c.Fields {
			p := routinePart{what: routineName(f)}
			if f.Class == diff.Label && f.Status == manifest.Changed {
				p.from, p.to = value(f.Before), value(f.After)
			}
			if known, ok := parts[p.what]; ok && (known.from != p.from || known.to != p.to) {
				p.from, p.to = "", ""
			}
			parts[p.what] = p
		}
	}
	return slices.SortedFunc(maps.Values(parts), func(a, b routinePart) int {
		return cmp.Or(falseFirst(a.from == "", b.from == ""), strings.Compare(a.what, b.what))
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

// shown tells which fields of a change are to be read: all but routine ones
// without a hit.
func (r Review) shown(c Change) (shown, folded []diff.Field) {
	if c.Routine && len(c.Hits) == 0 {
		return nil, c.Fields
	}
	hit := map[string]bool{}
	for _, h := range c.Hits {
		hit[r.Hits[h].Path.String()] = true
	}
	for _, f := range c.Fields {
		if f.Class.Routine() && !hit[f.Path.String()] {
			folded = append(folded, f)
			continue
		}
		shown = append(shown, f)
	}
	return shown, folded
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

func (r Review) waived() []Hit {
	return slices.DeleteFunc(slices.Clone(r.Hits), func(h Hit) bool { return h.Waived == nil })
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
