package diff

import "github.com/weir-dev/weir/engine/veil"

// secrets are values that nobody may read, and what stands in their place.
type secrets struct{ veil.Values }

// shortest is how long a sensitive value is at least to be looked for inside of
// texts, in characters.
const shortest = 4

func newSecrets(values []string) secrets { return secrets{veil.New(values, shortest)} }

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

// text masks what a string holds of secrets: "postgres://app:(value A)@db".
func (s secrets) text(text string, l letters) string {
	if s.Whole(text) {
		return string(l.of(text))
	}
	return s.Replace(text, func(part string) string { return "(" + string(l.of(part)) + ")" })
}

// word masks part of an identity, which keeps its alphabet.
func (s secrets) word(text string) string {
	if s.Whole(text) {
		return "masked"
	}
	return s.Replace(text, func(string) string { return "masked" })
}
