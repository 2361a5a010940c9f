package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFastIsTheParser compares the two ways of reading on what fast is to
// take, and on what it is to leave alone.
func TestFastIsTheParser(t *testing.T) {
	for _, c := range []struct {
		text string
		fast bool
	}{
		{"a: 1\nb:\n  c: x y\n  d:\n  - e\n  - f: 1\n    g: [a, \"b\", 'c', 1]\n  -\n  - - h\n    - i: {}\nj:\nk: []\n", true},
		{"# comment\na: 1 # one\n\n# more\nb: # two\n  # three\n  c: 'it''s' # four\n  d: [] # five\n# six\n", true},
		{"a: |\n  one\n    two\n\n  three\n\n\nb: |-\n  x\n\nc: |+\n  y\n\n\nd: z\n", true},
		{"a: |\n  one", true},
		{"a: |-\n\n\n  one\n   \n  two\n", true},
		{"a: long text\n  goes on\n\n  - here, \"so\" to 'say'\n\n\n  and there\nb: x\n", true},
		{"description: a\n  b: c\n", false},
		{"a: x\n  # comment\n  y\n", false},
		{"a: x # comment\n  y\n", false},
		{"\"a\": \"x \\\"y\\\" \\\\ \\n\\t\"\n'b': 'x'\n", true},
		{"on: 1\n", false},
		{"1: a\n", false},
		{"a: yes\nb: 0x10\nc: 1e3\nd: ~\ne: 2024-01-01\nf: .5\ng: 1.0\nh: -1\ni: --x\n", true},
		{"a: .inf\n", false},
		{"a: &x 1\n", false},
		{"a: >-\n  x\n", false},
		{"a: \"x\n  y\"\n", false},
		{"a: 1\na: 2\n", false},
		{"a: b: c\n", false},
		{"a:\n   b: 1\n  c: 2\n", false},
		{"a: 1\n  b: 2\n", false},
		{"a: {b: 1}\n", false},
		{"a: [b, [c]]\n", false},
		{"a: \"b\" c\n", false},
		{"a: \"b\"#c\n", false},
		{"a: |2\n    x\n", false},
		{"a:\tb\n", false},
		{"a: b\tc\n", false},
		{"a: b\r\n", false},
		{"a: é\n", true},
		{"a: x\u2028y\n", false},
		{"x\n", false},
		{"- a\n- b\n", true},
		{"- a\nb: 1\n", false},
		{"a:\n- b\n- c\nd:\n  - e\n", true},
		{"a: @b\n", false},
		{"", false},
	} {
		want, err := Text{Data: []byte(c.text), Line: 1}.parse()
		got, ok := fast(c.text)
		if ok != c.fast {
			t.Errorf("%q: fast is %v", c.text, ok)
		}
		if ok && err != nil {
			t.Errorf("%q: got %v, the parser has %v", c.text, got, err)
		}
		if diff := cmp.Diff(want.Tree, got); ok && diff != "" {
			t.Errorf("%q: -parser +fast:\n%s", c.text, diff)
		}
	}
}

// FuzzFast checks that fast reads what it reads as the parser does.
func FuzzFast(f *testing.F) {
	for _, s := range scalars {
		f.Add("a: " + s + "\n- " + s + "\nb:\n - c: " + s + "\n")
	}
	f.Add(string(Encode(benchTree())))
	f.Add("a: long text\n  goes on\n\n  - here, \"so\" to 'say'\nb: |\n  x\n   y\n\nc:\n- d: [a, 'b']\n  e: {}\n-\n  - f\n")
	f.Fuzz(func(t *testing.T, text string) {
		data := Text{Data: []byte(text), Line: 1}
		if data.checkCharacters() != nil {
			t.Skip()
		}
		got, ok := fast(text)
		if !ok {
			return
		}
		want, err := data.parse()
		if err != nil {
			t.Fatalf("%q: got %v, the parser has %v", text, got, err)
		}
		if len(want.Duplicates) > 0 {
			t.Errorf("%q: fast has not seen %v", text, want.Duplicates)
		}
		if !equal(want.Tree, got) {
			t.Errorf("%q: -parser +fast:\n%s", text, cmp.Diff(want.Tree, got))
		}
	})
}
