package diff

import (
	"slices"

	"github.com/pmezard/go-difflib/difflib"
)

// span is a stretch of two sequences: a[i1:i2] and b[j1:j2], which are the same
// or have nothing in common.
type span struct {
	same           bool
	i1, i2, j1, j2 int
}

// align finds what two sequences have in common, in order. Turned round it
// gives the same answer turned round, so that a comparison can be inverted.
func align(a, b []string) []span {
	if slices.Compare(a, b) <= 0 {
		return alignPart(nil, a, b, 0, 0)
	}
	spans := alignPart(nil, b, a, 0, 0)
	for i, s := range spans {
		spans[i] = span{s.same, s.j1, s.j2, s.i1, s.i2}
	}
	return spans
}

// mostPairs bounds the pairs of equal elements that difflib is given to look
// at: its time grows with them, at worst once for every block that it finds.
// Beyond, sequences are cut at the elements that each has once; a stretch
// without any is told to have nothing in common, which is correct, if more than
// need be said.
const mostPairs = 1 << 17

// alignPart appends the spans of a and b, which stand at i and j of the whole.
func alignPart(spans []span, a, b []string, i, j int) []span {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	spans = join(spans, span{true, i, i + head, j, j + head})
	a, b, i, j = a[head:], b[head:], i+head, j+head
	tail := 0
	for tail < len(a) && tail < len(b) && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	end := span{true, i + len(a) - tail, i + len(a), j + len(b) - tail, j + len(b)}
	a, b = a[:len(a)-tail], b[:len(b)-tail]
	switch {
	case len(a) == 0 || len(b) == 0:
		spans = join(spans, span{false, i, i + len(a), j, j + len(b)})
	case pairs(a, b) <= mostPairs:
		for _, m := range difflib.NewMatcherWithJunk(a, b, false, nil).GetOpCodes() {
			spans = join(spans, span{m.Tag == 'e', i + m.I1, i + m.I2, j + m.J1, j + m.J2})
		}
	default:
		fixed := anchors(a, b)
		if len(fixed) == 0 {
			spans = join(spans, span{false, i, i + len(a), j, j + len(b)})
			break
		}
		atA, atB := 0, 0
		for _, f := range append(fixed, [2]int{len(a), len(b)}) {
			spans = alignPart(spans, a[atA:f[0]], b[atB:f[1]], i+atA, j+atB)
			atA, atB = f[0], f[1]
		}
	}
	return join(spans, end)
}

// join appends a span, to the last one where they are of one kind.
func join(spans []span, s span) []span {
	if s.i1 == s.i2 && s.j1 == s.j2 {
		return spans
	}
	if n := len(spans); n > 0 && spans[n-1].same == s.same {
		spans[n-1].i2, spans[n-1].j2 = s.i2, s.j2
		return spans
	}
	return append(spans, s)
}

// pairs counts the pairs of equal elements.
func pairs(a, b []string) int {
	count := make(map[string]int, len(a))
	for _, s := range a {
		count[s]++
	}
	n := 0
	for _, s := range b {
		n += count[s]
	}
	return n
}

// anchors are the elements that a and b have once each, as many of them as
// stand in the same order: patience sorting, as in Bram Cohen's patience diff.
func anchors(a, b []string) [][2]int {
	type seen struct{ inA, inB, a, b int }
	elements := make(map[string]*seen, len(a))
	for i, s := range a {
		if elements[s] == nil {
			elements[s] = &seen{}
		}
		elements[s].inA++
		elements[s].a = i
	}
	for j, s := range b {
		if e := elements[s]; e != nil {
			e.inB++
			e.b = j
		}
	}
	var once [][2]int
	for i, s := range a {
		if e := elements[s]; e.inA == 1 && e.inB == 1 {
			once = append(once, [2]int{i, e.b})
		}
	}
	return increasing(once)
}

// increasing is the longest part of places, sorted by the first number, in
// which the second number grows too.
func increasing(places [][2]int) [][2]int {
	var tops []int // of each pile, the index of its top
	before := make([]int, len(places))
	for i, p := range places {
		pile, _ := slices.BinarySearchFunc(tops, p[1], func(top, j int) int { return places[top][1] - j })
		before[i] = -1
		if pile > 0 {
			before[i] = tops[pile-1]
		}
		if pile == len(tops) {
			tops = append(tops, i)
		} else {
			tops[pile] = i
		}
	}
	if len(tops) == 0 {
		return nil
	}
	longest := make([][2]int, 0, len(tops))
	for i := tops[len(tops)-1]; i >= 0; i = before[i] {
		longest = append(longest, places[i])
	}
	slices.Reverse(longest)
	return longest
}
