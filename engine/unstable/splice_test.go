package unstable

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pem is a key as a template prints it: a line of base64 for each letter.
func pem(kind, letters string) string {
	text := "-----BEGIN " + kind + "-----\n"
	for _, letter := range letters {
		text += strings.Repeat(string(letter), 64) + "\n"
	}
	return text + "-----END " + kind + "-----\n"
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// TestSplice renders twice, finds what is made up, and carries a committed
// text's part of that into the first.
func TestSplice(t *testing.T) {
	for _, c := range []struct {
		name, first, second, committed, want string // want is empty where nobody can tell
	}{
		{"all of it", "abc", "xyz", "old", "whole"},
		{"a sign in common", "!abc", "!xyz", "old", "whole"},
		{"a word", "--token=abc", "--token=xyz", "--token=old", "--token=old"},
		{"another word", "--token=abc", "--token=xyz", "--password=old", ""},
		{"a letter in common", "u:abc@host", "u:abx@host", "u:old@host", "u:old@host"},
		{"its surroundings changed", "log: debug\npass: abc\n", "log: debug\npass: xyz\n", "log: info\npass: old\n", "log: debug\npass: old\n"},
		{"a line came", "pass: abc\nnew: 1\n", "pass: xyz\nnew: 1\n", "pass: old\n", "pass: old\nnew: 1\n"},
		{"a line went", "pass: abc\nz: 1\n", "pass: xyz\nz: 1\n", "pass: old\nwent: 1\nz: 1\n", "pass: old\nz: 1\n"},
		{"two words", "a: abc\nb: def\nlog: 1\n", "a: xyz\nb: uvw\nlog: 1\n", "log: 0\nb: old\na: odd\n", "a: odd\nb: old\nlog: 1\n"},
		{"its own line changed", "pass: [abc]\nz: 1\n", "pass: [xyz]\nz: 1\n", "pass: {old}\nz: 1\n", ""},
		{"the line is there twice", "- p: abc\n- p: def\nz: 1\n", "- p: uvw\n- p: xyz\nz: 1\n", "- p: old\n- p: odd\nz: 0\n", ""},
		{"twice, and nothing else changed", "- p: abc\n- p: def\n", "- p: uvw\n- p: xyz\n", "- p: old\n- p: odd\n", "- p: old\n- p: odd\n"},
		{"a bare word between two lines", "[x]\nabc\n[y]\nz: 1\n", "[x]\nxyz\n[y]\nz: 1\n", "[x]\nold\n[y]\nz: 0\n", "[x]\nold\n[y]\nz: 1\n"},
		{"a key", pem("KEY", "abc"), pem("KEY", "xy"), pem("KEY", "opqr"), pem("KEY", "opqr")},
		{"another kind of key in the second render", pem("RSA KEY", "abc"), pem("EC KEY", "xy"), pem("RSA KEY", "opqr"), "whole"},
		{"lines in common in the middle of a key", pem("KEY", "asbt"), pem("KEY", "xsyt"), pem("KEY", "opqr"), pem("KEY", "opqr")},
		{"a key in a file", "key: |\n" + indented(pem("RSA KEY", "abc")) + "log: 1\n", "key: |\n" + indented(pem("EC KEY", "x")) + "log: 1\n",
			"key: |\n" + indented(pem("RSA KEY", "opqr")) + "log: 1\n", "key: |\n" + indented(pem("RSA KEY", "opqr")) + "log: 1\n"},
		{"a key in a file whose end changed", "key: |\n" + indented(pem("RSA KEY", "abc")) + "log: 1\nz: 1\n", "key: |\n" + indented(pem("EC KEY", "x")) + "log: 1\nz: 1\n",
			"key: |\n" + indented(pem("RSA KEY", "opqr")) + "log: 1\nz: 0\n", "key: |\n" + indented(pem("RSA KEY", "opqr")) + "log: 1\nz: 1\n"},
		{"a line came behind a key", "key: |\n" + indented(pem("RSA KEY", "abc")) + "log: 1\n", "key: |\n" + indented(pem("EC KEY", "x")) + "log: 1\n",
			"key: |\n" + indented(pem("RSA KEY", "opqr")) + "more: 1\nlog: 1\n", ""},
		{"lines come and go", "a\n", "a\nb\n", "a\n", "whole"},
		{"no UTF-8", "a: abc\n\xff: 1\n", "a: xyz\n\xff: 1\n", "a: old\n\xff: 0\n", "a: old\n\xff: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := "whole"
			if spans := madeUp(c.first, c.second); spans != nil {
				got, _ = splice(c.first, c.committed, spans)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzSplice: what is spliced differs from the first render in the spans only,
// and its own text is carried as it is.
func FuzzSplice(f *testing.F) {
	f.Add("log: debug\npass: abc\n", "log: debug\npass: xyz\n", "log: info\npass: old\n")
	f.Add("a\n\nb", "c\n\nd", "\n")
	f.Fuzz(func(t *testing.T, first, second, committed string) {
		if first == second {
			return
		}
		spans := madeUp(first, second)
		if spans == nil {
			return
		}
		at := 0
		for _, s := range spans {
			if s[0] < at || s[1] < s[0] || s[1] > len(first) {
				t.Fatalf("spans %v of %d bytes", spans, len(first))
			}
			at = s[1]
		}
		if got, ok := splice(first, first, spans); ok && got != first {
			t.Fatalf("its own text is spliced to %q", got)
		}
		if got, ok := splice(first, committed, spans); ok {
			rest := got
			at := 0
			for _, s := range spans {
				var found bool
				if _, rest, found = strings.Cut(rest, first[at:s[0]]); !found {
					t.Fatalf("%q is not in %q", first[at:s[0]], got)
				}
				at = s[1]
			}
			if !strings.HasSuffix(got, first[at:]) {
				t.Fatalf("%q is not at the end of %q", first[at:], got)
			}
		}
	})
}
