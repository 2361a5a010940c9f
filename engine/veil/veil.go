// Package veil finds in texts what nobody may read: sensitive values as they are,
// in other letters, and in the encodings in which charts and messages write them. It
// is the only place that knows these. What stands there instead is for its users to
// say: engine/diff for reviews, engine/render for messages.
package veil

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

// Values are what nobody may read, and the ways in which they are written. They do
// not change, and are safe for concurrent use; the zero value is none.
type Values struct {
	whole map[string]bool // where they are all of a string
	parts []string        // where they occur in one

	shortest int
}

// New are values, however they are written. Those of less than shortest characters
// are not looked for inside of texts, only where they are the whole of one: "a" taken
// out of every word would leave nothing to read, and hide nothing that could not be
// guessed.
func New(values []string, shortest int) Values {
	s := Values{whole: map[string]bool{}, shortest: shortest}
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

// None tells that there is nothing to hide.
func (s Values) None() bool { return len(s.whole) == 0 }

// Scalar tells that a scalar is one itself. A number is one by its digits;
// true, false and null are not.
func (s Values) Scalar(v any) bool {
	switch v := v.(type) {
	case string:
		return s.whole[v]
	case int64, uint64, float64:
		text := fmt.Sprint(v)
		if f, ok := v.(float64); ok {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
		return len(text) >= s.shortest && s.whole[text]
	}
	return false
}

// Whole tells that a string is one, however short.
func (s Values) Whole(text string) bool { return s.whole[text] }

// In tells that a string is one or holds one.
func (s Values) In(text string) bool {
	return s.whole[text] || slices.ContainsFunc(s.parts, func(part string) bool { return strings.Contains(text, part) })
}

// Replace puts something in the place of every part of a text that is one,
// overlapping ones taken for one.
func (s Values) Replace(text string, by func(part string) string) string {
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
