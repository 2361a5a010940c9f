package review

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// What comes from a repository is text and nothing else: no markup, no link, no
// mention of a person and no reference that a forge would write into an issue.

// apart keeps two characters from being read as one thing; it is not seen.
const apart = "&#8203;"

// prose escapes text that stands among other words, or before them.
func prose(s string) string {
	s = strings.TrimSpace(printable(s))
	var b strings.Builder
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '&' || c == '<' || c == '>' || c == '"' || c == '|':
			fmt.Fprintf(&b, "&#%d;", c)
		case strings.IndexByte("\\`*_[]#~^$!", c) >= 0,
			i == digits && strings.IndexByte("-+=.)", c) >= 0: // a list or a headline at the beginning of a line
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		if isReference(s, i) {
			b.WriteString(apart)
		}
	}
	return ghApart(b.String())
}

// isReference tells whether a forge could make a reference or a link of the
// character and what follows: @name, #1, !1, %1, ~label, $1, ://, www.
func isReference(s string, i int) bool {
	if i+1 == len(s) {
		return false
	}
	next := s[i+1]
	switch s[i] {
	case '@':
		return next != ' '
	case '#', '!', '%', '~', '$', '^', '&':
		return isWord(next) || next == '"'
	case ':':
		return next == '/' || isWord(next) || next == '+' || next == '-' // the last ones make emoji
	case 'w', 'W':
		return i >= 2 && s[i+1] == '.' && strings.EqualFold(s[i-2:i+1], "www")
	}
	return false
}

// ghApart keeps GH-1 from being a reference.
func ghApart(s string) string {
	if !strings.Contains(s, "-") || !strings.ContainsAny(s, "hH") {
		return s
	}
	return ghReference.ReplaceAllString(s, "${1}"+apart+"${2}")
}

var ghReference = regexp.MustCompile(`(?i)\b(GH)(-\d)`)

// code writes text in the letters of code.
func code(s string) string {
	if s == "" {
		return "`\"\"`"
	}
	s = printable(s)
	if strings.ContainsAny(s, "`|\\") || strings.TrimSpace(s) != s {
		return htmlCode(s)
	}
	return "`" + s + "`"
}

// htmlCode is code by its tag, with whatever Markdown or a forge could read as an
// entity.
func htmlCode(s string) string {
	s = printable(s)
	var b strings.Builder
	b.WriteString("<code>")
	for i := range len(s) {
		c := s[i]
		plain := c >= 0x80 || isWord(c) || strings.IndexByte(" /,-+='%;?", c) >= 0 ||
			c == '.' && (i == 0 || s[i-1] != 'w' && s[i-1] != 'W') || c == ':' && (i+1 == len(s) || s[i+1] != '/')
		if plain {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "&#%d;", c)
	}
	b.WriteString("</code>")
	return b.String()
}

// summaryProse escapes text for a <summary>, in which forges read HTML only.
func summaryProse(s string) string {
	var b strings.Builder
	s = printable(s)
	for i := range len(s) {
		b.WriteString(html.EscapeString(s[i : i+1]))
		if isReference(s, i) {
			b.WriteString(apart)
		}
	}
	return ghApart(b.String())
}

// fence wraps lines so that none of them can end it.
func fence(language string, lines []string) string {
	ticks := 3
	for _, line := range lines {
		run := 0
		for i := range len(line) {
			if line[i] != '`' {
				run = 0
				continue
			}
			run++
			ticks = max(ticks, run+1)
		}
	}
	mark := strings.Repeat("`", ticks)
	return mark + language + "\n" + strings.Join(lines, "\n") + "\n" + mark + "\n"
}

// marker is the comment by which a program finds the one that it wrote before.
func marker(name string) string {
	if name == "" {
		return "<!-- weir:diff -->"
	}
	return "<!-- weir:diff " + strings.ReplaceAll(url.QueryEscape(name), "-", "%2D") + " -->"
}

// address is a URL as the target of a link.
func address(link string) string {
	var b strings.Builder
	for i := range len(link) {
		c := link[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>[]\\\"'`|*", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
