package review

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

type digest = [sha256.Size]byte

// digester tells changes that are the same from others: all that a view shows
// goes in, each part with its length or its kind before it.
type digester struct {
	bytes []byte
	own   string // a name that makes no difference, as a word of its own
	home  home   // the namespaces of the release, which reach says where they make no difference
	reach reach
	loose bool // numbers make no difference
}

// reach is how far the namespace of a release stands for that of each target.
type reach int

const (
	literally reach = iota // in the identity of an object, nowhere else
	byKey                  // in values that are called namespace, too
	byValue                // in all values
)

func (d *digester) sum() digest {
	sum := sha256.Sum256(d.bytes)
	d.bytes = d.bytes[:0]
	return sum
}

// change is the digest of a change. What caused it is no part of it: the same
// edit comes from another line on another target.
func (d *digester) change(c diff.Change, keep bool) digest {
	d.flag(d.reach == literally)
	d.flag(d.reach == byKey)
	d.text(string(c.Status))
	d.id(d.home.anywhere(c.Object()))
	d.id(d.home.anywhere(c.Before.ID))
	d.text(string(c.Rename))
	d.flag(c.Hook())
	d.flag(keep)
	switch c.Status {
	case manifest.Created:
		d.object(c.After)
	case manifest.Removed:
		d.object(c.Before)
	default:
		d.fields(c.Fields)
	}
	return d.sum()
}

// object is all of an object.
func (d *digester) object(o manifest.Object) {
	if d.reach == literally {
		d.text(string(o.Bytes()))
		return
	}
	d.named("", o.Body())
}

func (d *digester) id(id manifest.ID) {
	d.text(id.Group)
	d.text(id.Kind)
	d.text(id.Namespace)
	d.text(id.Name)
}

func (d *digester) fields(fields []diff.Field) {
	d.number(len(fields))
	for _, f := range fields {
		d.path(f.Path)
		d.text(string(f.Status))
		d.text(string(f.Class))
		d.flag(f.Order)
		if f.Class == diff.Checksum { // it follows what else is different
			continue
		}
		called := ""
		if n := len(f.Path); n > 0 {
			called = f.Path[n-1].Key
		}
		d.named(called, f.Before)
		d.named(called, f.After)
		d.flag(f.Inner != nil)
		if f.Inner != nil {
			d.text(f.Inner.Format)
			d.text(f.Inner.Text)
			d.fields(f.Inner.Fields)
		}
	}
}

// path is where a field is; the items of a list may be known by a namespace.
func (d *digester) path(p diff.Path) {
	if d.reach == literally || !slices.ContainsFunc(p, diff.Step.IsItem) {
		d.text(p.String())
		return
	}
	d.text(d.home.path(p))
}

// path is a path as all targets have it.
func (h home) path(p diff.Path) string {
	if h == (home{}) || !slices.ContainsFunc(p, diff.Step.IsItem) {
		return p.String()
	}
	p = slices.Clone(p)
	for i := range p {
		p[i].Item = slices.Clone(p[i].Item)
		for j, want := range p[i].Item {
			if name, ok := want.Value.(string); ok && want.Key == "namespace" && h.has(name) {
				p[i].Item[j].Value, _ = h.stands(name)
			}
		}
	}
	return p.String()
}

// named is a value, and what it is called.
func (d *digester) named(called string, v any) {
	if name, ok := v.(string); ok && (d.reach == byValue || d.reach == byKey && called == "namespace") {
		if own, is := d.home.stands(name); is {
			d.text("h")
			d.text(own)
			return
		}
	}
	d.value(v)
}

func (d *digester) value(v any) {
	switch v := v.(type) {
	case nil:
		d.text("n")
	case bool:
		d.flag(v)
	case string:
		d.text("s")
		d.text(v)
	case diff.Masked:
		d.text("m")
		d.text(string(v))
	case int64:
		d.text("i")
		if d.loose {
			return
		}
		d.bytes = binary.BigEndian.AppendUint64(d.bytes, uint64(v))
	case float64:
		d.text("f")
		d.bytes = binary.BigEndian.AppendUint64(d.bytes, math.Float64bits(v))
	case []any:
		d.text("l")
		d.number(len(v))
		for _, item := range v {
			d.named("", item)
		}
	case map[string]any:
		d.text("o")
		d.number(len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			d.text(key)
			d.named(key, v[key])
		}
	default:
		d.text(fmt.Sprintf("%T %v", v, v))
	}
}

func (d *digester) where(w Where) {
	d.number(len(w))
	for _, target := range w {
		d.number(target)
	}
}

func (d *digester) text(s string) {
	if d.own != "" && strings.Contains(s, d.own) {
		s = without(s, d.own)
	}
	if d.loose {
		s = withoutNumbers(s)
	}
	d.number(len(s))
	d.bytes = append(d.bytes, s...)
}

func (d *digester) number(n int) { d.bytes = binary.AppendUvarint(d.bytes, uint64(n)) }

func (d *digester) flag(b bool) {
	if b {
		d.bytes = append(d.bytes, 't')
		return
	}
	d.bytes = append(d.bytes, 'f')
}

// withoutNumbers is a text with 0 for every number.
func withoutNumbers(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		isDigit := '0' <= s[i] && s[i] <= '9'
		switch {
		case !isDigit:
			b = append(b, s[i])
		case i == 0 || s[i-1] < '0' || s[i-1] > '9':
			b = append(b, '0')
		}
	}
	return string(b)
}

// without is a text with a name blotted out where it is a word.
func without(s, name string) string {
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(s[at:], name)
		if i < 0 {
			b.WriteString(s[at:])
			return b.String()
		}
		end := at + i + len(name)
		b.WriteString(s[at : at+i])
		if (at+i == 0 || !isWord(s[at+i-1])) && (end == len(s) || !isWord(s[end])) {
			b.WriteByte(0)
		} else {
			b.WriteString(name)
		}
		at = end
	}
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
