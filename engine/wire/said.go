package wire

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	linesLimit = 20  // lines that are shown
	lineLimit  = 200 // characters of a line that are shown
)

var (
	escape   = regexp.MustCompile(`\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)`)
	userinfo = regexp.MustCompile(`(://)[^/\s@]*@`)
)

// Said makes what somebody else wrote fit to be shown: no control characters, no
// credentials, not too long.
func Said(text string) []string {
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
