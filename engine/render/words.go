package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentence is a library's message as a sentence of ours.
func sentence(msg string) string {
	msg = strings.TrimSpace(msg)
	if msg == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(msg)
	msg = string(unicode.ToUpper(r)) + msg[size:]
	if strings.ContainsAny(msg[len(msg)-1:], ".!?`") {
		return msg
	}
	return msg + "."
}

// typeName says what a value is.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int, int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", v)
}
