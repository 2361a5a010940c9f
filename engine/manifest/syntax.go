package manifest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
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

// syntaxError reads the line out of the parser's message, the only place where
// it says it.
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
	return &SyntaxError{Line: t.Line + line - 1, Msg: msg}
}
