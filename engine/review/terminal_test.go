package review

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var paint = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestTerminalOfAnything prints hostile reviews: nothing but our own colours may
// steer the terminal, and colour changes no text.
func TestTerminalOfAnything(t *testing.T) {
	for seed := range uint64(100) {
		g := generator{rand.New(rand.NewPCG(seed, 9))}
		r := g.review(pick(g, 0, 1, 5, 40))
		for _, full := range []bool{false, true} {
			o := TerminalOptions{Width: pick(g, 0, 1, 40, 100), Full: full}
			plain := string(r.Terminal(o))
			o.Colour = true
			coloured := string(r.Terminal(o))
			if stripped := paint.ReplaceAllString(coloured, ""); stripped != plain {
				t.Fatalf("seed %d: colour changes the text", seed)
			}
			if i := strings.IndexFunc(plain, func(c rune) bool { return c != '\n' && isHidden(c) }); i >= 0 {
				t.Fatalf("seed %d: a hidden character in %q", seed, plain[max(0, i-40):min(len(plain), i+40)])
			}
			if !utf8.ValidString(plain) {
				t.Fatalf("seed %d: no UTF-8", seed)
			}
			for _, line := range strings.Split(plain, "\n") {
				if line != strings.TrimRight(line, " ") {
					t.Fatalf("seed %d: %q ends in spaces", seed, line)
				}
			}
		}
	}
}

// TestTerminalWidth: sentences are broken between words.
func TestTerminalWidth(t *testing.T) {
	term := terminal{options: TerminalOptions{Width: 20}}
	term.words(2, "", "one two three four-is-a-word-that-is-longer five")
	want := "  one two three\n    four-is-a-word-that-is-longer\n    five\n"
	if got := term.out.String(); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestCutPair(t *testing.T) {
	long := strings.Repeat("a", 1000)
	tests := []struct {
		before, after         string
		limit                 int
		wantBefore, wantAfter string
	}{
		{"a", "b", 10, "a", "b"},
		{long, long + "b", 0, long, long + "b"},
		{long + "-old", long + "-new", 20, "…" + long[:16] + "-old", "…" + long[:16] + "-new"},
		{long + "-old" + long, long + "-new" + long, 20, "…aaaa-old" + long[:12] + "… (+988 characters)", "…aaaa-new" + long[:12] + "… (+988 characters)"},
		{"x" + long, "y" + long, 20, "x" + long[:19] + "… (+981 characters)", "y" + long[:19] + "… (+981 characters)"},
		{long, "short", 20, long[:20] + "… (+980 characters)", "short"},
		{"日" + long, "本" + long, 5, "日aaaa… (+996 characters)", "本aaaa… (+996 characters)"},
	}
	for _, test := range tests {
		before, after := cutPair(test.before, test.after, test.limit)
		if before != test.wantBefore || after != test.wantAfter {
			t.Errorf("cutPair(%.20q, %.20q, %d) = %q, %q", test.before, test.after, test.limit, before, after)
		}
	}
}
