package manifest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	k8syaml "sigs.k8s.io/yaml"
)

// scalars is every form that readers of YAML disagree on.
var scalars = []string{
	"", "~", "null", "Null", "NULL", "nULL", "true", "True", "TRUE", "tRUE", "false", "False", "FALSE",
	"yes", "Yes", "YES", "yES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "t", "f",
	"0", "1", "-1", "+1", "00", "007", "-007", "0777", "08", "09.5", "0o17", "0O17", "-0o17", "0o18", "0x1F", "0X1f", "-0x1F", "0xg", "0b101", "-0b101", "0B1", "0b2", "+0b1", "0b+1", "-0b-1", "-0b1", "0o+1",
	"1_000", "_1", "1_", "1__0", "0x_1", "0_7", "1_000.5", "1:30", "20:30:40", "190:20:30.15", "12e03", "1e3", "1E3", "1e+3", "1e-3", "1e", "e3", "+.5", "-.5", ".5", "5.", ".", "-", "+", "-.", "1.2.3", "1.", "-1.", "+1.5e3",
	".e3", "..5", "1.0", "100.0", "0.1", "1e400", "-1e400", "1e-400", "0.30000000000000004", "1e21", "1e20", "123456789012345678901234567890", "-0", "-0.0", "0.0",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "0x7fffffffffffffff", "0xffffffffffffffff",
	"2024-01-02", "2024-1-2", "2024-13-45", "2024-01-02T03:04:05Z", "2024-01-02t03:04:05Z", "2024-01-02 03:04:05", "2001-12-14 21:59:43.10 -5", "2024-", "2024", "2024.01",
	"0x1p-2", "1d", "1f", "0xf.8", "inf", "nan", "infinity", "NaN", "=", "<", "<<x", "a b", "a:b", "a#b", "1,000", "1 000", "１", "٣",
	`"1"`, `'true'`, `"\x41\u00e9\U0001F600\n\e\0\_\N"`, `'it''s'`, "!!str 1", "!!str true", "!!str", "!!str null", "!!int 1", "!!int 0x1f", `!!int "3"`, `!!float 1`, "!!float 1.5", `!!float "1.5"`, "!!bool yes", "!!bool \"true\"", "!!null null", "!!null ''",
	"!!binary aGVsbG8=", "!!timestamp 2024-01-02", "!!timestamp '2024-01-02'", "!custom 1", "!custom a", "!!int a", "!!bool 1", "!!float a", "!!null a", "!!int 1.5", "!!set a", "!<tag:yaml.org,2002:int> 3", "!!binary _", "!!timestamp x",
	".inf", "-.inf", "+.Inf", ".nan", ".NaN", ".Nan", ".INF",
	"|\n  a\n  b\n", "|-\n  a\n", "|+\n  a\n\n", ">\n  a\n  b\n\n  c\n", ">-\n  a\n   b\n  c\n", "|2\n    a\n", "a\n  b\n\n  c", "\"a\n  b\"", "\"a\\\n  b\"", "'a\n\n  b'",
	"[]", "{}", "[a, b: c, {d: e}]", "{a, b: , c: d}", "[1, 2,]", "{a: 1,}", `{"a":1}`, "[? a : b]",
}

// TestScalarsAsKubernetes compares every scalar, as a value and as a key, with
// what sigs.k8s.io/yaml makes of it.
func TestScalarsAsKubernetes(t *testing.T) {
	for _, s := range scalars {
		for _, text := range []string{"v: " + s + "\n", "- " + s + "\n"} {
			asKubernetes(t, text)
		}
		if !strings.Contains(s, "\n") && !strings.ContainsAny(s[:min(1, len(s))], "[{") { // those it reads as far as the bracket
			asKubernetes(t, s+": v\n")
			asKubernetes(t, "{"+s+": v}\n")
		}
	}
}

func TestDocumentsAsKubernetes(t *testing.T) {
	for _, text := range []string{
		"", "\n", "# nothing\n", "---\n", "---\n# nothing\n", "--- a\n", "--- |\n  a\n", "a: 1\n...\n", "%YAML 1.1\n---\na: 1\n", "\ufeffa: 1\n", "a: 1\r\nb:\r\n- |\r\n  x\r\n  y\r\n",
		"a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  b: 3\n", "a: &x {b: 1}\nd:\n  b: 3\n  <<: *x\n", "a: &x {b: 1}\nb: &y {b: 2, c: 3}\nd:\n  <<: [*x, *y]\n", "d:\n  <<: {a: 1}\n  <<: {a: 2}\n", "\"<<\": {a: 1}\n", "!!merge <<: {a: 1}\n",
		"<<: 1\n", "<<: [1]\n", "a: &x [1]\nb:\n  <<: *x\n", "a: *nothing\n", "a: &x [*x]\n", "a: &x\n  b: *x\n", "&k a: 1\nb: *k\n*k : 2\n", "a: &e\nb: *e\n", "a: &x 1\na2: &x 2\nb: *x\n",
		"[a]: 1\n", "{a: b}: 1\n", "? a\n: b\n", "? [a]\n: b\n", "a: 1\na: 2\n", "a: {b: 1}\na: {c: 1}\n", "a:\n- b\n-  - c\n   - d\n", "a:\n    b: 1\n    c:\n    - 1\n",
		"a: b: c\n", "a: [\n", "a: \"\n", "\ta: 1\n", "a:\n\t- b\n", "a:\n  b\n c: 1\n", "a: 1\n b: 2\n", "- a\nb: 1\n", "a: @x\n", "a: `x\n", "a: %x\n", "a: 'x'y\n", "{a: 1\n", "a: |\n  b\n c\n", "a: {{ x }}\n", "!!map {a: 1}\n", "!!seq [a]\n", "!!seq {a: 1}\n", "!!map [a]\n", "!x {a: 1}\n", "!!str [a]\n",
		"a: >\n\n  b\n\n  c\n   d\n\n", "a: b # c\n# d\ne: f#g\n", "a: \"#b\" # c\n", "a:   \n  # comment\n  b: 1\n", "a: # c\n- 1\n# d\n- 2\n", "a:\n- # c\n  b: 1\n", "- - a\n  - b\n-\n  - c\n", "a: -\n", "- -\n", "a: ?\n", "a: :\n", "? \n", ": a\n",
		"a: 1\tb\n", "a:\tb\n", "a: b\t# c\n", "a: [a\t,\tb]\n", "a: 'b\tc'\n", "a: |\n  b\n  \tc\n", "a: |\n\tb\n", "- \ta\n", "-\ta: 1\n",
		"a: \"\\ud83d\\ude00\"\n", "a: \"\\ud800\"\n", "a: \"\\q\"\n", "a: \"\\/\"\n", strings.Repeat("k", 1100) + ": 1\n", "a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n",
		"kind: List\nitems:\n- kind: A\n", "a: &a [b]\nc: [*a, *a]\n", "a: \"x\\\n  y\"\n", "{a: b, c}\n", "[a b, c]\n", "{a:b}\n", "{\"a\":b}\n", "{'a':1}\n", "[a:b]\n", "[\"a\":b]\n", "a: {b: c}d\n", "a: [b]c\n", "a: *x y\n", "a:b\n", "a: -1-\n", "a: !!str\nb: 1\n", "!!str a: 1\n",
	} {
		asKubernetes(t, text)
	}
}

// Kubernetes' reader gives one or the other, as its map happens to be ordered:
// here the last one counts, as with any key that stands twice.
func TestKeysThatBecomeOne(t *testing.T) {
	tree, err := Decode([]byte("1: a\n\"1\": b\n"))
	if err != nil || !equal(tree, map[string]any{"1": "b"}) {
		t.Errorf("got %v, %v", tree, err)
	}
}

// asKubernetes compares Decode with sigs.k8s.io/yaml, values by their JSON.
func asKubernetes(t *testing.T, text string) {
	t.Helper()
	want, wantErr := k8syaml.YAMLToJSON([]byte(text))
	tree, err := Decode([]byte(text))
	if (wantErr != nil) != (err != nil) {
		t.Errorf("%q: got %v, %v; sigs.k8s.io/yaml gives %s, %v", text, tree, err, want, wantErr)
		return
	}
	slow, slowErr := Text{Data: []byte(text), Line: 1}.parse()
	if err == nil && len(Split([]byte(text))) > 0 && (slowErr != nil || !equal(slow.Tree, tree)) {
		t.Errorf("%q: got %v, the parser has %v, %v", text, tree, slow.Tree, slowErr)
	}
	if err != nil {
		return
	}
	got, err := json.Marshal(tree)
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	if string(got) != string(want) {
		t.Errorf("%q: got %s, sigs.k8s.io/yaml gives %s", text, got, want)
	}
	checkTypes(t, text, tree)
}

// checkTypes fails for whatever is not in a JSON-typed tree.
func checkTypes(t *testing.T, text string, tree any) {
	t.Helper()
	switch v := tree.(type) {
	case nil, bool, int64, uint64, float64, string:
	case l:
		for _, c := range v {
			checkTypes(t, text, c)
		}
	case m:
		for _, c := range v {
			checkTypes(t, text, c)
		}
	default:
		t.Errorf("%q: %T in the tree", text, tree)
	}
}

func TestDecodeKeepsNumberTypes(t *testing.T) {
	got, err := Decode([]byte("[1, -1, 0x10, 9223372036854775808, 18446744073709551616, 1.0, 1e3, '1']"))
	if err != nil {
		t.Fatal(err)
	}
	want := l{int64(1), int64(-1), int64(16), uint64(1 << 63), float64(1<<63) * 2, 1.0, 1000.0, "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
