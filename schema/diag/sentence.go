package diag

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence makes a sentence of a library's message: a capital in front, unless
// the first word is a name, and a full stop. What a user or a chart's author
// wrote is quoted as it is, never passed through here.
func Sentence(msg string) string {
	msg = strings.TrimSpace(msg)
	if msg == "" {
		return ""
	}
	msg = capital(msg)
	if strings.ContainsAny(msg[len(msg)-1:], ".!?`") {
		return msg
	}
	return msg + "."
}

// capital begins a text with a capital, unless its first word is a name:
// `local.one`, `weir.hcl`, `apiVersion`.
func capital(s string) string {
	word, _, _ := strings.Cut(s, " ")
	first, size := utf8.DecodeRuneInString(s)
	if strings.ContainsFunc(word, func(c rune) bool { return !unicode.IsLetter(c) && c != ',' && c != ':' }) ||
		strings.ContainsFunc(word[min(size, len(word)):], unicode.IsUpper) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
