package manifest

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	k8syaml "sigs.k8s.io/yaml"
)

type m = map[string]any
type l = []any

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name string
		tree any
		want string
	}{
		{"the keys of an object", m{
			"spec": m{"b": int64(1), "a": int64(2)}, "kind": "Deployment", "apiVersion": "apps/v1", "data": m{},
			"metadata": m{"spec": "s", "name": "web", "kind": "k"}, "aaa": l{},
		}, `apiVersion: apps/v1
kind: Deployment
metadata:
  kind: k
  name: web
  spec: s
spec:
  a: 2
  b: 1
aaa: []
data: {}
`},
		{"lists", m{"spec": m{"containers": l{
			m{"name": "web", "args": l{"--port=80", "-v", "- x", "-"}, "env": l{m{"name": "A", "value": "1"}}},
			l{l{int64(1), "two"}, l{}, m{"b": nil, "a": m{}}},
			nil, "x", true, m{}, l{},
		}}}, `spec:
  containers:
  - args:
    - --port=80
    - -v
    - "- x"
    - "-"
    env:
    - name: A
      value: "1"
    name: web
  - - - 1
      - two
    - []
    - a: {}
      b: null
  - null
  - x
  - true
  - {}
  - []
`},
		{"blocks", m{"data": m{
			"a": "one\ntwo\n", "b": "one\ntwo", "c": "one\n\n\n", "d": "  one\ntwo\n", "e": "\none\n", "f": "\n", "g": "one\r\ntwo\n",
			"h": "one \n\ttwo\n\n  three\n", "i": "\ttab\n", "j": l{"a\nb\n", m{"k": "a\nb"}}, "k": "\n\n", "l": "a\u2028\n",
		}}, "data:\n" +
			"  a: |\n    one\n    two\n" +
			"  b: |-\n    one\n    two\n" +
			"  c: |+\n    one\n\n\n" +
			"  d: |2\n      one\n    two\n" +
			"  e: |2\n\n    one\n" +
			"  f: \"\\n\"\n" +
			"  g: \"one\\r\\ntwo\\n\"\n" +
			"  h: |\n    one \n    \ttwo\n\n      three\n" +
			"  i: |2\n    \ttab\n" +
			"  j:\n  - |\n    a\n    b\n  - k: |-\n      a\n      b\n" +
			"  k: \"\\n\\n\"\n" +
			"  l: \"a\\u2028\\n\"\n"},
		{"strings that stay plain", l{
			"web", "a b", "apps/v1", "10.0.0.1", "100m", "1.2.3", "5Gi", "a:b", "http://x:80/y?z#f", "a#b", "don't", "{{x}}"[2:3] + "}}", "v1", "e5", "1e", "0x", "12e03x",
			"8080:80", "2024-01", "2024-10-21-alpine", "yes please", "Nope", "é ü 漢", "<= 3", "=x", "-1-", "+", "..", ".x", "a\"b"[:1], "(x)", "$(VAR)", "/bin/sh", "~/x", "1_", "_1", "a,b", "a]b",
		}, `- web
- a b
- apps/v1
- 10.0.0.1
- 100m
- 1.2.3
- 5Gi
- a:b
- http://x:80/y?z#f
- a#b
- don't
- x}}
- v1
- e5
- 1e
- 0x
- 12e03x
- 8080:80
- 2024-01
- 2024-10-21-alpine
- yes please
- Nope
- é ü 漢
- <= 3
- =x
- -1-
- +
- ..
- .x
- a
- (x)
- $(VAR)
- /bin/sh
- ~/x
- "1_"
- _1
- a,b
- a]b
`},
		{"strings that some reader takes for something else", l{
			"", " a", "a ", "true", "Yes", "no", "on", "OFF", "y", "N", "null", "~", "=", "<<", "1", "-1", "+1", "0.5", ".5", "5.", "1e3", "1E+3", "0x1F", "0o17", "0b1", "017", "08", "1_000",
			".inf", "-.INF", ".NaN", "12:30", "1:20:30.5", "2024-10-21", "2024-10-21T10:00:00Z", "2024-1-2 10:00", "0xFFFFFFFFFFFFFFFFFFFFFFF",
			"a: b", "a:", "a #b", "#a", "- a", "-", "---", "--- a", "...", "? a", "?", ":a", "[a", "{a", "]", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`", "'a'", "\"a\"", `{"a": "it's"}`, `C:\x y: z`, "a\tb", "\x00\x1b\x7f", "\ufeffa\u0085", "\xff",
		}, `- ""
- " a"
- "a "
- "true"
- "Yes"
- "no"
- "on"
- "OFF"
- "y"
- "N"
- "null"
- "~"
- "="
- "<<"
- "1"
- "-1"
- "+1"
- "0.5"
- ".5"
- "5."
- "1e3"
- "1E+3"
- "0x1F"
- "0o17"
- "0b1"
- "017"
- "08"
- "1_000"
- ".inf"
- "-.INF"
- ".NaN"
- "12:30"
- "1:20:30.5"
- "2024-10-21"
- "2024-10-21T10:00:00Z"
- "2024-1-2 10:00"
- "0xFFFFFFFFFFFFFFFFFFFFFFF"
- "a: b"
- "a:"
- "a #b"
- "#a"
- "- a"
- "-"
- "---"
- "--- a"
- "..."
- "? a"
- "?"
- ":a"
- "[a"
- "{a"
- "]"
- "&a"
- "*a"
- "!a"
- "|"
- ">"
- "%a"
- "@a"
- "` + "`a`" + `"
- "'a'"
- '"a"'
- '{"a": "it''s"}'
- 'C:\x y: z'
- "a\tb"
- "\u0000\u001b\u007f"
- "\ufeffa\u0085"
- "\ufffd"
`},
		{"keys", m{"on": "a", "1": "b", "a b": "c", "": "d", "a: b": "e", "helm.sh/hook": "f", "x\ny": "g"}, `"": d
"1": b
a b: c
"a: b": e
helm.sh/hook: f
"on": a
"x\ny": g
`},
		{"numbers", l{
			int64(0), int64(math.MinInt64), uint64(math.MaxUint64), 0.0, math.Copysign(0, -1), 1.0, 0.1, 1e20, 1e21, 1.5e300, 1e-6, 1e-7, 5e-324, -2.5, 1234567.0,
		}, `- 0
- -9223372036854775808
- 18446744073709551615
- 0.0
- -0.0
- 1.0
- 0.1
- 100000000000000000000.0
- 1.0e+21
- 1.5e+300
- 0.000001
- 1.0e-07
- 5.0e-324
- -2.5
- 1234567.0
`},
		{"a scalar", "a\nb\n", "\"a\\nb\\n\"\n"},
		{"nothing", nil, "null\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(Encode(c.tree))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			if c.name != "strings that some reader takes for something else" { // holds a byte that is not UTF-8
				readBack(t, c.tree, []byte(got))
			}
		})
	}
}

// readBack checks that three readers see the tree that was encoded.
func readBack(t *testing.T, tree any, encoded []byte) {
	t.Helper()
	got, err := Decode(encoded)
	if err != nil {
		t.Fatalf("Decode: %v\n%q", err, encoded)
	}
	if !equal(tree, got) {
		t.Fatalf("Decode gives another tree: -want +got:\n%s\n%q", cmp.Diff(tree, got), encoded)
	}
	want, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	kubernetes, err := k8syaml.YAMLToJSON(encoded)
	if err != nil {
		t.Fatalf("sigs.k8s.io/yaml: %v\n%q", err, encoded)
	}
	if diff := cmp.Diff(string(want), string(kubernetes)); diff != "" {
		t.Fatalf("sigs.k8s.io/yaml gives another tree: -want +got:\n%s\n%q", diff, encoded)
	}
	var three any
	if err := yaml.Unmarshal(encoded, &three); err != nil {
		t.Fatalf("yaml.v3: %v\n%q", err, encoded)
	}
	threeJSON, err := json.Marshal(three)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(threeJSON)); diff != "" {
		t.Fatalf("yaml.v3 gives another tree: -want +got:\n%s\n%q", diff, encoded)
	}
}

// equal compares trees with their types; -0 is not 0. go-cmp takes time that is
// exponential in the depth.
func equal(a, b any) bool {
	switch a := a.(type) {
	case l:
		b, ok := b.(l)
		return ok && slices.EqualFunc(a, b, equal)
	case m:
		b, ok := b.(m)
		return ok && maps.EqualFunc(a, b, equal)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return a == b
}

// FuzzEncode makes a tree of any bytes and checks that readers see it again.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("\x05\x02\x01a\x03true\x04\x02\x06"))
	f.Add([]byte("\x04\x05\x03\x04a\n  \x03\x03\n \n\x03\x04  \t\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, _ := treeOf(data, 0)
		readBack(t, tree, Encode(tree))
	})
}

// treeOf reads a tree off fuzz bytes: a tag, a length, the content.
func treeOf(data []byte, depth int) (any, []byte) {
	take := func(n int) []byte {
		n = min(n, len(data))
		head := data[:n]
		data = data[n:]
		return head
	}
	text := func() string {
		n := 0
		if head := take(1); len(head) > 0 {
			n = int(head[0])
			if n > 250 {
				n *= 5 // beyond the longest key
			}
		}
		valid := []rune(string(take(n)))
		return string(valid)
	}
	tag := take(1)
	if len(tag) == 0 {
		return nil, data
	}
	switch kind := tag[0] % 9; {
	case kind == 0:
		return len(data)%2 == 0, data
	case kind == 1:
		var i int64
		for _, b := range take(8) {
			i = i<<8 | int64(b)
		}
		return i, data
	case kind == 2:
		var u uint64
		for _, b := range take(8) {
			u = u<<8 | uint64(b)
		}
		if f := math.Float64frombits(u); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, data
		}
		return u | 1<<63, data
	case kind <= 5 || depth > 40:
		return text(), data
	case kind == 6:
		list := l{}
		for n := take(1); len(n) > 0 && len(list) < int(n[0]%8); {
			var item any
			item, data = treeOf(data, depth+1)
			list = append(list, item)
		}
		return list, data
	default:
		tree := m{}
		for n := take(1); len(n) > 0 && len(data) > 0 && len(tree) < int(n[0]%8); {
			key := text()
			tree[key], data = treeOf(data, depth+1)
		}
		return tree, data
	}
}
