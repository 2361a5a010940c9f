package manifest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Encode writes a JSON-typed tree (see Document.Tree) as canonical YAML: at the
// top apiVersion, kind, metadata and spec first, all other keys sorted; two
// spaces; lists at the column of their key and in their order; strings plain
// where every YAML reader takes them for strings, blocks where they have lines.
// Decode gives the same tree again. A tree of any other type is a bug and
// panics; so NaN and infinities, which are not JSON, are written as YAML has
// them and refused by Decode.
func Encode(tree any) []byte {
	return slices.Clone(AppendEncode(make([]byte, 0, 4096), tree))
}

// AppendEncode appends what Encode returns to dst.
func AppendEncode(dst []byte, tree any) []byte {
	e := encoder{out: dst}
	switch t := tree.(type) {
	case map[string]any:
		if len(t) > 0 {
			e.pairs(t, 0, false, TopOrder)
			return e.out
		}
	case []any:
		if len(t) > 0 {
			e.items(t, 0, false)
			return e.out
		}
	case string:
		switch style, _ := styleOf(t); style {
		case plainStyle:
			e.out = append(e.out, t...)
		case singleStyle:
			e.single(t)
		default: // readers differ on the indent of a block at the top
			e.double(t)
		}
		e.out = append(e.out, '\n')
		return e.out
	}
	e.scalar(tree, 0)
	return e.out
}

// encoder appends to out. stack holds the sorted pairs of the mappings that are
// being written, the innermost last, to spare a slice for each.
type encoder struct {
	out   []byte
	stack []pair
}

type pair struct {
	key   string
	value any
}

// order ranks the keys that come first; the rest follow, sorted.
type order func(key string) int

// TopOrder ranks the keys of an object in its canonical YAML; those of equal rank
// are sorted.
func TopOrder(key string) int {
	switch key {
	case "apiVersion":
		return 0
	case "kind":
		return 1
	case "metadata":
		return 2
	case "spec":
		return 3
	}
	return 4
}

// pairs writes a mapping whose keys stand at column indent; inline when the
// first one follows "- ".
func (e *encoder) pairs(m map[string]any, indent int, inline bool, first order) {
	base := len(e.stack)
	for k, v := range m {
		e.stack = append(e.stack, pair{k, v})
	}
	slices.SortFunc(e.stack[base:], func(a, b pair) int {
		if first != nil {
			if c := first(a.key) - first(b.key); c != 0 {
				return c
			}
		}
		return strings.Compare(a.key, b.key)
	})
	for i := base; i < base+len(m); i++ {
		p := e.stack[i]
		if !inline {
			e.indent(indent)
		}
		inline = false
		e.key(p.key, indent)
		switch v := p.value.(type) {
		case map[string]any:
			if len(v) > 0 {
				e.out = append(e.out, '\n')
				e.pairs(v, indent+2, false, nil)
				continue
			}
		case []any:
			if len(v) > 0 {
				e.out = append(e.out, '\n')
				e.items(v, indent, false)
				continue
			}
		}
		e.out = append(e.out, ' ')
		e.scalar(p.value, indent)
	}
	e.stack = e.stack[:base]
}

// items writes a list whose dashes stand at column indent.
func (e *encoder) items(list []any, indent int, inline bool) {
	for _, item := range list {
		if !inline {
			e.indent(indent)
		}
		inline = false
		e.out = append(e.out, '-', ' ')
		switch v := item.(type) {
		case map[string]any:
			if len(v) > 0 {
				e.pairs(v, indent+2, true, nil)
				continue
			}
		case []any:
			if len(v) > 0 {
				e.items(v, indent+2, true)
				continue
			}
		}
		e.scalar(item, indent)
	}
}

// longestKey is below the 1024 characters at which readers stop to look for a
// key's colon.
const longestKey = 900

// key writes a key and its colon.
func (e *encoder) key(key string, indent int) {
	if len(key) > longestKey/6 { // six bytes are the longest escape of one
		if quoted := AppendEncode(nil, key); len(quoted) > longestKey {
			e.out = append(e.out, '?', ' ')
			e.out = append(e.out, quoted...)
			e.indent(indent)
			e.out = append(e.out, ':')
			return
		}
	}
	switch style, _ := styleOf(key); style {
	case plainStyle:
		e.out = append(e.out, key...)
	case singleStyle:
		e.single(key)
	default:
		e.double(key)
	}
	e.out = append(e.out, ':')
}

// scalar writes a scalar or an empty collection, and the end of its line.
// indent is the column of the key or dash that it belongs to.
func (e *encoder) scalar(v any, indent int) {
	switch v := v.(type) {
	case nil:
		e.out = append(e.out, "null"...)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case int64:
		e.out = strconv.AppendInt(e.out, v, 10)
	case int:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case uint64:
		e.out = strconv.AppendUint(e.out, v, 10)
	case float64:
		e.float(v)
	case string:
		e.text(v, indent)
		return
	case map[string]any:
		e.out = append(e.out, "{}"...)
	case []any:
		e.out = append(e.out, "[]"...)
	default:
		panic(fmt.Sprintf("manifest: %T in a tree", v))
	}
	e.out = append(e.out, '\n')
}

// float writes the shortest digits that read back as f, always with a point:
// without it some readers see a whole number, or in 1e+21 a string.
func (e *encoder) float(f float64) {
	switch {
	case math.IsNaN(f):
		e.out = append(e.out, ".nan"...)
		return
	case math.IsInf(f, 1):
		e.out = append(e.out, ".inf"...)
		return
	case math.IsInf(f, -1):
		e.out = append(e.out, "-.inf"...)
		return
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) { // as encoding/json
		format = 'e'
	}
	start := len(e.out)
	e.out = strconv.AppendFloat(e.out, f, format, -1, 64)
	digits := e.out[start:]
	if slices.Contains(digits, '.') {
		return
	}
	if exponent := slices.Index(digits, 'e'); exponent >= 0 {
		e.out = slices.Insert(e.out, start+exponent, '.', '0')
		return
	}
	e.out = append(e.out, '.', '0')
}

// text writes a string and the end of its line.
func (e *encoder) text(s string, indent int) {
	switch style, lines := styleOf(s); {
	case style == plainStyle:
		e.out = append(e.out, s...)
	case style == singleStyle:
		e.single(s)
	case lines:
		e.block(s, indent+2)
		return
	default:
		e.double(s)
	}
	e.out = append(e.out, '\n')
}

// block writes a literal block whose lines stand at column indent.
func (e *encoder) block(s string, indent int) {
	e.out = append(e.out, '|')
	if c := s[0]; c == ' ' || c == '\t' || c == '\n' {
		e.out = append(e.out, '2') // a reader cannot tell the indent by the first line
	}
	body := s
	switch {
	case !strings.HasSuffix(s, "\n"):
		e.out = append(e.out, '-')
	case strings.HasSuffix(s, "\n\n"):
		e.out = append(e.out, '+')
		body = s[:len(s)-1]
	default:
		body = s[:len(s)-1]
	}
	e.out = append(e.out, '\n')
	for more := true; more; {
		var line string
		line, body, more = strings.Cut(body, "\n")
		if line != "" {
			e.indent(indent)
			e.out = append(e.out, line...)
		}
		e.out = append(e.out, '\n')
	}
}

func (e *encoder) single(s string) {
	e.out = append(e.out, '\'')
	for {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			break
		}
		e.out = append(e.out, s[:i]...)
		e.out = append(e.out, '\'', '\'')
		s = s[i+1:]
	}
	e.out = append(e.out, s...)
	e.out = append(e.out, '\'')
}

// double writes a string with the escapes that JSON and YAML share. Bytes that
// are not UTF-8 become U+FFFD, as in encoding/json.
func (e *encoder) double(s string) {
	e.out = append(e.out, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			e.out = append(e.out, '\\', byte(r))
		case r == '\n':
			e.out = append(e.out, '\\', 'n')
		case r == '\t':
			e.out = append(e.out, '\\', 't')
		case r == '\r':
			e.out = append(e.out, '\\', 'r')
		case r < 0x80 && r >= 0x20 && r != 0x7f:
			e.out = append(e.out, s[i])
		case r < 0x20 || unprintable(r):
			e.out = fmt.Appendf(e.out, `\u%04x`, r)
		default:
			e.out = append(e.out, string(r)...)
		}
	}
	e.out = append(e.out, '"')
}

func (e *encoder) indent(n int) {
	const spaces = "                                                                "
	for n > len(spaces) {
		e.out = append(e.out, spaces...)
		n -= len(spaces)
	}
	e.out = append(e.out, spaces[:n]...)
}
