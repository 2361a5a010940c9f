package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// checkCharacters finds what YAML allows in no text, with its place, which the
// parser does not tell.
func (t Text) checkCharacters() *SyntaxError {
	data := t.Data
	for i := 0; i < len(data); {
		c := data[i]
		if c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(data[i:])
		}
		switch {
		case r == utf8.RuneError && size == 1:
			if i == 0 && (bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff})) {
				return t.errorAt(i, "the text is UTF-16, not UTF-8")
			}
			return t.errorAt(i, fmt.Sprintf("byte 0x%02x is not UTF-8", c))
		case r < 0x20, r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff, r == 0xfeff && i > 0:
			return t.errorAt(i, fmt.Sprintf("control character U+%04X is not allowed", r))
		}
		i += size
	}
	return nil
}

// errorAt is an error at a byte of the document.
func (t Text) errorAt(offset int, msg string) *SyntaxError {
	before := t.Data[:offset]
	line := bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{Line: t.Line + line, Column: column, Msg: msg}
}

// syntaxError makes an error of the parser's. The line in the parser's message
// is often that of the mapping around the mistake; guiltyLine knows better.
func (t Text) syntaxError(err error) *SyntaxError {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, msg = n, after
			}
		}
	}
	if msg == "did not find expected <document start>" {
		msg = "the document has ended before this line"
	}
	if guilty := t.guiltyLine(); guilty > 0 {
		line = guilty
	}
	return &SyntaxError{Line: t.Line + line - 1, Msg: msg}
}

// guiltyLine is the line of the document, from 1, without which all lines
// before it would parse; 0 where a few attempts do not find it.
func (t Text) guiltyLine() int {
	lines := lineReader{rest: t.Data}
	_ = drain(&lines) // it fails as it did before: what counts is how far it reads
	consumed := t.Data[:len(t.Data)-len(lines.rest)]
	for attempt, line := 0, lines.read; attempt < 100 && line > 0; attempt++ {
		consumed = consumed[:bytes.LastIndexByte(consumed[:max(len(consumed)-1, 0)], '\n')+1]
		if drain(bytes.NewReader(consumed)) == nil {
			return line
		}
		line--
	}
	return 0
}

// drain parses all documents of r.
func drain(r io.Reader) error {
	parser := yaml.NewDecoder(r)
	for {
		var n yaml.Node
		if err := parser.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// lineReader gives out a line at a time, to see how far a parser reads.
type lineReader struct {
	rest []byte
	read int // lines
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(r.rest, '\n') + 1
	if end == 0 {
		end = len(r.rest)
	}
	n := copy(p, r.rest[:end])
	if n == end {
		r.read++
	}
	r.rest = r.rest[n:]
	return n, nil
}
