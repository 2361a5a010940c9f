package diff

import (
	"slices"
	"strings"
	intern "unique"
)

// The strings of a tree share the memory of the text that it was read from, so
// that a single key would keep the whole text for as long as it is kept itself.
// Differences are kept until there is a review, of thousands of objects: they get
// strings of their own, the keys of paths one for all.

// owned are fields that hold nothing else but themselves.
func owned(fields []Field) []Field {
	all := slices.Clone(fields)
	for i, f := range all {
		f.Path = ownedPath(f.Path)
		f.Before, f.After = ownedValue(f.Before), ownedValue(f.After)
		if f.Inner != nil {
			inner := *f.Inner
			inner.Fields, inner.Text = owned(inner.Fields), strings.Clone(inner.Text)
			f.Inner = &inner
		}
		all[i] = f
	}
	return all
}

func ownedPath(p Path) Path {
	own := slices.Clone(p)
	for i, s := range own {
		own[i].Key = intern.Make(s.Key).Value()
		if s.Item != nil {
			own[i].Item = slices.Clone(s.Item)
			for n, w := range s.Item {
				own[i].Item[n] = Want{intern.Make(w.Key).Value(), ownedValue(w.Value)}
			}
		}
	}
	return own
}

func ownedValue(v any) any {
	switch v := v.(type) {
	case string:
		return strings.Clone(v)
	case Masked:
		return Masked(strings.Clone(string(v)))
	case []any:
		own := make([]any, len(v))
		for i, item := range v {
			own[i] = ownedValue(item)
		}
		return own
	case map[string]any:
		if v == nil {
			return v
		}
		own := make(map[string]any, len(v))
		for key, value := range v {
			own[intern.Make(key).Value()] = ownedValue(value)
		}
		return own
	}
	return v
}
