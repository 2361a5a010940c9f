package diff

import (
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// identity is what an item of a list is known by.
type identity struct {
	token string // tells items apart
	step  Step
	name  any // for people: a scalar, or the item itself
}

// identifiers are keys that name an item wherever no schema says what does. Read
// only.
var identifiers = []string{"name", "key", "id", "alert", "record", "host", "path", "type", "url"}

// identify finds what tells the items of two lists apart, each once in its list.
// It is false where items are told apart by their place alone.
func identify(s *shape, before, after []any) (old, now []identity, ok bool) {
	if s != nil {
		switch s.list {
		case set:
			return both(before, after, byValue)
		case keyed:
			return both(before, after, byKeys(s.keys))
		case atomic:
			return nil, nil, false
		}
	}
	for _, key := range identifiers { // unknown or namable
		if old, now, ok = both(before, after, byKeys([]listKey{{name: key}})); ok {
			return old, now, true
		}
	}
	return nil, nil, false
}

func both(before, after []any, by func(any) (identity, bool)) (old, now []identity, ok bool) {
	if old, ok = unique(before, by); !ok {
		return nil, nil, false
	}
	now, ok = unique(after, by)
	return old, now, ok
}

func unique(items []any, by func(any) (identity, bool)) ([]identity, bool) {
	ids := make([]identity, len(items))
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		id, ok := by(item)
		if !ok || seen[id.token] {
			return nil, false
		}
		seen[id.token] = true
		ids[i] = id
	}
	return ids, true
}

func byValue(item any) (identity, bool) {
	if !isName(item) {
		return identity{}, false
	}
	return identity{token: token(item), step: Item(Want{Value: item}), name: item}, true
}

func byKeys(keys []listKey) func(any) (identity, bool) {
	return func(item any) (identity, bool) {
		m, ok := item.(map[string]any)
		if !ok {
			return identity{}, false
		}
		wants := make([]Want, 0, len(keys))
		var text []byte
		for _, key := range keys {
			v, has := m[key.name]
			if !has {
				v = key.fallback
			}
			if !isName(v) {
				return identity{}, false
			}
			wants = append(wants, Want{key.name, v})
			text = manifest.AppendEncode(text, v)
		}
		id := identity{token: string(text), step: Item(wants...), name: wants[0].Value}
		if len(wants) > 1 {
			id.name = strings.Trim(Path{id.step}.String(), "[]")
		}
		return id, true
	}
}

// isName tells the types that a Want holds.
func isName(v any) bool {
	switch v.(type) {
	case string, bool, int64, float64:
		return true
	}
	return false
}

// contents knows items by all that they hold.
func contents(items []any) []identity {
	ids := make([]identity, len(items))
	for i, item := range items {
		ids[i] = identity{token: token(item), name: item}
	}
	return ids
}

func tokens(ids []identity) []string {
	tokens := make([]string, len(ids))
	for i, id := range ids {
		tokens[i] = id.token
	}
	return tokens
}

// token is a tree's content: the same for trees that are written in the same
// bytes.
func token(v any) string { return string(manifest.AppendEncode(nil, v)) }
