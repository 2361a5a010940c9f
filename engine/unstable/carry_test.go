package unstable

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
)

// object is a final object of which spec, a line of YAML in flow style, is given.
func object(t *testing.T, spec string) manifest.Object {
	t.Helper()
	tree, err := manifest.Decode([]byte("{apiVersion: example.com/v1, kind: Web, metadata: {name: web}, spec: " + spec + "}"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := manifest.New(tree.(map[string]any), manifest.Source{File: "web.yaml", Line: 1})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestCarry renders an object twice and carries what is committed into the
// first.
func TestCarry(t *testing.T) {
	for _, c := range []struct {
		name, first, second, committed, want string
	}{
		{"a field", "{a: x, b: 1}", "{a: y, b: 1}", "{a: old, b: 2}", "{a: old, b: 1}"},
		{"a number", "{a: 1}", "{a: 2}", "{a: 3}", "{a: 3}"},
		{"a number that is a text by chance", "{a: 1}", "{a: x}", "{a: old}", "{a: old}"},
		{"no field", "{a: x}", "{a: y}", "{b: 1}", "no committed value: /spec/a"},
		{"nothing committed", "{a: x, b: x}", "{a: y, b: y}", "", "no committed value: /spec/a /spec/b"},
		{"some committed", "{a: x, b: x}", "{a: y, b: y}", "{a: old}", "no committed value: /spec/b"},
		{"another shape", "{a: x}", "{a: y}", "{a: {b: old}}", "unclear: /spec/a"},
		{"null", "{a: x}", "{a: y}", "{a: null}", "unclear: /spec/a"},
		{"named items, one in front", "{l: [{name: a}, {name: b, v: x}]}", "{l: [{name: a}, {name: b, v: y}]}", "{l: [{name: b, v: old}]}", "{l: [{name: a}, {name: b, v: old}]}"},
		{"named items, swapped", "{l: [{name: a, v: x}, {name: b, v: x}]}", "{l: [{name: a, v: y}, {name: b, v: y}]}", "{l: [{name: b, v: oldB}, {name: a, v: oldA}]}", "{l: [{name: a, v: oldA}, {name: b, v: oldB}]}"},
		{"a named item that is new", "{l: [{name: a, v: x}, {name: b, v: x}]}", "{l: [{name: a, v: y}, {name: b, v: y}]}", "{l: [{name: a, v: old}]}", "no committed value: /spec/l/1/v"},
		{"a name twice", "{l: [{name: a, p: 1, v: x}, {name: a, p: 2, v: x}]}", "{l: [{name: a, p: 1, v: y}, {name: a, p: 2, v: y}]}", "{l: [{name: a, p: 2, v: old2}, {name: a, p: 1, v: old1}]}", "{l: [{name: a, p: 1, v: old1}, {name: a, p: 2, v: old2}]}"},
		{"a name that is made up", "{l: [{name: x, v: 1}]}", "{l: [{name: y, v: 1}]}", "{l: [{name: old, v: 1}]}", "{l: [{name: old, v: 1}]}"},
		{"words, one in front", "{l: [new, --a=x]}", "{l: [new, --a=y]}", "{l: [--a=old]}", "{l: [new, --a=old]}"},
		{"words, one went", "{l: [--a=x]}", "{l: [--a=y]}", "{l: [went, --a=old]}", "{l: [--a=old]}"},
		{"words, swapped", "{l: [--a=x, --b=x]}", "{l: [--a=y, --b=y]}", "{l: [--b=oldB, --a=oldA]}", "{l: [--a=oldA, --b=oldB]}"},
		{"words, another one", "{l: [--a=x, log]}", "{l: [--a=y, log]}", "{l: [--b=old, log]}", "unclear: /spec/l/0"},
		{"a bare word", "{l: [-a, x]}", "{l: [-a, y]}", "{l: [-a, old]}", "{l: [-a, old]}"},
		{"a bare word, a known one in front", "{l: [-n, -a, x]}", "{l: [-n, -a, y]}", "{l: [-a, old]}", "{l: [-n, -a, old]}"},
		{"a bare word behind another", "{l: [-a, x]}", "{l: [-a, y]}", "{l: [-b, old]}", "unclear: /spec/l/1"},
		{"two bare words", "{l: [x, x]}", "{l: [y, y]}", "{l: [old1, old2]}", "{l: [old1, old2]}"},
		{"two bare words where one was", "{l: [x, x]}", "{l: [y, y]}", "{l: [old]}", "unclear: /spec/l/0 /spec/l/1"},
		{"items by what they hold", "{l: [{h: a, v: x}, {h: b, v: x}]}", "{l: [{h: a, v: y}, {h: b, v: y}]}", "{l: [{h: c}, {h: b, v: oldB}, {h: a, v: oldA}]}", "{l: [{h: a, v: oldA}, {h: b, v: oldB}]}"},
		{"an item that holds something else", "{l: [{h: a, v: x, w: 2}]}", "{l: [{h: a, v: y, w: 2}]}", "{l: [{h: a, v: old, w: 1}]}", "unclear: /spec/l/0/v"},
		{"lists of lists", "{l: [[a], [b, x]]}", "{l: [[a], [b, y]]}", "{l: [[b, old]]}", "{l: [[a], [b, old]]}"},
		{"an empty list", "{l: [x]}", "{l: [y]}", "{l: []}", "no committed value: /spec/l/0"},
		{"a list of another length", "{l: [x], b: 1}", "{l: [y, y], b: 1}", "{l: [old, old, old], b: 2}", "{l: [old, old, old], b: 1}"},
		{"keys with slashes", `{a/b: x, "c~d": x}`, `{a/b: y, "c~d": y}`, `{a/b: old1, "c~d": old2}`, `{a/b: old1, "c~d": old2}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second := object(t, c.first), object(t, c.second)
			fields := ByObject(Find([]manifest.Object{first}, []manifest.Object{second}, []render.Unstable{{ID: first.ID}}))
			var committed []byte
			if c.committed != "" {
				committed = object(t, c.committed).Bytes()
			}
			var kept Kept
			carried, err := kept.Carry(fields, first.ID, false, first.Bytes(), committed)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want[0] == '{' {
				want = string(object(t, want).Bytes())
			}
			got := string(carried)
			if len(kept.Misfit) > 0 {
				got = "unclear:"
			} else if len(kept.Absent) > 0 {
				got = "no committed value:"
			}
			for _, f := range append(kept.Misfit, kept.Absent...) {
				got += fmt.Sprintf(" %s", f.Path)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestBytesOfASecret: of random bytes nothing stays, though two may share a line
// break; of a text in base64 what is around a password does.
func TestBytesOfASecret(t *testing.T) {
	u := Field{Unstable: render.Unstable{ID: manifest.ID{Kind: "Secret", Name: "a"}, Path: "/data/key"}}
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for text, want := range map[[2]string][]Span{
		{"\x01ab\n\xffcd", "\x02ef\n\xfegh"}: nil,
		{"a: ab\nb: 1\n", "a: ef\nb: 1\n"}:   {{3, 5}},
	} {
		if diff := cmp.Diff(want, u.spans(encode(text[0]), encode(text[1]))); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}
