package review

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// way is groups of a release in which the same is to be read: they differ in
// nothing but what is folded.
type way struct {
	groups []Group
	where  Where
}

// waysOf are the ways in which a release changes.
func (s *sheet) waysOf(r Review) []way {
	if len(s.Groups) == 1 {
		return []way{{s.Groups, s.where}}
	}
	var d digester
	marks := make([]string, len(s.Changes))
	known := map[digest]int{}
	for i, c := range s.Changes {
		if c.Routine && len(c.Hits) == 0 {
			continue
		}
		d.home, d.reach = c.home(), byKey
		d.id(c.anywhere())
		d.flag(c.Hook)
		d.flag(c.Keep)
		d.text(string(c.Status))
		if c.Status == manifest.Changed {
			shown, _ := split(c.Fields, r.hit(c.Hits))
			d.fields(shown)
			for _, h := range c.Hits {
				d.number(h)
			}
		} else {
			d.number(i)
		}
		key := d.sum()
		if _, ok := known[key]; !ok {
			known[key] = len(known)
		}
		marks[i] = strconv.Itoa(known[key]) + " "
	}
	at := make([][]int, len(r.Targets)) // the changes of each target
	for i, c := range s.Changes {
		if marks[i] != "" {
			for _, target := range c.Where {
				at[target] = append(at[target], i)
			}
		}
	}
	var ways []way
	first := map[string]int{}
	for _, g := range s.Groups {
		var key strings.Builder
		fmt.Fprintf(&key, "%s %q ", g.Status, g.From)
		for _, i := range at[g.Where[0]] {
			key.WriteString(marks[i])
		}
		i, ok := first[key.String()]
		if !ok {
			i = len(ways)
			first[key.String()] = i
			ways = append(ways, way{})
		}
		ways[i].groups = append(ways[i].groups, g)
		for _, target := range g.Where {
			ways[i].where = ways[i].where.with(target)
		}
	}
	slices.SortStableFunc(ways, func(a, b way) int {
		return cmp.Or(cmp.Compare(len(b.where), len(a.where)), cmp.Compare(a.where[0], b.where[0]))
	})
	return ways
}

// differs counts the fields that are to be read in which two places differ.
func (s sheet) differs(r Review, a, b int) int {
	type field struct {
		object manifest.ID
		hook   bool
		path   string
	}
	one, other := map[field]digest{}, map[field]digest{}
	var d digester
	for _, c := range s.Changes {
		in, out := c.Where.has(a), c.Where.has(b)
		if in == out {
			continue // in both, in neither
		}
		side := one
		if out {
			side = other
		}
		d.home, d.reach = c.home(), byKey
		if c.Status != manifest.Changed {
			d.text(string(c.Status))
			d.text(string(c.Before))
			d.text(string(c.After))
			side[field{c.anywhere(), c.Hook, ""}] = d.sum()
		}
		shown, _ := split(c.Fields, r.hit(c.Hits))
		for i, f := range shown {
			d.fields(shown[i : i+1])
			side[field{c.anywhere(), c.Hook, c.home().path(f.Path)}] = d.sum()
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

// classes are the targets that change, those together on which every release
// changes in the same way.
func (r Review) classes(sheets []sheet) []Where {
	vectors := make([]string, len(r.Targets))
	for _, s := range sheets {
		of := map[int]int{}
		for i, g := range s.Groups {
			for _, target := range g.Where {
				of[target] = i + 1
			}
		}
		for i := range vectors {
			vectors[i] += fmt.Sprintf("%d ", of[i])
		}
	}
	var classes []Where
	first := map[string]int{}
	for i, t := range r.Targets {
		if !t.Change {
			continue
		}
		c, ok := first[vectors[i]]
		if !ok {
			c = len(classes)
			first[vectors[i]] = c
			classes = append(classes, nil)
		}
		classes[c] = append(classes[c], i)
	}
	return classes
}

// common is where every release changes; empty where they do so in several
// places, or there is but one target.
func (r Review) common(sheets []sheet) Where {
	sheets = releasesOf(sheets)
	if len(r.Targets) < 2 || len(sheets) == 0 || slices.ContainsFunc(sheets, func(s sheet) bool { return !slices.Equal(s.where, sheets[0].where) }) {
		return nil
	}
	return sheets[0].where
}

// releasesOf are the sheets of releases.
func releasesOf(sheets []sheet) []sheet {
	return slices.DeleteFunc(slices.Clone(sheets), func(s sheet) bool { return s.CreateNamespace })
}

// counts are those of the release on all targets.
func (r Release) counts() Counts {
	var c Counts
	for _, g := range r.Groups {
		n := len(g.Where)
		c.Created += n * g.Counts.Created
		c.Changed += n * g.Counts.Changed
		c.Removed += n * g.Counts.Removed
	}
	return c
}
