package diff

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shortest is how long a sensitive value is at least to be looked for inside of
// texts, in characters. A shorter one is masked where it is the whole of a
// string: "a" taken out of every word would leave nothing to read, and hide
// nothing that could not be guessed.
const shortest = 4

// secrets are values that nobody may read, and the ways in which they are
// written.
type secrets struct {
	whole map[string]bool // where they are all of a string
	parts []string        // where they occur in one
}

func newSecrets(values []string) secrets {
	s := secrets{whole: map[string]bool{}}
	parts := map[string]bool{}
	add := func(text string, isPart bool) {
		if text != "" {
			s.whole[text] = true
			if isPart {
				parts[text] = true
			}
		}
	}
	for _, value := range values {
		trimmed := strings.TrimSpace(value)
		if trimmed == "" {
			continue
		}
		long := utf8.RuneCountInString(trimmed) >= shortest
		add(value, false)
		add(trimmed, long)
		for _, raw := range []string{value, trimmed, trimmed + "\n"} { // as `echo` gives it to base64
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				add(encoding.EncodeToString([]byte(raw)), long)
			}
		}
		for before := range 3 { // as in a login: user:password
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				if text := amidst(trimmed, before, encoding); len(text) >= 2*shortest {
					parts[text] = true
				}
			}
		}
		for _, escape := range []bool{false, true} {
			var quoted strings.Builder
			encoder := json.NewEncoder(&quoted)
			encoder.SetEscapeHTML(escape)
			if err := encoder.Encode(trimmed); err == nil {
				add(strings.Trim(strings.TrimSpace(quoted.String()), `"`), long)
			}
		}
		if f, err := strconv.ParseFloat(trimmed, 64); err == nil {
			if text := fmt.Sprint(f); strings.Contains(text, "e+") { // as templates write a large number
				add(text, long)
			}
		}
		add(url.QueryEscape(trimmed), long)
		add(url.PathEscape(trimmed), long)
		encoded := hex.EncodeToString([]byte(trimmed))
		add(encoded, long)
		add(strings.ToUpper(encoded), long)
		if long { // templates' upper and lower; of a short one that would be words
			add(strings.ToUpper(trimmed), true)
			add(strings.ToLower(trimmed), true)
		}
		if strings.Contains(trimmed, "\n") { // in a text that indents them
			for line := range strings.Lines(value) {
				if line = strings.TrimSpace(line); len(line) >= 2*shortest && !strings.HasPrefix(line, "-----") {
					add(line, true)
				}
			}
		}
	}
	for part := range parts {
		s.parts = append(s.parts, part)
	}
	slices.Sort(s.parts)
	return s
}

// amidst is what a value is in the base64 of a text that it stands in, behind some
// bytes of a group of three: without the characters that it has a part of only.
func amidst(value string, before int, encoding *base64.Encoding) string {
	text := encoding.EncodeToString(append(make([]byte, before), value...))
	return text[(8*before+5)/6 : 8*(before+len(value))/6]
}

func (s secrets) none() bool { return len(s.whole) == 0 }

// letters gives every value that is masked in one place a letter: the same
// value the same one.
type letters map[string]int

func (l letters) of(value string) Masked {
	n, seen := l[value]
	if !seen {
		n = len(l)
		l[value] = n
	}
	return Masked("value " + Letter(n))
}

// Letter counts A to Z, then AA, AB and so on.
func Letter(n int) string {
	text := string(rune('A' + n%26))
	if n < 26 {
		return text
	}
	return Letter(n/26-1) + text
}

// isWhole tells that a scalar is a secret itself. A number is one by its digits;
// true, false and null are not.
func (s secrets) isWhole(v any) bool {
	switch v := v.(type) {
	case string:
		return s.whole[v]
	case int64, uint64, float64:
		text := fmt.Sprint(v)
		if f, ok := v.(float64); ok {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
		return len(text) >= shortest && s.whole[text]
	}
	return false
}

// in tells that a string is or holds a secret.
func (s secrets) in(text string) bool {
	return s.whole[text] || slices.ContainsFunc(s.parts, func(part string) bool { return strings.Contains(text, part) })
}

// text masks what a string holds of secrets: "postgres://app:(value A)@db".
func (s secrets) text(text string, l letters) string {
	if s.whole[text] {
		return string(l.of(text))
	}
	return s.replace(text, func(part string) string { return "(" + string(l.of(part)) + ")" })
}

// word masks part of an identity, which keeps its alphabet.
func (s secrets) word(text string) string {
	if s.whole[text] {
		return "masked"
	}
	return s.replace(text, func(string) string { return "masked" })
}

// replace puts something in the place of every part of a text that is a secret,
// overlapping ones taken for one.
func (s secrets) replace(text string, by func(part string) string) string {
	type stretch struct{ from, to int }
	var hidden []stretch
	for _, part := range s.parts {
		for at := 0; ; {
			i := strings.Index(text[at:], part)
			if i < 0 {
				break
			}
			hidden = append(hidden, stretch{at + i, at + i + len(part)})
			at += i + 1
		}
	}
	if hidden == nil {
		return text
	}
	slices.SortFunc(hidden, func(a, b stretch) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var b strings.Builder
	at := 0
	for n := 0; n < len(hidden); {
		from, to := hidden[n].from, hidden[n].to
		for n++; n < len(hidden) && hidden[n].from < to; n++ {
			to = max(to, hidden[n].to)
		}
		b.WriteString(text[at:from])
		b.WriteString(by(text[from:to]))
		at = to
	}
	b.WriteString(text[at:])
	return b.String()
}
