package remote

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
)

// words is what a server or a hook said, as far as a person would read it.
type words struct{ b bytes.Buffer }

const (
	wordsLimit = 16 << 10 // bytes that are kept
	linesLimit = 20       // lines that are shown
	lineLimit  = 200      // characters of a line that are shown
)

func (w *words) Write(p []byte) (int, error) {
	if room := wordsLimit - w.b.Len(); room > 0 {
		w.b.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// lines is what was said: no control characters, no credentials, not too long.
func (w *words) lines() []string {
	if w == nil {
		return nil
	}
	return said(w.b.String())
}

var (
	escape   = regexp.MustCompile(`\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)`)
	userinfo = regexp.MustCompile(`(://)[^/\s@]*@`)
)

// said makes what somebody else wrote fit to be shown.
func said(text string) []string {
	var lines []string
	text = escape.ReplaceAllString(strings.ToValidUTF8(text, "\ufffd"), "")
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, "\r \t")
		if i := strings.LastIndexByte(line, '\r'); i >= 0 {
			line = line[i+1:] // progress that overwrote itself
		}
		line = strings.Map(func(c rune) rune {
			switch {
			case c == '\t':
				return ' '
			case unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c):
				return -1
			}
			return c
		}, line)
		line = userinfo.ReplaceAllString(line, "$1")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(lines) == linesLimit {
			return append(lines, "…")
		}
		if long := []rune(line); len(long) > lineLimit {
			line = string(long[:lineLimit]) + "…"
		}
		lines = append(lines, line)
	}
	return lines
}

// quoted is some sentences and what was said, each line on its own and as it is.
// The last sentence announces it: "It says:". It is left out where nothing was
// said.
func quoted(sentences string, lines []string) string {
	if len(lines) > 0 {
		return sentences + "\n  " + strings.Join(lines, "\n  ")
	}
	before, _, ok := cutLast(sentences, ". ")
	if !ok {
		return ""
	}
	return before + "."
}
