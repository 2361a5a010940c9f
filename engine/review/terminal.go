package review

import (
	"regexp"
	"strings"

	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// TerminalOptions say how a review is written for a terminal.
type TerminalOptions struct {
	Colour bool
	Width  int  // in columns; 100 where it is zero
	Full   bool // routine changes, whole objects and long values too
}

// Terminal writes the review for a person at a terminal: the summary first
// (terminal_summary.go), then each release with its objects and fields, riskiest
// first (terminal_release.go). Text of the repository reaches the terminal without
// control characters.
func (r Review) Terminal(o TerminalOptions) []byte {
	if o.Width <= 0 {
		o.Width = 100
	}
	t := terminal{Review: r, options: o, atlas: newAtlas(r.Targets), sheets: r.sheets()}
	t.atlas.common = r.common(t.sheets)
	t.summary()
	for _, s := range t.sheets {
		t.release(s)
	}
	if t.Command != "" && r.Verdict != Same {
		t.out.WriteByte('\n')
		t.line(0, t.paint(faint, "reproduce with: "+printable(t.Command)))
	}
	return []byte(t.out.String())
}

type terminal struct {
	Review
	options TerminalOptions
	atlas   atlas
	sheets  []sheet
	out     strings.Builder
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colours by what they mean.
const (
	bold    = "1"
	faint   = "2"
	added   = "32"
	altered = "33"
	gone    = "31"
	alarm   = "1;31"
	warning = "1;33"
)

func (t *terminal) paint(colour, text string) string {
	text = strings.TrimRight(text, " "+together)
	if !t.options.Colour || colour == "" || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func levelColour(level risk.Level) string {
	switch level {
	case risk.Block:
		return alarm
	case risk.Caution:
		return warning
	}
	return ""
}

func (t *terminal) line(indent int, text string) {
	text = strings.ReplaceAll(strings.Repeat(" ", indent)+text, together, " ")
	t.out.WriteString(strings.TrimRight(text, " ") + "\n")
}

// words writes sentences, broken between words at the width; the lines after the
// first stand at indent+2.
func (t *terminal) words(indent int, colour, text string) {
	column, first := 0, true
	var line strings.Builder
	flush := func() {
		at := indent
		if !first {
			at += 2
		}
		t.line(at, t.paint(colour, line.String()))
		line.Reset()
		column, first = 0, false
	}
	for _, word := range strings.Fields(text) {
		size := diag.Columns(colours.ReplaceAllString(word, ""))
		hang := indent
		if !first {
			hang += 2
		}
		if column > 0 && hang+column+1+size > t.options.Width {
			flush()
		}
		if column > 0 {
			line.WriteByte(' ')
			column++
		}
		line.WriteString(word)
		column += size
	}
	if column > 0 {
		flush()
	}
}
