package unstable

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// loose is the unstable part of a tree.
type loose struct {
	field *Field // all of it
	under map[string]*loose
}

func (l *loose) add(steps []string, u *Field) {
	for _, step := range steps {
		if l.under == nil {
			l.under = map[string]*loose{}
		}
		if l.under[step] == nil {
			l.under[step] = &loose{}
		}
		l = l.under[step]
	}
	l.field = u
}

// each visits all fields.
func (l *loose) each(visit func(*Field)) {
	if l.field != nil {
		visit(l.field)
	}
	for _, step := range slices.Sorted(maps.Keys(l.under)) {
		l.under[step].each(visit)
	}
}

// at is the unstable part of a list's item; nil where all of it is stable.
func (l *loose) at(i int) *loose { return l.under[strconv.Itoa(i)] }

// pointer splits a JSON pointer (RFC 6901).
func pointer(text string) []string {
	if text == "" {
		return nil
	}
	steps := strings.Split(text[1:], "/")
	for i, step := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	}
	return steps
}

const (
	nowhere = -1
	unclear = -2
)

// align finds the committed items that a new list's unstable items were. Items
// with names go by them. Others have to be equal in all that is stable: either
// the lists line up from end to end, or only one committed item can be meant.
func align(list, old []any, l *loose) func(i int) int {
	if len(old) == 0 {
		return func(int) int { return nowhere }
	}
	if now, ok := names(list, l); ok {
		if were, ok := names(old, nil); ok {
			at := map[string]int{}
			for i, name := range were {
				at[name] = i
			}
			return func(i int) int {
				if j, ok := at[now[i]]; ok {
					return j
				}
				return nowhere
			}
		}
	}
	if len(list) == len(old) {
		i := 0
		for i < len(list) && fits(list[i], old[i], l.at(i)) {
			i++
		}
		if i == len(list) {
			return func(i int) int { return i }
		}
	}
	at := only(list, old, l)
	return func(i int) int {
		if j, ok := at[i]; ok {
			return j
		}
		return unclear
	}
}

// only finds for unstable items the committed one that fits, where it is the only
// one that does, fits no other, and is none of the stable items.
func only(list, old []any, l *loose) map[int]int {
	stable := map[string]bool{}
	for i, item := range list {
		if l.at(i) == nil {
			stable[string(manifest.Encode(item))] = true
		}
	}
	at, fitting, claims := map[int]int{}, map[int]int{}, map[int]int{}
	for j, was := range old {
		if stable[string(manifest.Encode(was))] {
			continue
		}
		for i, item := range list {
			if below := l.at(i); below != nil && fits(item, was, below) {
				at[i] = j
				fitting[i]++
				claims[j]++
			}
		}
	}
	maps.DeleteFunc(at, func(i, j int) bool { return fitting[i] > 1 || claims[j] > 1 })
	return at
}

// names are the names of a list's items, if all have one that is stable and
// their own.
func names(list []any, l *loose) ([]string, bool) {
	all := make([]string, len(list))
	seen := map[string]bool{}
	for i, item := range list {
		m, _ := item.(map[string]any)
		name, ok := m["name"].(string)
		if !ok || seen[name] {
			return nil, false
		}
		if l != nil {
			if below := l.at(i); below != nil && (below.field != nil || below.under["name"] != nil) {
				return nil, false
			}
		}
		seen[name] = true
		all[i] = name
	}
	return all, true
}

// fits tells whether a committed tree is a new one but for what is unstable.
func fits(tree, old any, l *loose) bool {
	if l == nil {
		return reflect.DeepEqual(tree, old)
	}
	if l.field != nil {
		if l.field.Spans == nil {
			return alike(tree, old)
		}
		text, was, ok := l.field.texts(tree, old)
		return ok && agrees(text, was, l.field.Spans)
	}
	switch t := tree.(type) {
	case map[string]any:
		was, ok := old.(map[string]any)
		if !ok || len(t) != len(was) {
			return false
		}
		for key, v := range t {
			before, ok := was[key]
			if !ok || !fits(v, before, l.under[key]) {
				return false
			}
		}
		return true
	case []any:
		was, ok := old.([]any)
		if !ok || len(t) != len(was) {
			return false
		}
		for i, v := range t {
			if !fits(v, was[i], l.at(i)) {
				return false
			}
		}
		return true
	}
	return false
}
