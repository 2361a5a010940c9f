package assess

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// valueChange is one value of a release that differs, and the line that a person
// edited: the one that sets it now or, where it is gone, the one that did.
type valueChange struct {
	path  values.Path
	now   *values.Node // nil where it is gone
	place diag.Range
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
				all = append(all, valueChange{deeper, after, lineOf(before, after)})
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
	return append(all, valueChange{at, now, lineOf(old, now)})
}

// lineOf is where a value that differs is written: of a map or a list the first
// line in it.
func lineOf(old, now *values.Node) diag.Range {
	n := cmp.Or(now, old)
	best := n.Origin
	for _, leaf := range n.Leaves() {
		if o := leaf.Origin; o.File != "" && (best.File == "" || o.File == best.File && o.Start.Line < best.Start.Line) {
			best = o
		}
	}
	at := diag.Pos{Line: best.Start.Line}
	return diag.Range{File: best.File, Start: at, End: at}
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

// placeChanges are the changes of one line, or of one file.
type placeChanges struct {
	place   diag.Range
	changes []valueChange
}

// byPlace sorts changes by the line that a person edited, by file and line. Of
// more lines than there is room for, the last ones count for their files.
func byPlace(changes []valueChange, most int) []placeChanges {
	group := func(changes []valueChange, place func(diag.Range) diag.Range) []placeChanges {
		at := map[diag.Range]int{}
		var all []placeChanges
		for _, c := range changes {
			key := place(c.place)
			i, known := at[key]
			if !known {
				i = len(all)
				at[key] = i
				all = append(all, placeChanges{place: key})
			}
			all[i].changes = append(all[i].changes, c)
		}
		slices.SortFunc(all, func(a, b placeChanges) int {
			return cmp.Or(strings.Compare(a.place.File, b.place.File), cmp.Compare(a.place.Start.Line, b.place.Start.Line))
		})
		return all
	}
	lines := group(changes, func(r diag.Range) diag.Range { return r })
	if len(lines) <= most {
		return lines
	}
	var rest []valueChange
	for _, l := range lines[most:] {
		rest = append(rest, l.changes...)
	}
	return append(lines[:most:most], group(rest, func(r diag.Range) diag.Range { return diag.Range{File: r.File} })...)
}
