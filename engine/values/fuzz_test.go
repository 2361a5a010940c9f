package values

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema/diag"
)

// FuzzParseYAML compares with Helm's own reader: what ParseYAML accepts, Helm
// reads as the same values. It may refuse more, never less.
func FuzzParseYAML(f *testing.F) {
	for _, seed := range []string{
		"", "a: 1\n", "a: &x {b: [1, 2.50, 0777, 0x1F, 0b11, -0b11, 1_000, .5, 1e3, 08, +1, 1e400]}\nc: *x\n",
		"a: yes\nb: on\ny: n\n1: one\n1.5: x\ntrue: t\n", "a: &m {x: 1}\nb:\n  y: 2\n  <<: *m\n  x: 3\nc:\n  x: 1\n  <<: [*m, {z: 1}]\n",
		"a: |\n  x\n\n  y\nb: >-\n  x\n  y\n", "a: !!str 1\nb: !!int \"2\"\nc: !!float 3\nd: !!binary aGk=\ne: !x y\nf: !!null ''\ng: !!bool yes\n",
		"a: 2024-01-01\nb: 2024-01-01T10:00:00Z\nc: 12:30\n", "\ufeffa: \"\\u00e9\\x41\"\r\nb: 'it''s'\r\n", "--- {a: 1}\n...\n", "? a\n: b\n",
		"a: ! 12\nb: ! yes\n", "<<: {a: 1}\na: 2\n", "a: 18446744073709551615\nb: -9223372036854775808\nc: 123456789012345678901\n",
		"0: !0 {0: [0b+0, -0e00, -0]}\n", "!!bool", "!\r  ", "\r! ", "0: |\n\n 000", "a: 'x\n  y'\nb: [a,\n  b]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		node, list := ParseYAML("v.yaml", data)
		if list.HasErrors() {
			var out bytes.Buffer
			if err := list.Format(&out, diag.Options{Sources: func(string) []byte { return data }}); err != nil || len(node.Map()) > 0 {
				t.Fatal(err, node)
			}
			return
		}
		helm := map[string]any{}
		if err := yaml.Unmarshal(data, &helm); err != nil {
			t.Fatalf("Helm refuses it: %v\n%q\n%v", err, data, node.Plain())
		}
		if helm == nil {
			helm = map[string]any{}
		}
		if d := cmp.Diff(helm, node.PlainMap()); d != "" {
			t.Fatalf("%q\n%s", data, d)
		}
		// What is printed is read back as the same.
		again, list := ParseYAML("v.yaml", node.YAML())
		if d := cmp.Diff(helm, again.PlainMap()); d != "" || list.HasErrors() {
			t.Fatalf("%q is printed as\n%s%v%s", data, node.YAML(), list, d)
		}
		if node.Digest() != again.Digest() {
			t.Fatalf("%q: another digest after %s", data, node.YAML())
		}
		for _, l := range node.Leaves() {
			if found := node.Find(l.Path.String()); !cmp.Equal(found.Plain(), l.Value) {
				t.Fatalf("%q: %s is %v, not %v", data, l.Path, found.Plain(), l.Value)
			}
			if r := l.Origin; r.Start.Line < 1 || r.Start.Column < 1 || r.End.Column < r.Start.Column {
				t.Fatalf("%q: %s is at %v", data, l.Path, r)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"", "a.b[0].c", `a["x.y"][1]`, `a.b\.c`, `a."x.y".b`, ".a", "a..b", "[", `["`, "a[b]", "a[-1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		again, err := ParsePath(p.String())
		if d := cmp.Diff(p, again); err != nil || d != "" {
			t.Fatalf("%q is written as %q: %v %s", text, p, err, d)
		}
	})
}

// FuzzMerge builds three layers from bytes: merging is associative, changes
// nothing it was given, and agrees with Helm's merge of plain maps.
func FuzzMerge(f *testing.F) {
	f.Add([]byte("\x01a\x02b"), []byte("\x01a\x03"), []byte("\x00"))
	f.Add([]byte{7, 1, 7, 2, 3, 0, 4}, []byte{7, 1, 0}, []byte{7, 1, 7, 3, 1})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		layers := []Layer{{"a", grow(&a, 0)}, {"b", grow(&b, 0)}, {"c", grow(&c, 0)}}
		before := []any{layers[0].Root.Plain(), layers[1].Root.Plain(), layers[2].Root.Plain()}

		all := Merge(layers)
		left := Merge([]Layer{{"ab", Merge(layers[:2])}, layers[2]})
		right := Merge([]Layer{layers[0], {"bc", Merge(layers[1:])}})
		if d := cmp.Diff(all.Origins(), left.Origins()); d != "" {
			t.Fatalf("(a b) c differs from a b c: %s", d)
		}
		if d := cmp.Diff(set(all), set(right)); d != "" {
			t.Fatalf("a (b c) differs from a b c: %s", d)
		}
		want := map[string]any{}
		for _, layer := range before {
			if m, ok := layer.(map[string]any); ok {
				want = mergePlain(want, m)
			}
		}
		if d := cmp.Diff(want, all.Plain()); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(before, []any{layers[0].Root.Plain(), layers[1].Root.Plain(), layers[2].Root.Plain()}); d != "" {
			t.Fatalf("Merge changed a layer: %s", d)
		}
		for _, l := range all.Leaves() {
			if l.Layer == "" {
				t.Fatalf("%s has no layer", l.Path)
			}
		}
	})
}

// set is what a tree says without what it replaced: of a map that is replaced,
// a (b c) lists the layers one by one.
func set(n *Node) Origins {
	all := n.Origins()
	for i := range all {
		all[i].Over = nil
	}
	return all
}

// mergePlain is Helm's mergeMaps (pkg/cli/values/options.go).
func mergePlain(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a))
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		if v, ok := v.(map[string]any); ok {
			if bv, ok := out[k].(map[string]any); ok {
				out[k] = mergePlain(bv, v)
				continue
			}
		}
		out[k] = v
	}
	return out
}

// grow makes a tree of bytes.
func grow(data *[]byte, depth int) *Node {
	next := func() byte {
		if len(*data) == 0 {
			return 0
		}
		b := (*data)[0]
		*data = (*data)[1:]
		return b
	}
	n := &Node{Origin: diag.Range{File: "f", Start: diag.Pos{Line: len(*data) + 1}}}
	kind := next()
	if depth == 0 {
		kind |= 4
	}
	switch {
	case kind&4 != 0 && depth < 5:
		m := map[string]*Node{}
		for range next() % 4 {
			m[string('a'+rune(next()%3))] = grow(data, depth+1)
		}
		n.Value = m
	case kind&2 != 0 && depth < 5:
		n.Value = []*Node{grow(data, depth+1)}
	case kind&1 != 0:
		n.Value = int64(next())
	}
	return n
}
