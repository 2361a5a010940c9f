package assess

import (
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// A value that is computed, as "r.io/c:${var.tag}", has the place of its expression.
// Where that says the same on both sides, what a person edited is what it refers to:
// a variable's default, a local, an environment's value, an item of for_each, a file.

// references follows values of a release to what they are made of.
type references struct{ was, is compare.Making }

// mostFollowed bounds how many expressions lead from a value to what was edited.
const mostFollowed = 32

// followed are the changes with the lines that were edited.
func (r references) followed(changes []valueChange) []valueChange {
	for i, c := range changes {
		lines := r.lines(c.was, c.now, mostFollowed)
		changes[i].place, changes[i].more = lines[0], len(lines)-1
	}
	return changes
}

// lines are where a value that differs was edited, each once.
func (r references) lines(old, now *values.Node, most int) []diag.Range {
	if old != nil && now != nil && most > 0 {
		was := written(r.was, first(old))
		for _, is := range written(r.is, first(now)) {
			same := func(w schema.Written) bool { return w.Text == is.Text }
			at := slices.IndexFunc(was, same)
			if at < 0 {
				continue
			}
			if found := r.differing(was[at].Refers(), is.Refers(), most-1); found != nil {
				return found
			}
		}
	}
	return []diag.Range{lineOf(old, now)}
}

// differing are the lines that make references differ.
func (r references) differing(old, now map[string]*values.Node, most int) []diag.Range {
	names := slices.AppendSeq(slices.Collect(maps.Keys(old)), maps.Keys(now))
	slices.Sort(names)
	var all []diag.Range
	for _, name := range slices.Compact(names) {
		was, is := old[name], now[name]
		if was == nil || is == nil {
			all = append(all, lineOf(was, is))
			continue
		}
		for _, c := range valueChanges(was, is) {
			all = append(all, r.lines(c.was, c.now, most)...)
		}
	}
	slices.SortFunc(all, compareLines)
	return slices.Compact(all)
}

func written(m compare.Making, at diag.Range) []schema.Written {
	target := schema.Target{Environment: m.Release.Environment, Cluster: m.Release.Cluster.Name}
	return m.Maker.Project.Written(at, m.Release.Header, target)
}
