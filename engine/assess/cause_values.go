package assess

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// valueChange is one value of a release that differs, and the line that a person
// edited: the one that sets it now or, where it is gone, the one that did.
type valueChange struct {
	path     values.Path
	was, now *values.Node // nil where there is none
	place    diag.Range
	more     int // how many lines were edited besides, in what the value is made of
}

// valueChanges finds where two trees differ, in the order of their keys. Items of
// a list are told apart where both sides have as many; else it is one value.
func valueChanges(old, now *values.Node) []valueChange {
	return appendValueChanges(nil, nil, old, now)
}

func appendValueChanges(all []valueChange, at values.Path, old, now *values.Node) []valueChange {
	was, wasMap := old.Value.(map[string]*values.Node)
	is, isMap := now.Value.(map[string]*values.Node)
	if wasMap && isMap && (len(was) > 0) == (len(is) > 0) {
		keys := map[string]bool{}
		for key := range was {
			keys[key] = true
		}
		for key := range is {
			keys[key] = true
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			before, after := was[key], is[key]
			switch deeper := at.Key(key); {
			case before == after:
			case before == nil || after == nil:
				all = append(all, valueChange{path: deeper, was: before, now: after, place: lineOf(before, after)})
			default:
				all = appendValueChanges(all, deeper, before, after)
			}
		}
		return all
	}
	items, wasList := old.Value.([]*values.Node)
	next, isList := now.Value.([]*values.Node)
	if wasList && isList && len(items) == len(next) {
		for i := range items {
			if items[i] != next[i] {
				all = appendValueChanges(all, at.Item(i), items[i], next[i])
			}
		}
		return all
	}
	if reflect.DeepEqual(old.Plain(), now.Plain()) {
		return all
	}
	return append(all, valueChange{path: at, was: old, now: now, place: lineOf(old, now)})
}

// lineOf is where a value that differs is written: of a map or a list the first
// line in it.
func lineOf(old, now *values.Node) diag.Range {
	return line(first(cmp.Or(now, old)))
}

// first is the place of a value or, of a map or a list, of what is written first.
func first(n *values.Node) diag.Range {
	best := n.Origin
	for _, leaf := range n.Leaves() {
		if o := leaf.Origin; o.File != "" && (best.File == "" || o.File == best.File && o.Start.Line < best.Start.Line) {
			best = o
		}
	}
	return best
}

// with is a tree with some values changed; it shares the rest with n.
func with(n *values.Node, changes []valueChange) *values.Node {
	for _, c := range changes {
		n = replaced(n, c.path, c.now)
	}
	return n
}

func replaced(n *values.Node, path values.Path, now *values.Node) *values.Node {
	if len(path) == 0 {
		return now
	}
	changed := *n
	switch v := n.Value.(type) {
	case map[string]*values.Node:
		m := maps.Clone(v)
		key := path[0].Key
		if len(path) == 1 && now == nil {
			delete(m, key)
		} else {
			m[key] = replaced(m[key], path[1:], now)
		}
		changed.Value = m
	case []*values.Node:
		l := slices.Clone(v)
		l[path[0].Index] = replaced(l[path[0].Index], path[1:], now)
		changed.Value = l
	}
	return &changed
}

// edited is a line, or a file, and how many were edited with it.
type edited struct {
	place diag.Range
	more  int
}

// placeChanges are the changes of one line, or of one file.
type placeChanges struct {
	edited
	changes []valueChange
}

// byPlace sorts changes by the line that a person edited, by file and line. Of
// more lines than there is room for, the last ones count for their files.
func byPlace(changes []valueChange, most int) []placeChanges {
	group := func(changes []valueChange, place func(valueChange) edited) []placeChanges {
		at := map[edited]int{}
		var all []placeChanges
		for _, c := range changes {
			key := place(c)
			i, known := at[key]
			if !known {
				i = len(all)
				at[key] = i
				all = append(all, placeChanges{edited: key})
			}
			all[i].changes = append(all[i].changes, c)
		}
		slices.SortFunc(all, func(a, b placeChanges) int {
			return cmp.Or(compareLines(a.place, b.place), cmp.Compare(a.more, b.more))
		})
		return all
	}
	lines := group(changes, func(c valueChange) edited { return edited{c.place, c.more} })
	if len(lines) <= most {
		return lines
	}
	var rest []valueChange
	for _, l := range lines[most:] {
		rest = append(rest, l.changes...)
	}
	return append(lines[:most:most], group(rest, func(c valueChange) edited { return edited{place: diag.Range{File: c.place.File}} })...)
}
