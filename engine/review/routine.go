package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// routine is what changes in a release and nobody needs to read.
type routine struct {
	changes []Change // in which nothing else changes
	only    int      // how many objects these are, on all targets
	objects int      // in which something of it changes, on all targets
	parts   []routinePart
}

// routinePart is one thing that these changes do.
type routinePart struct {
	what     string
	from, to string // empty where they are many, or not to be read
	objects  int
}

// fold tells what the routine changes of a release do, in a few words.
func (s *sheet) fold(r Review) {
	parts := map[string]*routinePart{}
	for _, c := range s.routine.changes {
		s.routine.only += len(c.Where)
	}
	for _, c := range s.Changes {
		_, folded := split(c.Fields, r.hit(c.Hits))
		seen := map[string]bool{}
		for _, f := range folded {
			p := routinePart{what: routineName(f)}
			if f.Class == diff.Label && f.Status == manifest.Changed {
				p.from, p.to = value(f.Before), value(f.After)
			}
			known, ok := parts[p.what]
			if !ok {
				known = &p
				parts[p.what] = known
			}
			if known.from != p.from || known.to != p.to {
				known.from, known.to = "", ""
			}
			if !seen[p.what] {
				seen[p.what] = true
				known.objects += len(c.Where)
			}
		}
		if len(folded) > 0 {
			s.routine.objects += len(c.Where)
		}
	}
	for _, p := range parts {
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
