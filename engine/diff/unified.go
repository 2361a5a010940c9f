package diff

import (
	"fmt"
	"strings"
)

// Hunk is lines that changed, with those around them.
type Hunk struct {
	Before Range
	After  Range
	Lines  []Line
}

// Range is the lines of one side: the first one's number, from 1, and how many
// there are. Of none it is the line before, as in unified texts.
type Range struct{ First, Count int }

// Line is a line of a hunk.
type Line struct {
	Kind   LineKind
	Before int    // its number before, from 1; 0 where it is new
	After  int    // its number after; 0 where it goes
	Text   string // without its end
	NoEnd  bool   // it is the last one of its text and nothing ends it
}

// LineKind tells what becomes of a line, by the sign that unified texts have for
// it.
type LineKind byte

// The kinds of lines.
const (
	Context LineKind = ' '
	Gone    LineKind = '-'
	New     LineKind = '+'
)

// Hunks compares two texts by their lines and shows up to context lines around
// each change; a negative number shows all. Texts that are the same have none.
func Hunks(before, after string, context int) []Hunk {
	if before == after {
		return nil
	}
	all := allLines(lines(before), lines(after))
	near := make([]bool, len(all))
	mark := func(i, since int) int {
		if all[i].Kind != Context {
			since = 0
		}
		if context < 0 || since <= context {
			near[i] = true
		}
		return since + 1
	}
	far := len(all) + context
	for i, since := 0, far; i < len(all); i++ {
		since = mark(i, since)
	}
	for i, since := len(all)-1, far; i >= 0; i-- {
		since = mark(i, since)
	}
	var hunks []Hunk
	before1, after1 := 0, 0 // the last lines that were passed
	for i := 0; i < len(all); {
		if !near[i] {
			before1, after1 = all[i].Before, all[i].After
			i++
			continue
		}
		h := Hunk{Before: Range{First: before1}, After: Range{First: after1}}
		start := i
		for ; i < len(all) && near[i]; i++ {
			if n := all[i].Before; n > 0 {
				h.Before.Count++
				before1 = n
			}
			if n := all[i].After; n > 0 {
				h.After.Count++
				after1 = n
			}
		}
		if h.Before.Count > 0 {
			h.Before.First++
		}
		if h.After.Count > 0 {
			h.After.First++
		}
		h.Lines = all[start:i:i]
		hunks = append(hunks, h)
	}
	return hunks
}

// allLines is both texts in one, each common line once.
func allLines(before, after []string) []Line {
	all := make([]Line, 0, max(len(before), len(after))+16)
	line := func(kind LineKind, text string, i, j int) {
		cut := strings.TrimSuffix(text, "\n")
		all = append(all, Line{Kind: kind, Before: i, After: j, Text: cut, NoEnd: len(cut) == len(text)})
	}
	for _, s := range align(before, after) {
		if s.same {
			for n := range s.i2 - s.i1 {
				line(Context, before[s.i1+n], s.i1+n+1, s.j1+n+1)
			}
			continue
		}
		for i := s.i1; i < s.i2; i++ {
			line(Gone, before[i], i+1, 0)
		}
		for j := s.j1; j < s.j2; j++ {
			line(New, after[j], 0, j+1)
		}
	}
	return all
}

func lines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// Text writes hunks as a unified text without file names.
func Text(hunks []Hunk) string {
	var b strings.Builder
	for _, h := range hunks {
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", h.Before, h.After)
		for _, l := range h.Lines {
			b.WriteByte(byte(l.Kind))
			b.WriteString(l.Text)
			b.WriteByte('\n')
			if l.NoEnd {
				b.WriteString("\\ No newline at end of file\n")
			}
		}
	}
	return b.String()
}

// String writes the range as unified texts have it.
func (r Range) String() string {
	if r.Count == 1 {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d,%d", r.First, r.Count)
}
