package unstable

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// Fields are the unstable ones of a release, by object.
type Fields map[place]*loose

// ByObject sorts fields by their objects.
func ByObject(fields []Field) Fields {
	all := Fields{}
	for i := range fields {
		f := &fields[i]
		at := place{f.ID, f.Hook}
		l := all[at]
		if l == nil {
			l = &loose{}
			all[at] = l
		}
		l.add(pointer(f.Path), f)
		at.Namespace = "" // its kind may have turned out to have no namespace; a kind has one scope only
		all[at] = l
	}
	return all
}

// Has tells whether an object has unstable fields.
func (f Fields) Has(id manifest.ID, hook bool) bool { return f[place{id, hook}] != nil }

// Kept is what became of unstable fields.
type Kept struct {
	Count  int
	Absent []*Field // without a committed value
	Misfit []*Field // of which nobody can tell which committed value was theirs
}

// Carry puts the committed values into an object's unstable fields. Committed is
// nil where there is no such object; data stays as it is.
func (k *Kept) Carry(f Fields, id manifest.ID, hook bool, data, committed []byte) ([]byte, error) {
	tree, err := manifest.Decode(data)
	if err != nil {
		return nil, err
	}
	old, err := manifest.Decode(committed)
	if err != nil {
		old = nil // damaged by hand
	}
	return manifest.Encode(k.merge(tree, old, f[place{id, hook}])), nil
}

// merge puts the unstable values of a committed tree into a new one, which it
// changes.
func (k *Kept) merge(tree, old any, l *loose) any {
	if l.field != nil {
		return k.value(tree, old, l.field)
	}
	switch t := tree.(type) {
	case map[string]any:
		was, _ := old.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(l.under)) {
			if v, ok := was[key]; ok {
				t[key] = k.merge(t[key], v, l.under[key])
			} else {
				l.under[key].each(k.lost)
			}
		}
	case []any:
		was, _ := old.([]any)
		find := align(t, was, l)
		for i := range t {
			if below := l.at(i); below != nil {
				switch at := find(i); at {
				case nowhere:
					below.each(k.lost)
				case unclear:
					below.each(k.unclear)
				default:
					t[i] = k.merge(t[i], was[at], below)
				}
			}
		}
	}
	return tree
}

func (k *Kept) lost(u *Field)    { k.Absent = append(k.Absent, u) }
func (k *Kept) unclear(u *Field) { k.Misfit = append(k.Misfit, u) }

// value is the committed value of a field; of a text what is made up only.
func (k *Kept) value(value, old any, u *Field) any {
	if u.Spans == nil {
		if !alike(value, old) {
			k.unclear(u)
			return value
		}
		k.Count++
		return old
	}
	text, was, ok := u.texts(value, old)
	if ok {
		text, ok = splice(text, was, u.Spans)
	}
	if !ok {
		k.unclear(u)
		return value
	}
	k.Count++
	if u.encoded() {
		return base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

// texts are the texts that a field holds, now and in the committed state.
func (u *Field) texts(value, old any) (text, was string, ok bool) {
	text, isText := value.(string)
	was, both := old.(string)
	if !isText || !both || !u.encoded() {
		return text, was, isText && both
	}
	x, err := base64.StdEncoding.DecodeString(text)
	y, bad := base64.StdEncoding.DecodeString(was)
	return string(x), string(y), err == nil && bad == nil
}

// alike tells whether two values are both maps, both lists or both neither.
func alike(a, b any) bool {
	_, aMap := a.(map[string]any)
	_, bMap := b.(map[string]any)
	_, aList := a.([]any)
	_, bList := b.([]any)
	return aMap == bMap && aList == bList && b != nil
}
