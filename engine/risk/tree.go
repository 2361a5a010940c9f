package risk

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/weir-dev/weir/engine/diff"
)

// tree is a map of a JSON-typed object. All that is read from one may be
// anything: objects come from people.
type tree = map[string]any

// get is what stands at the end of some keys; nil where there is nothing.
func get(t tree, keys ...string) any {
	var v any = t
	for _, key := range keys {
		m, _ := v.(tree)
		if m == nil {
			return nil
		}
		v = m[key]
	}
	return v
}

func sub(t tree, keys ...string) tree    { m, _ := get(t, keys...).(tree); return m }
func items(t tree, keys ...string) []any { l, _ := get(t, keys...).([]any); return l }
func text(t tree, keys ...string) string { s, _ := get(t, keys...).(string); return s }
func truth(t tree, keys ...string) bool  { b, _ := get(t, keys...).(bool); return b }

// texts are the strings of a list.
func texts(t tree, keys ...string) []string {
	var all []string
	for _, v := range items(t, keys...) {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// mapsOf yields the maps of a list with their index.
func mapsOf(list []any) iter.Seq2[int, tree] {
	return func(yield func(int, tree) bool) {
		for i, v := range list {
			if m, ok := v.(tree); ok && !yield(i, m) {
				return
			}
		}
	}
}

// whole is a number without a fraction.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	}
	return 0, false
}

// path makes a path of keys.
func path(keys ...string) diff.Path {
	p := make(diff.Path, len(keys))
	for i, key := range keys {
		p[i] = diff.Key(key)
	}
	return p
}

// named is the path of an item that its name identifies, else its index.
func named(p diff.Path, item tree, i int) diff.Path {
	if name := text(item, "name"); name != "" {
		return p.Then(diff.Item(diff.Want{Key: "name", Value: name}))
	}
	return p.Then(diff.At(i))
}

func nameOf(item any) string {
	m, _ := item.(tree)
	if name := text(m, "name"); name != "" {
		return name
	}
	return text(m, "metadata", "name")
}

// leaf is a difference that goes no deeper.
type leaf struct {
	path          diff.Path
	before, after any
}

// leaves lists how two trees differ for an API server: what is empty is not
// there, quantities are compared by what they say, items of lists by name where
// all have one.
func leaves(p diff.Path, before, after any) []leaf {
	switch b := before.(type) {
	case tree:
		if a, ok := after.(tree); ok {
			var found []leaf
			for _, key := range allKeys(b, a) {
				found = append(found, leaves(p.Then(diff.Key(key)), b[key], a[key])...)
			}
			return found
		}
	case []any:
		if a, ok := after.([]any); ok {
			return leavesOfList(p, b, a)
		}
	}
	if same(p, before, after) {
		return nil
	}
	return []leaf{{p, before, after}}
}

func leavesOfList(p diff.Path, before, after []any) []leaf {
	old, was := byName(before)
	now, is := byName(after)
	var found []leaf
	if was && is && len(before)+len(after) > 0 {
		for _, name := range allKeys(old, now) {
			at := named(p, asTree(now[name]), slices.IndexFunc(after, func(item any) bool { return nameOf(item) == name }))
			if now[name] == nil {
				at = named(p, asTree(old[name]), slices.IndexFunc(before, func(item any) bool { return nameOf(item) == name }))
			}
			found = append(found, leaves(at, old[name], now[name])...)
		}
		if !sameOrder(before, after, old, now) {
			found = append(found, leaf{p, before, after})
		}
		return found
	}
	for i := range max(len(before), len(after)) {
		var b, a any
		if i < len(before) {
			b = before[i]
		}
		if i < len(after) {
			a = after[i]
		}
		found = append(found, leaves(p.Then(diff.At(i)), b, a)...)
	}
	return found
}

// sameOrder tells whether the items that two lists share stand in one order.
func sameOrder(before, after []any, old, now map[string]any) bool {
	var b, a []string
	for _, item := range before {
		if name := nameOf(item); now[name] != nil {
			b = append(b, name)
		}
	}
	for _, item := range after {
		if name := nameOf(item); old[name] != nil {
			a = append(a, name)
		}
	}
	return slices.Equal(b, a)
}

func byName(list []any) (map[string]any, bool) {
	by := make(map[string]any, len(list))
	for _, item := range list {
		name := nameOf(item)
		if _, twice := by[name]; twice || name == "" {
			return nil, false
		}
		by[name] = item
	}
	return by, true
}

func same(p diff.Path, before, after any) bool {
	if reflect.DeepEqual(before, after) || isEmpty(before) && isEmpty(after) {
		return true
	}
	if m, ok := whole(before); ok {
		n, ok := whole(after)
		if ok {
			return m == n
		}
	}
	if len(p) < 2 || !quantities[p[len(p)-2].Key] {
		return false
	}
	b, ok := quantity(before)
	a, is := quantity(after)
	return ok && is && b.Cmp(a) == 0
}

// quantities are the maps that hold quantities by resource. Read only.
var quantities = map[string]bool{"requests": true, "limits": true, "capacity": true}

func quantity(v any) (resource.Quantity, bool) {
	switch v.(type) {
	case string, int64, float64:
		q, err := resource.ParseQuantity(diff.Scalar(v))
		return q, err == nil
	}
	return resource.Quantity{}, false
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case tree:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(v any) bool { return !isEmpty(v) })
	case []any:
		return len(v) == 0
	}
	return false
}

// verb says in words what happens at a leaf, after "cannot": "change from a to b".
// What may be confidential is not told.
func (l leaf) verb() string {
	before, after := short(l.before), short(l.after)
	if slices.ContainsFunc(l.path.Keys(), func(key string) bool { return private[key] }) {
		before, after = "", ""
	}
	switch {
	case isEmpty(l.before) && after != "":
		return fmt.Sprintf("be added (%s)", after)
	case isEmpty(l.before):
		return "be added"
	case isEmpty(l.after) && before != "":
		return fmt.Sprintf("be removed (%s)", before)
	case isEmpty(l.after):
		return "be removed"
	case before != "" && after != "":
		return fmt.Sprintf("change from %s to %s", before, after)
	}
	return "change"
}

// private are the fields that programs are told confidential things in. Read only.
var private = map[string]bool{"env": true, "args": true, "command": true, "data": true, "binaryData": true, "stringData": true, "annotations": true, "volumeAttributes": true, "options": true}

// short is a scalar that fits into a sentence; empty otherwise.
func short(v any) string {
	s := diff.Scalar(v)
	if len(s) > 80 || slices.Contains([]byte(s), '\n') {
		return ""
	}
	return s
}

// among is what several leaves have in common: the path that all lie below, and
// what happens there.
func among(found []leaf) (diff.Path, string) {
	if len(found) == 1 {
		return found[0].path, found[0].verb()
	}
	common := found[0].path
	for _, l := range found[1:] {
		n := 0
		for n < min(len(common), len(l.path)) && reflect.DeepEqual(common[n], l.path[n]) {
			n++
		}
		common = common[:n:n]
	}
	var places []string
	for _, l := range found {
		switch rest := l.path[len(common):]; {
		case len(rest) == 1 && rest[0].Key != "":
			places = append(places, rest[0].Key) // as it is written, app.kubernetes.io/name
		case len(rest) > 0:
			places = append(places, rest.String())
		}
	}
	if len(places) == 0 {
		return common, "change"
	}
	return common, fmt.Sprintf("change in %d places (%s)", len(found), some(places))
}

// allKeys are those of two maps, sorted.
func allKeys(a, b map[string]any) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func sortedKeys(t tree) []string { return slices.Sorted(maps.Keys(t)) }
