package review

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// anyPart makes a part with forms of random lengths.
func anyPart(g generator, depth int) part {
	line := func(n int) string { return strings.Repeat(pick(g, "x", "é", "日"), n) + "\n" }
	leaf := func() part {
		short := g.IntN(8)
		return words(line(short), func() []string {
			var forms []string
			for n := 40; n > short; n -= 1 + g.IntN(20) {
				forms = append(forms, line(n))
			}
			return forms
		})
	}
	if depth == 0 {
		return leaf()
	}
	l := list{open: line(g.IntN(4)), close: line(g.IntN(4))}
	for range g.IntN(6) {
		l.items = append(l.items, anyPart(g, depth-1))
	}
	if g.IntN(3) > 0 {
		l.rest = func(n int) string { return fmt.Sprintf("+%d\n", n) }
	}
	if g.IntN(2) == 0 {
		l.quota = []int{g.IntN(101), g.IntN(101)}
	}
	switch g.IntN(4) {
	case 0:
		return choice{l, anyPart(g, depth-1), leaf()}
	case 1:
		return either{l, leaf()}
	}
	return l
}

// TestLayoutFits: whatever has room for its least fits, and more room never
// makes it overflow.
func TestLayoutFits(t *testing.T) {
	for seed := range uint64(3000) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		p := anyPart(g, 3)
		for range 5 {
			in := p.least().plus(room{g.IntN(200), g.IntN(300)})
			if got := sizeOf(p.fit(in)); !in.holds(got) {
				t.Fatalf("seed %d: %v do not fit into %v", seed, got, in)
			}
		}
	}
}

// TestLayoutShares: the first items take their quota, and what the last ones
// leave goes back to those that were kept short.
func TestLayoutShares(t *testing.T) {
	item := func(name string, size int) part {
		return words(name+"\n", func() []string { return []string{name + strings.Repeat("-", size) + "\n"} })
	}
	l := list{items: []part{item("a", 10), item("b", 10), item("c", 10)}, quota: []int{50}, rest: func(n int) string { return fmt.Sprintf("+%d\n", n) }}
	for _, test := range []struct {
		size int
		want string
	}{
		{3, "+3\n"},
		{5, "a\n+2\n"},
		{6, "a\nb\nc\n"},
		{15, "a\nb\nc\n"},
		{16, "a\nb\nc----------\n"},
		{26, "a----------\nb\nc----------\n"},
		{36, "a----------\nb----------\nc----------\n"},
	} {
		if got := l.fit(room{test.size, test.size}); got != test.want {
			t.Errorf("in %d: %q, not %q", test.size, got, test.want)
		}
	}
}
