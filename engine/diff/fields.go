package diff

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// comparison walks two trees side by side and collects what differs.
type comparison struct {
	classes classifier
	at      Path // shared, cloned into fields
	found   []Field
}

// compareObjects compares two objects that are known to be one.
func compareObjects(s *shape, before, after manifest.Object) []Field {
	c := &comparison{classes: classesOf(after.ID)}
	c.maps(s, before.Body(), after.Body())
	return c.found
}

// add notes a change at the place where the walk is.
func (c *comparison) add(f Field) {
	f.Path = slices.Clone(c.at)
	f.Class = c.classes.of(f, false)
	if before, ok := f.Before.(string); ok && f.Status == manifest.Changed {
		if after, ok := f.After.(string); ok {
			f.Inner = inner(before, after, f.Class)
		}
	}
	c.found = append(c.found, f)
}

// under does something one step deeper.
func (c *comparison) under(s Step, do func()) {
	c.at = append(c.at, s)
	do()
	c.at = c.at[:len(c.at)-1]
}

func (c *comparison) created(s Step, place int, v any) {
	c.under(s, func() { c.add(Field{Status: manifest.Created, After: v, Place: place}) })
}

func (c *comparison) removed(s Step, place int, v any) {
	c.under(s, func() { c.add(Field{Status: manifest.Removed, Before: v, Place: place}) })
}

func (c *comparison) values(s *shape, before, after any) {
	switch old := before.(type) {
	case map[string]any:
		if now, ok := after.(map[string]any); ok {
			c.maps(s, old, now)
			return
		}
	case []any:
		if now, ok := after.([]any); ok {
			c.lists(s, old, now)
			return
		}
	}
	if !equal(before, after) {
		c.add(Field{Status: manifest.Changed, Before: before, After: after})
	}
}

func (c *comparison) maps(s *shape, before, after map[string]any) {
	keys := slices.AppendSeq(make([]string, 0, len(after)+1), maps.Keys(after))
	for key := range before {
		if _, ok := after[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(c.at) == 0 {
			return cmp.Or(cmp.Compare(manifest.TopOrder(a), manifest.TopOrder(b)), strings.Compare(a, b))
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		old, was := before[key]
		now, is := after[key]
		switch {
		case !was:
			c.created(Key(key), 0, now)
		case !is:
			c.removed(Key(key), 0, old)
		default:
			c.under(Key(key), func() { c.values(s.at(key), old, now) })
		}
	}
}

func (c *comparison) lists(s *shape, before, after []any) {
	if equal(before, after) {
		return
	}
	old, now, ok := identify(s, before, after)
	if ok {
		c.identified(s, before, after, old, now)
		return
	}
	old, now = contents(before), contents(after)
	if c.reordered(before, after, old, now) {
		return
	}
	c.aligned(s.item(), before, after, tokens(old), tokens(now))
}

// identified compares lists whose items are told apart by what they are known
// by, wherever they stand.
func (c *comparison) identified(s *shape, before, after []any, old, now []identity) {
	was := make(map[string]int, len(old))
	for i, id := range old {
		was[id.token] = i
	}
	is := make(map[string]int, len(now))
	var common []identity // in the order that they had
	for j, id := range now {
		is[id.token] = j
	}
	for _, id := range old {
		if _, both := is[id.token]; both {
			common = append(common, id)
		}
	}
	var stay []identity // the same in the order that they have
	for _, id := range now {
		if _, both := was[id.token]; both {
			stay = append(stay, id)
		}
	}
	if !slices.EqualFunc(common, stay, func(a, b identity) bool { return a.token == b.token }) {
		free := s != nil && (s.list == set || s.list == keyed)
		if free && len(c.at) > 0 && c.at[len(c.at)-1].Key == "env" && (refersToOthers(before) || refersToOthers(after)) {
			free = false
		}
		c.order(common, stay, free)
	}
	i := 0
	gone := func() { // what went where the walk is
		for ; i < len(old); i++ {
			if _, both := is[old[i].token]; both {
				return
			}
			c.removed(old[i].step, i, before[i])
		}
	}
	for j, id := range now {
		gone()
		k, both := was[id.token]
		if !both {
			c.created(id.step, j, after[j])
			continue
		}
		if i == k {
			i++
		}
		c.under(id.step, func() { c.values(s.item(), before[k], after[j]) })
	}
	for ; i < len(old); i++ { // past items that stand elsewhere now
		if _, both := is[old[i].token]; !both {
			c.removed(old[i].step, i, before[i])
		}
	}
}

// order notes that items stand in another order; free tells that the schema
// gives none a meaning.
func (c *comparison) order(old, now []identity, free bool) {
	places := map[string][]int{}
	for i, id := range old {
		places[id.token] = append(places[id.token], i)
	}
	f := Field{Status: manifest.Changed, Order: true}
	names, renamed := make([]any, len(old)), make([]any, len(now))
	for i, id := range old {
		names[i] = id.name
	}
	for j, id := range now {
		renamed[j] = id.name
		f.Moved = append(f.Moved, places[id.token][0]) // of items that are the same, the first stays the first
		places[id.token] = places[id.token][1:]
	}
	f.Before, f.After = names, renamed
	f.Path = slices.Clone(c.at)
	f.Class = c.classes.of(f, free)
	c.found = append(c.found, f)
}

// reordered notes the change of lists that hold the same items.
func (c *comparison) reordered(before, after []any, old, now []identity) bool {
	if len(old) != len(now) || !slices.Equal(slices.Sorted(slices.Values(tokens(old))), slices.Sorted(slices.Values(tokens(now)))) {
		return false
	}
	if known, names, ok := identify(nil, before, after); ok { // shorter than the items themselves
		for i := range known {
			old[i].name, now[i].name = known[i].name, names[i].name
		}
	}
	c.order(old, now, false)
	return true
}

// aligned compares lists in which nothing but content and place tell items
// apart.
func (c *comparison) aligned(s *shape, before, after []any, old, now []string) {
	for _, part := range align(old, now) {
		if part.same {
			continue
		}
		for _, p := range matches(before, after, old, now, part) {
			switch {
			case p.j < 0:
				c.removed(At(p.i), p.i, before[p.i])
			case p.i < 0:
				c.created(At(p.j), p.j, after[p.j])
			default:
				c.under(At(p.j), func() { c.values(s, before[p.i], after[p.j]) })
			}
		}
	}
}

func isTree(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// equal tells whether two trees are written in the same bytes: 1 is not 1.0.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, v := range a {
			if w, ok := b[key]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	if isTree(b) {
		return false // not comparable with ==
	}
	return a == b
}
