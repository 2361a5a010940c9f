package values

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema/diag"
)

// show prints a tree with its places, one leaf per line, and then what was found.
func show(file, text string) string {
	node, list := ParseYAML(file, []byte(text))
	var b bytes.Buffer
	for _, l := range node.Leaves() {
		fmt.Fprintf(&b, "%-12s %-9T %-14s %d:%d-%d\n", l.Path, l.Value, brief(l.Value), l.Origin.Start.Line, l.Origin.Start.Column, l.Origin.End.Column)
	}
	if len(list) > 0 {
		if err := list.Format(&b, diag.Options{Sources: func(string) []byte { return []byte(text) }}); err != nil {
			panic(err)
		}
	}
	return b.String()
}

func TestParseYAML(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", ""},
		"only comments":     {"# nothing\n---\n", ""},
		"null":              {"~\n", ""},
		"empty map":         {"{}", ""},
		"empty map below":   {"a: {}\nb: []\n", "a            map[string]interface {} {}             1:4-4\nb            []interface {} []             2:4-4\n"},
		"BOM":               {"\ufeffa: 1\n", "a            float64   1              1:4-5\n"},
		"CRLF":              {"a: x y\r\nb: \"z\"\r\n", "a            string    \"x y\"          1:4-7\nb            string    \"z\"            2:4-7\n"},
		"trailing document": {"a: 1\n---\n", "a            float64   1              1:4-5\n"},
		"words of YAML 1.1": {
			"a: yes\nb: Off\nc: n\nd: null\ne: ~\nf:\ng: 'yes'\nh: nO\n",
			`a            bool      true           1:4-7
b            bool      false          2:4-7
c            bool      false          3:4-5
d            <nil>     null           4:4-8
e            <nil>     null           5:4-5
f            <nil>     null           6:3-3
g            string    "yes"          7:4-9
h            string    "nO"           8:4-6
`,
		},
		"numbers as they are": {
			"a: 8080\nb: -1\nc: 0.5\nd: 2024-01-01\ne: 1:30\nf: 1.2.3\ng: 1e400\nh: 0o8\ni: 9007199254740992\n",
			`a            float64   8080           1:4-8
b            float64   -1             2:4-6
c            float64   0.5            3:4-7
d            string    "2024-01-01"   4:4-14
e            string    "1:30"         5:4-8
f            string    "1.2.3"        6:4-9
g            string    "1e400"        7:4-9
h            string    "0o8"          8:4-7
i            float64   9007199254740992 9:4-20
`,
		},
		"numbers that Helm changes": {
			"mode: 0777\ntag: 1.10\nsha: 12e3\nid: 9007199254740993\n",
			`id           float64   9007199254740992 4:5-21
mode         float64   511            1:7-11
sha          float64   12000          3:6-10
tag          float64   1.1            2:6-10
Warning: Helm reads this number as 511

  on v.yaml line 1:
   1: mode: 0777
            ^^^^

A template that prints it will not show ` + "`0777`" + `.

Write "0777" if the text is meant, or 511 if the number is.

Warning: Helm reads this number as 1.1

  on v.yaml line 2:
   2: tag: 1.10
           ^^^^

A template that prints it will not show ` + "`1.10`" + `.

Write "1.10" if the text is meant, or 1.1 if the number is.

Warning: Helm reads this number as 12000

  on v.yaml line 3:
   3: sha: 12e3
           ^^^^

A template that prints it will not show ` + "`12e3`" + `.

Write "12e3" if the text is meant, or 12000 if the number is.

Warning: Helm reads this number as 9007199254740992

  on v.yaml line 4:
   4: id: 9007199254740993
          ^^^^^^^^^^^^^^^^

A template that prints it will not show ` + "`9007199254740993`" + `.

Write "9007199254740993" if the text is meant, or 9007199254740992 if the number
is.
`,
		},
		"numbers that Helm refuses": {
			"a: .inf\n",
			`Error: Helm refuses this value

  on v.yaml line 1:
   1: a: .inf
         ^^^^

Helm cannot pass an infinite number or a NaN to a chart.

Put it in quotes if it is meant as text.
`,
		},
		"tags": {
			"a: !!str 5\nb: !!float 3\nc: !!binary aGVsbG8=\nd: !mine text\ne: !!int \"7\"\n",
			`a            string    "5"            1:4-11
b            float64   3              2:4-13
c            string    "hello"        3:4-21
d            string    "text"         4:4-14
e            float64   7              5:4-13
`,
		},
		"scalars of all styles": {
			"a: \"x \\\" y\" # c\nb: 'it''s'\nc: |\n  one\n  two\nd: >-\n  one\n  two\ne: one\n  two\nf: [a, {b: c}]\n",
			`a            string    "x \" y"       1:4-12
b            string    "it's"         2:4-11
c            string    "one\ntwo\n"   3:4-5
d            string    "one two"      6:4-6
e            string    "one two"      9:4-7
f[0]         string    "a"            11:5-6
f[1].b       string    "c"            11:12-13
`,
		},
		"anchors, aliases and merge keys keep the line of the anchor": {
			`base: &base
  cpu: 1
  memory: &m 64Mi
web:
  <<: *base
  cpu: 2
late:
  cpu: 3
  <<: [*base, {cpu: 9, disk: x}]
copy: *m
list: [*base]
`,
			`base.cpu     float64   1              2:8-9
base.memory  string    "64Mi"         3:11-18
copy         string    "64Mi"         3:11-18
late.cpu     float64   1              2:8-9
late.disk    string    "x"            9:30-31
late.memory  string    "64Mi"         3:11-18
list[0].cpu  float64   1              2:8-9
list[0].memory string    "64Mi"         3:11-18
web.cpu      float64   2              6:8-9
web.memory   string    "64Mi"         3:11-18
`,
		},
		"keys": {
			"1: a\n\"x.y\": b\non: c\n1.50: d\n",
			`1            string    "a"            1:4-5
["1.5"]      string    "d"            4:7-8
true         string    "c"            3:5-6
["x.y"]      string    "b"            2:8-9
Warning: Helm reads this key as "true"

  on v.yaml line 3:
   3: on: c
      ^^

Without quotes, ` + "`on`" + ` is no string in YAML 1.1.

Write "on" to keep it, or true to say what is meant.

Warning: Helm reads this key as "1.5"

  on v.yaml line 4:
   4: 1.50: d
      ^^^^

Without quotes, ` + "`1.50`" + ` is no string in YAML 1.1.

Write "1.50" to keep it, or 1.5 to say what is meant.
`,
		},
		"a key twice": {
			"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n",
			`Error: Key "c" is given twice

  on v.yaml line 5:
   5:   c: 3
        ^
  on v.yaml line 3, first given here:
   3:   c: 1
        ^

Helm keeps only one of them, without a word.

Keep one of the two, or merge what is below them.
`,
		},
		"keys that are none": {
			"? [a]\n: 1\n~: 2\n",
			`Error: A key has to be a string

  on v.yaml line 1:
   1: ? [a]
        ^

Found a list as a key.

Put the key in quotes.

Error: A key has to be a string

  on v.yaml line 3:
   3: ~: 2
      ^

Helm cannot use ` + "`~`" + ` as a key.

Put the key in quotes.
`,
		},
		"a list at the top": {
			"- a\n- b\n",
			`Error: A values file is a map at its top

  on v.yaml line 1:
   1: - a
      ^

Found a list where Helm expects keys with values.

Put the content under a key, as in ` + "`name: …`" + `.
`,
		},
		"several documents": {
			"a: 1\n---\nb: 2\n",
			`Error: The values file holds several documents

  on v.yaml line 2:
   2: ---
      ^^^

Helm reads only the first document of a values file and drops what follows
without a word.

Split the documents into files of their own and name each in values_files.
`,
		},
		"a tab": {
			"a:\n  b: 1\n\tc: 2\nd: 3\n",
			`Error: Invalid YAML

  on v.yaml line 3:
   3:     c: 2
      ^^^^

The YAML reader says: found a tab character that violates indentation.

Indent with spaces: YAML forbids tabs there.
`,
		},
		"a colon too many": {
			"a: 1\nb: c: d\ne: 2\n",
			`Error: Invalid YAML

  on v.yaml line 2:
   2: b: c: d
      ^^^^^^^

The YAML reader says: mapping values are not allowed in this context.

Correct the YAML here or in the lines above.
`,
		},
		"wrong indentation far below the block's start": {
			"a:\n  b: 1\n  c: 2\n  d: 3\n e: 4\nf: 5\n",
			`Error: Invalid YAML

  on v.yaml line 5:
   5:  e: 4
       ^^^^

The YAML reader says: did not find expected key.

Correct the YAML here or in the lines above.
`,
		},
		"a quote that is not closed": {
			"a: 1\nb: \"x\nc: 2\n",
			`Error: Invalid YAML

  on v.yaml line 2:
   2: b: "x
      ^^^^^

The YAML reader says: found unexpected end of stream.

Correct the YAML here or in the lines above.
`,
		},
		"an anchor that is none": {
			"a: 1\nb: *nowhere\n",
			`Error: Invalid YAML

  on v.yaml line 2:
   2: b: *nowhere
      ^^^^^^^^^^^

The YAML reader says: unknown anchor 'nowhere' referenced.

Correct the YAML here or in the lines above.
`,
		},
		"not UTF-8": {
			"a: 1\nb: é\xe9\n",
			"Error: The YAML is not UTF-8\n\n  on v.yaml line 2:\n   2: b: é\ufffd\n          ^\n\nThe byte 0xe9 cannot stand here.\n\nSave it as UTF-8.\n",
		},
		"UTF-16": {
			"\xff\xfea\x00",
			"Error: The YAML is UTF-16, not UTF-8\n\n  on v.yaml:\n\nIt begins with the byte order mark of UTF-16.\n\nSave it as UTF-8: `iconv -f UTF-16 -t UTF-8` does it.\n",
		},
		"an alias inside of itself": {
			"a: &a\n  b: *a\n",
			`Error: Alias contains itself

  on v.yaml line 2:
   2:   b: *a
           ^^

The alias *a stands inside of its own anchor.

Write the value out.
`,
		},
		"a merge key with a list": {
			"a: &a [1]\nb:\n  <<: *a\n",
			`Error: A merge key takes a map

  on v.yaml line 3:
   3:   <<: *a
            ^^

Found a list behind ` + "`<<`" + `.

Give it the alias of a map, or a list of such aliases.
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, show("v.yaml", c.text)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseDocument(t *testing.T) {
	for text, want := range map[string]any{"": nil, "~": nil, "5": 5.0, "- a\n- 1": []any{"a", 1.0}, "a: {}": map[string]any{"a": map[string]any{}}, "--- yes": true} {
		node, list := ParseDocument("v.yaml", []byte(text))
		if d := cmp.Diff(want, node.Plain()); d != "" || len(list) > 0 {
			t.Error(text, d, list)
		}
	}
}

// An alias bomb is refused before anything is unfolded, in the time of its text.
func TestParseYAMLBombs(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	deep := "a: " + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "\n"
	chain := "a0: &a0 [x]\n"
	for i := 1; i < 600; i++ {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"wide":  {bomb, "Too many values"},
		"deep":  {deep, "Values are nested too deeply"},
		"chain": {chain, "Values are nested too deeply"},
	} {
		node, list := ParseYAML("v.yaml", []byte(c.text))
		if len(list) == 0 || list[0].Summary != c.want || len(node.Map()) != 0 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// A file of one long line is read in one pass.
func TestParseYAMLOfOneLine(t *testing.T) {
	items := make([]any, 20_000)
	for i := range items {
		items[i] = map[string]any{"name": fmt.Sprint("n", i)}
	}
	data, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		t.Fatal(err)
	}
	node, list := ParseYAML("v.json", data)
	last := node.Find("items[19999].name")
	want := diag.Range{File: "v.json", Start: diag.Pos{Line: 1, Column: len(data) - 10}, End: diag.Pos{Line: 1, Column: len(data) - 2}}
	if d := cmp.Diff(want, last.Origin); d != "" || len(list) > 0 || last.Value != "n19999" {
		t.Error(d, list, last.Value)
	}
}
