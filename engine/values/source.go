package values

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/weir-dev/weir/schema/diag"
)

// source is a file's text by lines, for ranges that end where the text ends.
type source struct {
	file  string
	lines []string
	// Where the last look into a line ended: nodes come in the order of the
	// text, and a file of one long line must not be read from its start for each.
	at     diag.Pos
	offset int
}

// lineBreaks are those of YAML that occur: a carriage return alone is one.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func newSource(file string, data []byte) *source {
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = lineBreaks.Replace(text)
	return &source{file: file, lines: strings.Split(text, "\n")}
}

func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

func indent(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// wholeLine is line n from its first to its last character.
func (s *source) wholeLine(n int) diag.Range {
	n = min(max(n, 1), len(s.lines))
	line := s.line(n)
	start := utf8.RuneCountInString(indent(line)) + 1
	end := utf8.RuneCountInString(strings.TrimRight(line, " \t")) + 1
	return diag.Range{File: s.file, Start: diag.Pos{Line: n, Column: start}, End: diag.Pos{Line: n, Column: max(start, end)}}
}

// span is the range of a node on its first line: a scalar with its quotes, or
// the place where a map or a list begins.
func (s *source) span(n *yaml.Node) diag.Range {
	at := diag.Pos{Line: n.Line, Column: n.Column}
	r := diag.Range{File: s.file, Start: at, End: at}
	rest := s.from(at)
	switch {
	case n.Kind == yaml.AliasNode:
		r.End.Column += 1 + utf8.RuneCountInString(n.Value)
	case n.Kind != yaml.ScalarNode:
	case n.Style == 0 && n.Anchor == "" && strings.HasPrefix(rest, n.Value):
		r.End.Column += utf8.RuneCountInString(n.Value)
	default:
		r.End.Column += scalarWidth(rest)
	}
	return r
}

// from is the rest of a line from a column on.
func (s *source) from(at diag.Pos) string {
	line := s.line(at.Line)
	if at.Line != s.at.Line || at.Column < s.at.Column {
		s.at, s.offset = diag.Pos{Line: at.Line, Column: 1}, 0
	}
	for s.at.Column < at.Column && s.offset < len(line) {
		_, size := utf8.DecodeRuneInString(line[s.offset:])
		s.offset += size
		s.at.Column++
	}
	return line[s.offset:]
}

// scalarWidth counts the characters of the scalar at the start of a line's
// rest, anchor and tag included, up to the end of the line at most.
func scalarWidth(rest string) int {
	i := 0
	for i < len(rest) && (rest[i] == '&' || rest[i] == '!') { // properties come first
		i += len(rest[i:]) - len(strings.TrimLeft(strings.TrimLeft(rest[i:], "&!"), " "))
		if n := strings.IndexAny(rest[i:], " \t"); n >= 0 {
			i += n
			i += len(rest[i:]) - len(strings.TrimLeft(rest[i:], " \t"))
		} else {
			i = len(rest)
		}
	}
	end := len(rest)
	switch text := rest[i:]; {
	case strings.HasPrefix(text, `"`):
		for j := 1; j < len(text); j++ {
			if text[j] == '\\' {
				j++
			} else if text[j] == '"' {
				end = i + j + 1
				break
			}
		}
	case strings.HasPrefix(text, "'"):
		for j := 1; j < len(text); j++ {
			if text[j] != '\'' {
				continue
			}
			if j+1 < len(text) && text[j+1] == '\'' {
				j++
				continue
			}
			end = i + j + 1
			break
		}
	default:
		if n := strings.Index(text, " #"); n >= 0 {
			end = i + n
		}
	}
	return utf8.RuneCountInString(strings.TrimRight(rest[:end], " \t"))
}

// forcedText tells the tag `!`, which makes any scalar a string and which
// yaml.v3 drops, from the text of a scalar, behind its anchor if it has one.
func forcedText(rest string) bool {
	if strings.HasPrefix(rest, "&") {
		_, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimLeft(rest, " \t")
	}
	return rest == "!" || strings.HasPrefix(rest, "!") && strings.ContainsAny(rest[1:2], " \t")
}
