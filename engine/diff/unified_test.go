package diff

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pmezard/go-difflib/difflib"
)

func TestHunks(t *testing.T) {
	number := func(n int, changed ...int) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			word := "line"
			for _, c := range changed {
				if c == i {
					word = "LINE"
				}
			}
			fmt.Fprintf(&b, "%s %d\n", word, i)
		}
		return b.String()
	}
	for _, test := range []struct {
		name, before, after string
		context             int
		want                string
	}{
		{"the same", "a\n", "a\n", 3, ""},
		{"from nothing", "", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"to nothing", "a\nb", "", 3, "@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file\n"},
		{"two changes near each other", number(9), number(9, 2, 8), 3, "@@ -1,9 +1,9 @@\n line 1\n-line 2\n+LINE 2\n line 3\n line 4\n line 5\n line 6\n line 7\n-line 8\n+LINE 8\n line 9\n"},
		{"two changes far from each other", number(20), number(20, 2, 19), 1, "@@ -1,3 +1,3 @@\n line 1\n-line 2\n+LINE 2\n line 3\n@@ -18,3 +18,3 @@\n line 18\n-line 19\n+LINE 19\n line 20\n"},
		{"without context", number(5), strings.Replace(number(5), "line 3\n", "", 1), 0, "@@ -3 +2,0 @@\n-line 3\n"},
		{"all", number(12), number(12, 1), -1, "@@ -1,12 +1,12 @@\n-line 1\n+LINE 1\n" + strings.TrimPrefix(strings.ReplaceAll("\n"+strings.TrimSuffix(number(12), "\n"), "\n", "\n "), "\n line 1\n") + "\n"},
	} {
		if diff := cmp.Diff(test.want, unified([]byte(test.before), []byte(test.after), test.context)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	want := []Hunk{{Before: Range{1, 2}, After: Range{1, 2}, Lines: []Line{
		{Kind: Context, Before: 1, After: 1, Text: "a"},
		{Kind: Gone, Before: 2, Text: "b", NoEnd: true},
		{Kind: New, After: 2, Text: "c"},
	}}}
	if diff := cmp.Diff(want, Hunks("a\nb", "a\nc\n", 3)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHunksAreDifflibs compares random texts with what go-difflib writes, where
// it sees them the same way round.
func TestHunksAreDifflibs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	text := func() string {
		var b strings.Builder
		for range r.IntN(40) {
			fmt.Fprintf(&b, "%d\n", r.IntN(12))
		}
		return b.String()
	}
	compared := 0
	for range 500 {
		a, b := text(), text()
		if strings.Compare(a, b) >= 0 || a == "" || a[0] == b[0] || a[len(a)-2:] == b[len(b)-2:] {
			continue
		}
		want, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: lines(a), B: lines(b), Context: 3})
		if err != nil {
			t.Fatal(err)
		}
		compared++
		if diff := cmp.Diff(want, unified([]byte(a), []byte(b), 3)); diff != "" {
			t.Fatalf("-difflib +got:\n%s", diff)
		}
	}
	if compared < 100 {
		t.Errorf("%d compared", compared)
	}
}

// TestAlignIsBounded gives texts for which difflib would take minutes.
func TestAlignIsBounded(t *testing.T) {
	repeat := func(n int, of ...string) []string {
		var all []string
		for i := range n {
			all = append(all, of[i%len(of)])
		}
		return all
	}
	numbered := func(n, step int) []string {
		var all []string
		for i := range n {
			if all = append(all, "  type: string\n"); i%step == 0 {
				all = append(all, fmt.Sprintf("  name: %d\n", i))
			}
		}
		return all
	}
	for _, pair := range [][2][]string{
		{repeat(30000, "a\n", "b\n"), repeat(30001, "b\n", "c\n", "a\n")},
		{numbered(60000, 3), numbered(50000, 4)},
		{repeat(350, "a\n", "b\n"), repeat(350, "b\n", "a\n", "c\n")},
	} {
		spans := align(pair[0], pair[1])
		i, j := 0, 0
		for _, s := range spans {
			if s.i1 != i || s.j1 != j || s.same && (s.i2-s.i1 != s.j2-s.j1) {
				t.Fatalf("%+v does not follow %d, %d", s, i, j)
			}
			for n := range s.i2 - s.i1 {
				if s.same && pair[0][s.i1+n] != pair[1][s.j1+n] {
					t.Fatalf("%+v is not the same", s)
				}
			}
			i, j = s.i2, s.j2
		}
		if i != len(pair[0]) || j != len(pair[1]) {
			t.Errorf("it ends at %d, %d", i, j)
		}
	}
}

// unified is the unified text of two versions of an object's YAML.
func unified(before, after []byte, context int) string {
	return Text(Hunks(string(before), string(after), context))
}
