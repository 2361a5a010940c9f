package diff

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// Mask takes out of a release's changes whatever nobody may read: the values of
// Secrets, and those of variables declared sensitive, wherever they stand and
// however they are encoded there. Nothing that it returns holds one of them,
// whole objects included; the sets of the pair are left out, since what does not
// change is nobody's to read here.
//
// A value becomes Masked("value A"), another one in its place Masked("value B");
// inside of a text or a subtree they are plain strings, "(value A)" where more
// stands around them. Where a sensitive value takes the place of another text
// that is masked too: it may be the value that the variable had before. Of
// sensitive values both sides' have to be given. Those of less than four
// characters are masked where they are a whole string only.
func Mask(r Release, sensitive []string) Release { return NewMasker(sensitive).Release(r) }

// Masker does what Mask does for many releases, and for what is said of them. It
// does not change and is safe for concurrent use.
type Masker struct{ secrets secrets }

// NewMasker makes a masker of sensitive values.
func NewMasker(sensitive []string) *Masker { return &Masker{newSecrets(sensitive)} }

// Release masks a release.
func (m *Masker) Release(r Release) Release {
	one := masker{secrets: m.secrets}
	r.Pair = one.pair(r.Pair)
	changes := make([]Change, len(r.Changes))
	for i, c := range r.Changes {
		changes[i] = one.change(c)
	}
	r.Changes = changes
	return r
}

// Text masks a text.
func (m *Masker) Text(text string) string { return m.secrets.text(text, letters{}) }

// ID is the identity that a masked object has.
func (m *Masker) ID(id manifest.ID) manifest.ID {
	id.Name, id.Namespace = m.secrets.word(id.Name), m.secrets.word(id.Namespace)
	return id
}

// Path masks a path.
func (m *Masker) Path(p Path) Path {
	if m.secrets.None() {
		return p
	}
	return masker{secrets: m.secrets, keys: letters{}}.path(p)
}

// masker masks one object after the other.
type masker struct {
	secrets
	isSecret bool    // the object is a Secret
	hasOne   bool    // the object has a Secret in it
	own      secrets // what the Secret holds, to be found in its annotations
	keys     letters // of keys, the same ones for both objects
}

func (m masker) pair(p Pair) Pair {
	p.Before, p.After = m.version(p.Before), m.version(p.After)
	return p
}

func (m masker) version(v *Version) *Version {
	if v == nil {
		return nil
	}
	masked := *v
	masked.Objects = manifest.Set{}
	masked.Chart.Source = m.text(v.Chart.Source, letters{})
	return &masked
}

func (m masker) change(c Change) Change {
	m.isSecret = isSecret(c.Object())
	if m.None() && !m.isSecret && !mayHoldSecret(c.Before) && !mayHoldSecret(c.After) {
		return c
	}
	m.keys = letters{}
	before, after := bodyOf(c.Before), bodyOf(c.After)
	if m.hasOne = hasInside(before) || hasInside(after); m.isSecret {
		m.own = newSecrets(append(valuesOf(before), valuesOf(after)...))
	}
	fields := make([]Field, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = m.field(f)
	}
	switch {
	case c.Status != manifest.Changed:
		c.Before, c.After = m.object(c.Before, m.tree(nil, before)), m.object(c.After, m.tree(nil, after))
	default:
		// What a changed field hides is hidden in the objects too, by the same
		// letters: the object after is made of the one before and the fields.
		old, err := Apply(before, m.hidden(c.Fields, fields))
		if err != nil {
			old = nil
		}
		old = m.tree(nil, old)
		now, err := Apply(old, plainFields(fields))
		if err != nil {
			now = nil
		}
		c.Before, c.After = m.object(c.Before, old), m.object(c.After, now)
	}
	c.Fields = fields
	return c
}

func bodyOf(o manifest.Object) any {
	if o.ID.Kind == "" {
		return nil
	}
	return any(o.Body())
}

// object is an object with another body, and with an identity that may be. One
// whose masks do not fit together has nothing else.
func (m masker) object(o manifest.Object, tree any) manifest.Object {
	if o.ID.Kind == "" {
		return o
	}
	body, _ := tree.(map[string]any)
	if body == nil {
		metadata := map[string]any{"name": o.ID.Name}
		if o.ID.Namespace != "" {
			metadata["namespace"] = o.ID.Namespace
		}
		if o.Hook != nil {
			metadata["annotations"] = map[string]any{"helm.sh/hook": strings.Join(o.Hook.Phases, ",")}
		}
		body = map[string]any{"apiVersion": o.APIVersion, "kind": o.ID.Kind, "metadata": metadata}
	}
	metadata, _ := body["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		body["metadata"] = metadata
	}
	for key, word := range map[string]string{"name": o.ID.Name, "namespace": o.ID.Namespace} {
		if _, has := metadata[key]; has && m.In(word) {
			metadata[key] = m.word(word)
		}
	}
	if _, has := metadata["name"]; !has && metadata["generateName"] == nil {
		metadata["name"] = m.word(o.ID.Name)
	}
	masked, err := manifest.New(body, o.Source)
	if err != nil {
		return manifest.Object{ID: manifest.ID{Kind: "Masked", Name: "masked"}}
	}
	return masked.Sealed()
}

// hidden are the changes that hide in the tree before what the masks of changed
// fields hide.
func (m masker) hidden(fields, masked []Field) []Field {
	var edits []Field
	for i, back := range Invert(fields) {
		if fields[i].Status == manifest.Changed && !fields[i].Order {
			if plain := plainValue(masked[i].Before); !equal(plain, fields[i].Before) {
				edits = append(edits, Field{Path: back.Path, Status: manifest.Changed, After: plain})
			}
		}
	}
	return edits
}

func plainFields(fields []Field) []Field {
	plain := slices.Clone(fields)
	for i := range plain {
		plain[i].Before, plain[i].After = plainValue(plain[i].Before), plainValue(plain[i].After)
	}
	return plain
}

func plainValue(v any) any {
	if masked, ok := v.(Masked); ok {
		return string(masked)
	}
	return v
}

func (m masker) field(f Field) Field {
	keys := f.Path.Keys()
	l := letters{}
	f.Path = m.path(f.Path)
	switch {
	case m.isData(keys):
		f.Inner = nil
		f.Before, f.After = m.leaf(f.Before, l), m.leaf(f.After, l)
	case f.Order:
		f.Before, f.After = m.names(f.Before), m.names(f.After)
	case f.Status != manifest.Changed:
		f.Before, f.After = m.side(keys, f.Before, l), m.side(keys, f.After, l)
	default:
		f = m.changed(f, keys, l)
	}
	return f
}

// isData tells the places that hold what a Secret keeps. Of one that stands
// inside of another object, whatever is called data is taken for it.
func (m masker) isData(keys []string) bool {
	isData := func(key string) bool { return key == "data" || key == "stringData" }
	return m.isSecret && len(keys) > 0 && isData(keys[0]) || m.hasOne && slices.ContainsFunc(keys, isData)
}

// leaf masks a value of a Secret's data; a map of them by its keys.
func (m masker) leaf(v any, l letters) any {
	if v == nil {
		return nil
	}
	if isTree(v) {
		return m.masked(hideAll(v))
	}
	return l.of(token(v))
}

// masked masks the keys of what is hidden already.
func (m masker) masked(hidden any) any {
	m.isSecret, m.hasOne = false, false
	return m.tree(nil, hidden)
}

// side masks the value of a field that came or went.
func (m masker) side(keys []string, v any, l letters) any {
	if s, ok := v.(string); ok {
		if m.hides(keys, s) {
			return l.of(s)
		}
		return m.inText(keys, s, l)
	}
	if m.Scalar(v) {
		return l.of(token(v))
	}
	return m.tree(keys, v)
}

// hides tells the strings of which nothing may be seen.
func (m masker) hides(keys []string, s string) bool {
	return m.Whole(s) || holdsSecret(s) || m.isAnnotation(keys) && m.own.Whole(s)
}

func (m masker) isAnnotation(keys []string) bool {
	return m.isSecret && len(keys) > 1 && keys[0] == "metadata" && keys[1] == "annotations"
}

// inText masks what a string holds of secrets.
func (m masker) inText(keys []string, s string, l letters) string {
	if m.isAnnotation(keys) && !m.own.None() {
		s = m.own.text(s, l)
	}
	return m.text(s, l)
}

// names masks the items of an Order.
func (m masker) names(v any) any {
	items, _ := v.([]any)
	masked := make([]any, len(items))
	for i, item := range items {
		masked[i] = m.tree(nil, item)
	}
	return masked
}

func (m masker) path(p Path) Path {
	masked := slices.Clone(p)
	for i, s := range masked {
		switch {
		case s.IsKey():
			masked[i].Key = m.key(s.Key)
		case s.IsItem():
			masked[i].Item = slices.Clone(s.Item)
			for n, w := range s.Item {
				masked[i].Item[n] = Want{m.key(w.Key), m.tree(nil, w.Value)}
			}
		}
	}
	return masked
}

func (m masker) key(key string) string { return m.text(key, m.keys) }

// tree is a copy of a tree at a place, in which every secret is masked.
func (m masker) tree(keys []string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		masked := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			masked[m.key(key)] = m.tree(append(slices.Clip(keys), key), v[key])
		}
		return masked
	case []any:
		masked := make([]any, len(v))
		for i, item := range v {
			masked[i] = m.tree(keys, item)
		}
		return masked
	case nil:
		return nil
	case string:
		if m.isData(keys) || m.hides(keys, v) {
			return string(letters{}.of(v))
		}
		return m.inText(keys, v, letters{})
	}
	if m.isData(keys) || m.Scalar(v) {
		return string(letters{}.of(token(v)))
	}
	return v
}

// hideAll masks every scalar of a tree.
func hideAll(v any) any {
	switch v := v.(type) {
	case map[string]any:
		hidden := make(map[string]any, len(v))
		for key, value := range v {
			hidden[key] = hideAll(value)
		}
		return hidden
	case []any:
		hidden := make([]any, len(v))
		for i, item := range v {
			hidden[i] = hideAll(item)
		}
		return hidden
	case nil:
		return nil
	}
	return string(letters{}.of(""))
}
