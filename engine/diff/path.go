package diff

import (
	"strconv"
	"strings"

	"github.com/weir-dev/weir/engine/kube"
)

// Path is a place in an object, as in
// spec.template.spec.containers[name=api].image,
// metadata.labels["helm.sh/chart"], spec.args[2], metadata.finalizers[=x].
type Path []Step

// Step is one step of a path: a key of a map, an item of a list by what
// identifies it there, or an item by its index.
type Step struct {
	Key   string // of a map
	Item  []Want // what identifies an item of a list; nil for a Key and an Index
	Index int    // of an item that nothing identifies: before the change where it is removed, else after; -1 for a Key and an Item
}

// Want is one value of an item's identity; an empty Key is the item itself.
type Want struct {
	Key   string
	Value any // string, bool, int64 or float64
}

// Key, At and Item make steps.
func Key(key string) Step   { return Step{Key: key, Index: -1} }
func At(index int) Step     { return Step{Index: index} }
func Item(by ...Want) Step  { return Step{Item: by, Index: -1} }
func (s Step) IsKey() bool  { return s.Item == nil && s.Index < 0 }
func (s Step) IsItem() bool { return s.Item != nil }

// Then is the path one step deeper; it shares nothing with p.
func (p Path) Then(s Step) Path {
	deeper := make(Path, len(p), len(p)+1)
	copy(deeper, p)
	return append(deeper, s)
}

// Keys are the keys on the way, items of lists left out: what a rule matches,
// as in spec.template.spec.containers.image.
func (p Path) Keys() []string {
	keys := make([]string, 0, len(p))
	for _, s := range p {
		if s.IsKey() {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// String writes the path for people.
func (p Path) String() string {
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.IsItem():
			b.WriteByte('[')
			for i, w := range s.Item {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(w.Key)
				b.WriteByte('=')
				b.WriteString(Scalar(w.Value))
			}
			b.WriteByte(']')
		case !s.IsKey():
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.Index))
			b.WriteByte(']')
		case kube.IsPlainKey(s.Key):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Key)
		default:
			b.WriteByte('[')
			b.WriteString(strconv.Quote(s.Key))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// MarshalText writes the path as String does.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Scalar writes a value for people; empty for maps and lists.
func Scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}
