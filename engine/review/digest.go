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

// digester tells changes that are the same from others: all that a view shows
// goes in, each part with its length or its kind before it.
type digester struct {
	bytes []byte
	own   string // a name that makes no difference, as a word of its own
}

func (d *digester) sum() digest {
	sum := sha256.Sum256(d.bytes)
	d.bytes = d.bytes[:0]
	return sum
}

// change is the digest of a change. What caused it is no part of it: the same
// edit comes from another line on another target.
func (d *digester) change(c diff.Change, keep bool) digest {
	d.text(string(c.Status))
	d.id(c.Object())
	d.id(c.Before.ID)
	d.text(string(c.Rename))
	d.flag(c.Hook())
	d.flag(keep)
	switch c.Status {
	case manifest.Created:
		d.text(string(c.After.Bytes()))
	case manifest.Removed:
		d.text(string(c.Before.Bytes()))
	default:
		d.fields(c.Fields)
	}
	return d.sum()
}

// group is the digest of all that happens to a release on a target.
func (d *digester) group(g Group, changes []digest) digest {
	d.text(string(g.Status))
	d.text(g.From)
	for _, c := range changes {
		d.bytes = append(d.bytes, c[:]...)
	}
	return d.sum()
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
		d.text(f.Path.String())
		d.text(string(f.Status))
		d.text(string(f.Class))
		d.flag(f.Order)
		if f.Class == diff.Checksum { // it follows what else is different
			continue
		}
		d.value(f.Before)
		d.value(f.After)
		d.flag(f.Inner != nil)
		if f.Inner != nil {
			d.text(f.Inner.Format)
			d.text(f.Inner.Text)
			d.fields(f.Inner.Fields)
		}
	}
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
		d.bytes = binary.BigEndian.AppendUint64(d.bytes, uint64(v))
	case float64:
		d.text("f")
		d.bytes = binary.BigEndian.AppendUint64(d.bytes, math.Float64bits(v))
	case []any:
		d.text("l")
		d.number(len(v))
		for _, item := range v {
			d.value(item)
		}
	case map[string]any:
		d.text("o")
		d.number(len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			d.text(key)
			d.value(v[key])
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
