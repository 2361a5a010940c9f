package manifest

import (
	"strings"
	"unicode/utf8"
)

type style uint8

const (
	plainStyle  style = iota
	singleStyle       // where double quotes would need escapes
	doubleStyle
)

// Classes of bytes that decide how a string is written.
const (
	ordinary uint8 = iota
	sharp          // a comment after a space
	colon          // a key before a space
	escaped        // " and \: single quotes are easier to read
	tab
	newline
	control
	high // part of a rune beyond ASCII
)

// classes is read only.
var classes = func() (c [256]uint8) {
	for i := range 0x20 {
		c[i] = control
	}
	for i := 0x80; i < 0x100; i++ {
		c[i] = high
	}
	c[0x7f], c['\t'], c['\n'] = control, tab, newline
	c['#'], c[':'], c['"'], c['\\'] = sharp, colon, escaped, escaped
	return c
}()

// styleOf chooses how to write s on one line; lines tells that a literal block
// holds it without loss and is to be preferred.
func styleOf(s string) (_ style, lines bool) {
	if s == "" {
		return doubleStyle, false
	}
	var seen [high + 1]bool
	isPlain := true
	for i := range len(s) {
		class := classes[s[i]]
		if class == ordinary {
			continue
		}
		seen[class] = true
		switch class {
		case sharp:
			isPlain = isPlain && (i == 0 || s[i-1] != ' ')
		case colon:
			isPlain = isPlain && i+1 < len(s) && s[i+1] != ' '
		}
	}
	if seen[control] || seen[high] && hasUnprintable(s) {
		return doubleStyle, false
	}
	if seen[newline] {
		return doubleStyle, strings.TrimLeft(s, "\n") != ""
	}
	if seen[tab] {
		return doubleStyle, false
	}
	if isPlain && s[len(s)-1] != ' ' && beginsPlain(s) && !resolves(s) {
		return plainStyle, false
	}
	if seen[escaped] {
		return singleStyle, false
	}
	return doubleStyle, false
}

// beginsPlain tells whether the first characters of s mean nothing to YAML.
func beginsPlain(s string) bool {
	switch s[0] {
	case ' ', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return false
	case '-':
		return len(s) > 1 && s[1] != ' ' && !strings.HasPrefix(s, "---")
	case '.':
		return !strings.HasPrefix(s, "...")
	}
	return true
}

// resolves tells whether some reader, of YAML 1.1 or 1.2, takes a plain s for
// anything but a string.
func resolves(s string) bool {
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '-', c == '+', c == '.':
		return looksNumeric(s)
	case c == '=':
		return s == "=" // YAML 1.1's default value
	case c == '<':
		return s == "<<" // and its merge key
	case len(s) <= len("false"):
		_, ok := words[s]
		return ok
	}
	return false
}

func looksNumeric(s string) bool {
	if len(s) <= len("+.inf") {
		if _, ok := infinities[s]; ok {
			return true
		}
	}
	if isDate(s) || isSexagesimal(s) {
		return true
	}
	_, isString := number(s).(string)
	return !isString || isRadix(s)
}

// isRadix tells 0o17, 0x1F and 0b1 of any length, with signs and underscores
// where some reader takes them.
func isRadix(s string) bool {
	s = strings.TrimLeft(s, "+-")
	if len(s) < 3 || s[0] != '0' {
		return false
	}
	var digits string
	switch s[1] {
	case 'x', 'X':
		digits = "0123456789abcdefABCDEF_+-"
	case 'o', 'O':
		digits = "01234567_+-"
	case 'b', 'B':
		digits = "01_+-"
	default:
		return false
	}
	return strings.Trim(s[2:], digits) == ""
}

// isDate tells what YAML 1.1 takes for a date, alone or before a time.
func isDate(s string) bool {
	if !isTimestamp(s) {
		return false
	}
	s = s[5:]
	month := digitsOf(s)
	if month == 0 || month > 2 || len(s) <= month || s[month] != '-' {
		return false
	}
	s = s[month+1:]
	day := digitsOf(s)
	if day == 0 || day > 2 {
		return false
	}
	return len(s) == day || strings.IndexByte("Tt \t", s[day]) >= 0
}

// isSexagesimal tells YAML 1.1's 1:30 and 20:30.15:
// ^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$.
func isSexagesimal(s string) bool {
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	head, rest, found := strings.Cut(s, ":")
	if !found || head == "" || head[0] == '_' || strings.Trim(head, "0123456789_") != "" {
		return false
	}
	rest, fraction, _ := strings.Cut(rest, ".")
	if strings.Trim(fraction, "0123456789_") != "" {
		return false
	}
	for part := range strings.SplitSeq(rest, ":") {
		if n := len(part); n == 0 || n > 2 || digitsOf(part) != n || n == 2 && part[0] > '5' {
			return false
		}
	}
	return true
}

// hasUnprintable tells whether s has what must be escaped.
func hasUnprintable(s string) bool {
	for i, r := range s {
		if r >= 0x80 && unprintable(r) {
			if r == utf8.RuneError && strings.HasPrefix(s[i:], "\ufffd") {
				continue
			}
			return true
		}
	}
	return false
}

// unprintable tells, beyond ASCII, the control characters, YAML 1.1's line
// ends, byte order marks, and what stands for bytes that are not UTF-8.
func unprintable(r rune) bool {
	switch {
	case r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff, r == utf8.RuneError:
		return true
	}
	return false
}
