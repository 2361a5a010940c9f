package diag

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options say how Format lays a list out. The zero value writes plain text
// without snippets.
type Options struct {
	// Sources returns the content of a file that a range names, nil where there
	// is none: the snippet is then left out, or taken from Range.Text.
	Sources func(file string) []byte
	Color   bool
	Width   int // of the lines, in columns; 80 where it is zero
}

// Format writes the list in source order without repetitions, in Terraform's
// habit: summary, place, the guilty line with a mark under the guilty
// characters, all other lines of the story, what was found and what to do.
func (l List) Format(w io.Writer, o Options) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	f := formatter{Options: o, files: map[string][]string{}}
	for i, d := range l.Sorted() {
		if i > 0 {
			f.out.WriteByte('\n')
		}
		f.diagnostic(d)
	}
	_, err := w.Write(f.out.Bytes())
	return err
}

type formatter struct {
	Options
	out   bytes.Buffer
	files map[string][]string // lines of the files seen so far
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (f *formatter) paint(style, text string) string {
	if !f.Color || text == "" {
		return text
	}
	return style + text + reset
}

func (f *formatter) diagnostic(d Diagnostic) {
	label, color := "Error:", red
	if d.Severity == Warning {
		label, color = "Warning:", yellow
	}
	fmt.Fprintf(&f.out, "%s %s\n", f.paint(bold+color, label), f.paint(bold, capital(printable(strings.ReplaceAll(d.Summary, "\n", " ")))))
	if d.Subject.File != "" {
		f.out.WriteByte('\n')
		f.snippet(d.Subject, f.inBlock(d.Subject), color)
	}
	for i, r := range d.Related {
		if i == 0 && d.Subject.File == "" {
			f.out.WriteByte('\n')
		}
		f.snippet(r.Range, r.Note, color)
	}
	for _, text := range []string{d.Detail, d.Remedy} {
		if text != "" {
			f.out.WriteByte('\n')
			f.wrapped(text)
		}
	}
}

// snippet writes a place, its note, its line and a mark under the range.
func (f *formatter) snippet(r Range, note, color string) {
	f.out.WriteString("  ")
	if r.File != "" {
		f.out.WriteString("on " + printable(r.File))
		switch {
		case r.End.Line > r.Start.Line && r.Start.Line > 0 && !(r.End.Line == r.Start.Line+1 && r.End.Column == 1):
			fmt.Fprintf(&f.out, " lines %d-%d", r.Start.Line, r.End.Line)
		case r.Start.Line > 0:
			fmt.Fprintf(&f.out, " line %d", r.Start.Line)
		}
		if note != "" {
			f.out.WriteString(", ")
		}
	}
	f.out.WriteString(printable(note) + ":\n")
	line, ok := f.line(r)
	if !ok {
		return
	}
	number := fmt.Sprintf("%4d: ", r.Start.Line)
	code, mark := excerpt(line, r, max(20, f.Width-len(number)))
	f.out.WriteString(strings.TrimRight(f.paint(dim, number)+code, " ") + "\n")
	if mark != "" {
		pad := strings.TrimRight(mark, "^")
		f.out.WriteString(strings.Repeat(" ", len(number)) + pad + f.paint(color, mark[len(pad):]) + "\n")
	}
}

// line is the text of the first line of a range.
func (f *formatter) line(r Range) (string, bool) {
	if r.Start.Line < 1 {
		return "", false
	}
	if r.Text != "" {
		return strings.TrimRight(r.Text, "\r\n"), true
	}
	lines := f.lines(r.File)
	if r.Start.Line > len(lines) {
		return "", false
	}
	return strings.TrimSuffix(lines[r.Start.Line-1], "\r"), true
}

func (f *formatter) lines(file string) []string {
	lines, ok := f.files[file]
	if !ok && f.Sources != nil && file != "" {
		if data := f.Sources(file); data != nil {
			lines = strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
		}
		f.files[file] = lines
	}
	return lines
}

var blockHeader = regexp.MustCompile(`^([a-z_][a-z0-9_-]*(?:\s+"[^"]*")*)\s*\{`)

// inBlock names the block of an HCL file around a range, as in `in release
// "web"`: the nearest line above that opens a block without indentation. The
// text is enough for that; it is a help for the eye and nothing depends on it.
func (f *formatter) inBlock(r Range) string {
	if !strings.HasSuffix(r.File, ".hcl") || r.Text != "" {
		return ""
	}
	lines := f.lines(r.File)
	for i := min(r.Start.Line-1, len(lines)) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "}") {
			return ""
		}
		if m := blockHeader.FindStringSubmatch(lines[i]); m != nil {
			if strings.Contains(lines[i][len(m[0]):], "}") {
				return "" // opened and closed on its line
			}
			return "in " + m[1]
		}
	}
	return ""
}

// excerpt is a line made fit for a terminal, cut to a width around the range,
// and the mark to print below it; empty where the range has no columns.
func excerpt(line string, r Range, limit int) (code, mark string) {
	var text strings.Builder
	var cells []int // columns of the terminal before each character
	column := 0
	for _, c := range line {
		cells = append(cells, column)
		switch {
		case c == '\t':
			n := 4 - column%4
			text.WriteString(strings.Repeat(" ", n))
			column += n
		default:
			c = visible(c)
			text.WriteRune(c)
			column += columns(c)
		}
	}
	cells = append(cells, column)
	at := func(character int) int { return cells[min(max(character-1, 0), len(cells)-1)] }

	code = text.String()
	if r.Start.Column < 1 {
		code, _ = window(code, 0, limit)
		return code, ""
	}
	start, end := at(r.Start.Column), column
	if r.End.Line == r.Start.Line {
		end = at(r.End.Column)
	}
	code, shift := window(code, start, limit)
	start, end = start-shift, max(end, start+1)-shift
	end = max(start+1, min(end, limit))
	return code, strings.Repeat(" ", start) + strings.Repeat("^", end-start)
}

// window cuts text to a width so that the column at stays visible with what is
// around it; shift is how far it moved to the left.
func window(text string, at, limit int) (cut string, shift int) {
	total := 0
	for _, c := range text {
		total += columns(c)
	}
	if total <= limit {
		return text, 0
	}
	from := 0
	if at > limit*2/3 {
		from = min(at-limit/3, total-limit)
	}
	var b strings.Builder
	column, first := 0, -1
	for _, c := range text {
		w := columns(c)
		if column >= from && column+w <= from+limit {
			if first < 0 {
				first = column
			}
			b.WriteRune(c)
		}
		column += w
	}
	cut, shift = b.String(), max(first, 0)
	if shift > 0 {
		cut = dots(cut, true)
	}
	if total > from+limit {
		cut = dots(cut, false)
	}
	return cut, shift
}

// dots puts an ellipsis in place of the first or last character.
func dots(s string, front bool) string {
	if front {
		c, size := utf8.DecodeRuneInString(s)
		return "…" + strings.Repeat(" ", max(0, columns(c)-1)) + s[size:]
	}
	_, size := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-size] + "…"
}

// visible replaces characters that would move the cursor or reorder text.
func visible(c rune) rune {
	if unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control) || c == '\u2028' || c == '\u2029' {
		return '�'
	}
	return c
}

func printable(s string) string { return strings.Map(visible, s) }

// wrapped writes sentences as lines of at most the width. A line of the text
// that begins with a space is kept as it is: a list, a command, code.
func (f *formatter) wrapped(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			f.out.WriteString(strings.TrimRight(printable(strings.ReplaceAll(line, "\t", "    ")), " ") + "\n")
			continue
		}
		column := 0
		for word := range strings.FieldsSeq(line) {
			word = printable(word)
			width := Columns(word)
			switch {
			case column == 0:
			case column+1+width > f.Width:
				f.out.WriteByte('\n')
				column = 0
			default:
				f.out.WriteByte(' ')
				column++
			}
			f.out.WriteString(word)
			column += width
		}
		f.out.WriteByte('\n')
	}
}

// Columns is how many columns a text takes on a terminal.
func Columns(s string) int {
	n := 0
	for _, c := range s {
		n += columns(c)
	}
	return n
}
