package review

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// farewell is what goes: releases as a whole, with what there is to lose in
// them, and objects of others.
type farewell struct {
	objects  int // on all targets
	releases []departure
	told     []deletion   // the riskiest first
	quiet    []deletion   // the other objects of these releases
	hits     map[int]bool // that it tells
}

// departure is a release that goes as a whole.
type departure struct {
	name    string
	where   Where
	objects int // on all of these targets
	kept    int // of these, what stays in the cluster
}

// deletion is objects of a kind that go, and what that really means.
type deletion struct {
	objects     []manifest.ID
	on          []int // on how many targets each of these goes
	count       int   // on all targets
	where       Where
	level       risk.Level
	consequence string
	rule        string // of what was found; empty where nothing is to be told
}

// gone is what goes.
func (r Review) gone() farewell {
	f := farewell{hits: map[int]bool{}}
	for _, release := range r.Releases {
		whole := release.departs()
		if whole.where != nil {
			f.releases = append(f.releases, whole)
		}
		for _, is := range r.goneFrom(release, f.hits) {
			f.objects += is.count
			if is.level.Compare(risk.Caution) < 0 && within(is.where, whole.where) {
				f.quiet = append(f.quiet, is)
				continue
			}
			f.told = append(f.told, is)
		}
	}
	f.told, f.quiet = alike(f.told), alike(f.quiet)
	slices.SortStableFunc(f.told, func(a, b deletion) int { return b.level.Compare(a.level) })
	return f
}

// departs tells from where a release goes as a whole.
func (release Release) departs() departure {
	d := departure{name: release.Name}
	if release.CreateNamespace {
		return d
	}
	for _, g := range release.Groups {
		if g.Status == manifest.Removed {
			d.objects += g.Counts.Removed * len(g.Where)
			for _, target := range g.Where {
				d.where = d.where.with(target)
			}
		}
	}
	for _, c := range release.Changes {
		if c.Keep && within(c.Where, d.where) {
			d.kept += len(c.Where)
		}
	}
	return d
}

// within tells whether a place is a part of another.
func within(w, of Where) bool {
	return !slices.ContainsFunc(w, func(target int) bool { return !of.has(target) })
}

// alike brings deletions together that differ in the name of their object alone.
func alike(all []deletion) []deletion {
	var d digester
	var groups []deletion
	first := map[digest]int{}
	for _, is := range all {
		if is.level != risk.Block { // which are told elsewhere
			d.text(is.objects[0].Group)
			d.text(is.objects[0].Kind)
		}
		d.where(is.where)
		d.text(string(is.level))
		d.text(is.consequence)
		key := d.sum()
		i, ok := first[key]
		if !ok {
			first[key] = len(groups)
			groups = append(groups, is)
			continue
		}
		groups[i].objects = append(slices.Clip(groups[i].objects), is.objects...)
		groups[i].on = append(slices.Clip(groups[i].on), is.on...)
		groups[i].count += is.count
	}
	return groups
}

// goneFrom are the objects that go from a release, one at a time. An object is
// not the same everywhere: where the same is to be said of its forms, it is said
// once. The hits that are told with it are noted.
func (r Review) goneFrom(release Release, hits map[int]bool) []deletion {
	type said struct {
		object      manifest.ID
		level       risk.Level
		consequence string
	}
	var gone []deletion
	first := map[said]int{}
	for _, c := range release.Changes {
		if c = c.leaving(); c.Status != manifest.Removed {
			continue
		}
		is, told := r.consequence(c)
		switch {
		case is.level == risk.Block:
			is.consequence, is.rule = "among the blockers above", ""
		case told >= 0:
			hits[told] = true
		}
		key := said{c.anywhere(), is.level, is.consequence}
		i, ok := first[key]
		if !ok {
			first[key] = len(gone)
			gone = append(gone, is)
			continue
		}
		gone[i].objects = append(gone[i].objects, is.objects...)
		gone[i].on = append(gone[i].on, is.on...)
		gone[i].count += is.count
		all := slices.Clone(gone[i].where)
		for _, target := range c.Where {
			all = all.with(target)
		}
		gone[i].where = all
	}
	return gone
}

// leaving is the removal that is in a change: that an object was found again under
// another name is a guess, that the one of the old name goes is not.
func (c Change) leaving() Change {
	if c.Rename != diff.Guess {
		return c
	}
	now, was := c.Object.Namespace, *c.Was
	c.Status, c.Object, c.Namespaces = manifest.Removed, was, slices.Clone(c.Namespaces)
	if was.Namespace != now {
		c.Namespaces = nil
	}
	return c
}

// consequence is what the removal of an object means, and the hit that tells so;
// -1 where none does.
func (r Review) consequence(c Change) (is deletion, told int) {
	is = deletion{objects: c.everywhere(), on: []int{len(c.Where)}, count: len(c.Where), where: c.Where}
	if len(c.Namespaces) > 0 {
		is.on = nil
		for _, n := range c.Namespaces {
			is.on = append(is.on, len(n.Where))
		}
	}
	switch {
	case c.Keep:
		is.consequence = "stays in the cluster: pruning is off"
	case c.Hook:
		is.consequence = "a hook that does not run any more"
	default:
		is.consequence = "pruned"
	}
	said, told := risk.Level(""), -1
	for _, h := range c.Hits {
		hit := r.Hits[h]
		if hit.Waived == nil {
			is.level = risk.Worse(is.level, hit.Level)
		}
		if words := removal(hit); words != "" && hit.Level.Compare(said) > 0 {
			is.consequence, said, told = words, hit.Level, h
		}
	}
	if told < 0 || r.Hits[told].Waived != nil || !r.Hits[told].Removal {
		return is, -1
	}
	if said != risk.Info {
		is.rule = r.Hits[told].Rule
	}
	return is, told
}

// reason is why a hit is one, and what it means.
func (h Hit) reason() string {
	if said := removal(h); h.Removal && said != "" {
		return said
	}
	if h.Consequence != "" {
		return h.Reason + ": " + h.Consequence
	}
	return h.Reason
}

// removal is what a hit says of a removal; that the object is no longer in the
// release is said already.
func removal(h Hit) string {
	if h.Consequence == "" && !h.Removal {
		return ""
	}
	more := strings.TrimLeft(strings.TrimPrefix(h.Reason, "it is no longer in the release"), ";, ")
	more = strings.TrimPrefix(more, "and ")
	switch {
	case more == "":
		return h.Consequence
	case h.Consequence == "":
		return more
	}
	return more + ": " + h.Consequence
}
