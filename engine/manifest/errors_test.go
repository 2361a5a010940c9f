package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"indentation", "a: 1\nb:\n  c: 1\n d: 2\ne: 1\n", "line 4: did not find expected key"},
		{"a list and a key", "a:\n- b\n- c\nx: y\n- d\n", "line 5: did not find expected key"},
		{"two colons", "a:\n  b: c: d\n", "line 2: mapping values are not allowed in this context"},
		{"first line", "a: b: c\n", "line 1: mapping values are not allowed in this context"},
		{"tab", "a:\n\tb: 1\n", "line 2: found character that cannot start any token"},
		{"open quote", "a: 1\nb: \"x\nc: 1\nd: 2\n", "line 2: found unexpected end of stream"},
		{"open bracket", "a: 1\nb: [1,\nc: 1\nd: 2\n", "line 2: did not find expected ',' or ']'"},
		{"a template left over", "a: 1\nb: {{ .Values.x }}\nc: 2\n", "line 2, column 5: a mapping or a list cannot be a key"},
		{"an error in the second document", "a: 1\n---\n# comment\nb: @x\n---\nc: 1\n", "line 4: found character that cannot start any token"},
		{"two errors", "a: @\n---\nb: 1\n---\n\nc: @\n", "line 1: found character that cannot start any token\nline 6: found character that cannot start any token"},
		{"alias", "a: 1\nb: *x\n", "line 2: unknown anchor 'x' referenced"},
		{"anchor in itself", "a: 1\nb: &x\n  c: *x\n", "line 3, column 6: anchor \"x\" contains itself"},
		{"null key", "a:\n  ~: 1\n", "line 2, column 3: null cannot be a key: quote it"},
		{"list key", "a:\n  ? [b]\n  : 1\n", "line 2, column 5: a mapping or a list cannot be a key"},
		{"infinity", "a:\n- 1\n- é: .inf\n", "line 3, column 6: .inf is no number that JSON has: quote it where a string is meant"},
		{"tag", "a: !!int x\n", "line 1, column 4: \"x\" is no value for the tag !!int"},
		{"merge", "a: 1\n<<: 1\n", "line 2, column 5: a merge takes mappings or a list of mappings"},
		{"not UTF-8", "a: 1\nb: é\xff\n", "line 2, column 5: byte 0xff is not UTF-8"},
		{"UTF-16", "\xff\xfea\x00", "line 1, column 1: the text is UTF-16, not UTF-8"},
		{"control character", "a: 1\nb: x\x00\n", "line 2, column 5: control character U+0000 is not allowed"},
		{"CRLF", "a: 1\r\nb: @\r\n", "line 2: found character that cannot start any token"},
		{"document after its end", "a: 1\n...\nb: 2\n", "line 3: the document has ended before this line"},
		{"text after a document", "{}\na: 1\n", "line 2: the document has ended before this line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs := Read([]byte(c.text))
			var got []string
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDecodeTakesOneDocument(t *testing.T) {
	_, err := Decode([]byte("a: 1\n---\nb: 2\n"))
	want := "line 2: a second document begins here"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAliasBombIsRefused(t *testing.T) {
	bomb := "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
	for i := range 20 {
		a := fmt.Sprintf("*a%d", i)
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Join([]string{a, a, a, a, a, a, a, a, a, a}, ", "))
	}
	_, err := Decode([]byte(bomb))
	want := "line 6, column 40: aliases repeat more than 16 MiB"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDuplicateKeys(t *testing.T) {
	documents, errs := Read([]byte(`---
x: 1
---
a: 1
metadata:
  labels:
    app: web
    "app": db
  list:
  - a: 1
    b: 2
    a: 3
base: &base {k: 1}
merged:
  <<: *base
  k: 2
a: {b: 1}
a: 2
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := []DuplicateKey{
		{Path: "metadata.labels", Key: "app", Line: 8, Column: 5, First: 7},
		{Path: "metadata.list.0", Key: "a", Line: 12, Column: 5, First: 10},
		{Path: "", Key: "a", Line: 17, Column: 1, First: 4},
		{Path: "", Key: "a", Line: 18, Column: 1, First: 4},
	}
	if diff := cmp.Diff(want, documents[1].Duplicates); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantTree := m{
		"a": int64(2), "base": m{"k": int64(1)}, "merged": m{"k": int64(2)},
		"metadata": m{"labels": m{"app": "db"}, "list": l{m{"a": int64(3), "b": int64(2)}}},
	}
	if diff := cmp.Diff(wantTree, documents[1].Tree); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		stream string
		want   []string
	}{
		{"", nil},
		{"# a\n\n---\n# b\n---\n", nil},
		{"a: 1\n", []string{"1 a: 1\n"}},
		{"\ufeffa: 1", []string{"1 a: 1"}},
		{"---\na: 1\n---\nb: 1\n", []string{"2 a: 1\n", "4 b: 1\n"}},
		{"a: 1\n--- # b\nb: 1\n---  \r\nc: 1\n", []string{"1 a: 1\n", "3 b: 1\n", "5 c: 1\n"}},
		{"--- a\n--- |\n  b\n---x\n", []string{"1 --- a\n", "2 --- |\n  b\n---x\n"}},
		{"%YAML 1.1\n---\na: 1\n...\n---\nb: |\n  ---\n  c\n", []string{"3 a: 1\n...\n", "6 b: |\n  ---\n  c\n"}},
		{"# a comment\n\na: 1\n# another\n---\n\n\nb: 1\n", []string{"1 # a comment\n\na: 1\n# another\n", "6 \n\nb: 1\n"}},
	} {
		var got []string
		for _, text := range Split([]byte(c.stream)) {
			got = append(got, fmt.Sprintf("%d %s", text.Line, text.Data))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.stream, diff)
		}
	}
}

// FuzzRead checks that no stream makes the reader fail otherwise than with an
// error in the stream, and that what it reads is written without loss.
func FuzzRead(f *testing.F) {
	for _, s := range scalars {
		f.Add("a: " + s + "\n")
	}
	f.Add("a: &x {b: 1}\nc:\n  <<: *x\n---\n- - a: |2-\n      b\n- ? d\n  : e\n")
	f.Fuzz(func(t *testing.T, stream string) {
		lines := 1 // as YAML counts them
		for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(stream, end)
		}
		documents, errs := Read([]byte(stream))
		for _, err := range errs {
			if err.Line < 1 || err.Line > lines || err.Msg == "" {
				t.Errorf("%+v is not in the stream of %d lines", err, lines)
			}
		}
		for _, d := range documents {
			if !strings.Contains(stream, "!") { // alone it is read as no tag
				asKubernetes(t, string(d.Data))
			}
			readBack(t, d.Tree, Encode(d.Tree))
		}
	})
}
