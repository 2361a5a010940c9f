package values

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scalar is what Helm's reader makes of a piece of YAML text. Helm reads values
// through sigs.k8s.io/yaml: go.yaml.in/yaml/v2 resolves the text by the rules of
// YAML 1.1 (its resolve.go, followed here line by line), and the way through
// JSON leaves float64 as the only type of number.
type scalar struct {
	value any    // nil, bool, float64 or string
	exact bool   // false where the number is not the one that was written
	wrong string // why Helm refuses the text; empty where it does not
}

// words are the plain scalars that YAML 1.1 gives a meaning of their own.
func word(text string) (any, bool) {
	switch text {
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return false, true
	case "", "~", "null", "Null", "NULL":
		return nil, true
	case ".nan", ".NaN", ".NAN":
		return math.NaN(), true
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return math.Inf(1), true
	case "-.inf", "-.Inf", "-.INF":
		return math.Inf(-1), true
	}
	return nil, false
}

// plain reads a scalar that is written without quotes and without a tag.
func plain(text string) scalar {
	if v, ok := word(text); ok {
		if f, ok := v.(float64); ok {
			return scalar{value: f, wrong: "Helm cannot pass an infinite number or a NaN to a chart."}
		}
		return scalar{value: v, exact: true}
	}
	if v, ok := number(text); ok {
		return scalar{value: v, exact: unchanged(text, v)}
	}
	return scalar{value: text, exact: true}
}

// number reads text as the resolver does; ok is false where it takes it for a string.
func number(text string) (value float64, ok bool) {
	switch c := text[0]; {
	case c == '.':
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	case c != '+' && c != '-' && (c < '0' || c > '9'):
		return 0, false
	case timestamp(text):
		return 0, false
	}
	digits := strings.ReplaceAll(text, "_", "")
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return float64(i), true
	}
	if u, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return float64(u), true
	}
	if decimal(digits) {
		f, err := strconv.ParseFloat(digits, 64)
		return f, err == nil
	}
	// The resolver reads signs inside of binary numbers too: 0b+1.
	if rest, ok := strings.CutPrefix(digits, "0b"); ok {
		i, err := strconv.ParseInt(rest, 2, 64)
		return float64(i), err == nil
	}
	if rest, ok := strings.CutPrefix(digits, "-0b"); ok {
		i, err := strconv.ParseInt("-"+rest, 2, 64)
		return float64(i), err == nil
	}
	return 0, false
}

// decimal is [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
func decimal(s string) bool {
	s = strings.TrimLeft(s[:1], "+-") + s[1:]
	whole := skipDigits(s)
	rest := s[whole:]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		n := skipDigits(fraction)
		if whole == 0 && n == 0 {
			return false
		}
		rest = fraction[n:]
	} else if whole == 0 {
		return false
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	return rest != "" && skipDigits(rest) == len(rest)
}

func skipDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// timestamp tells the texts that the resolver takes for a time, which Helm then
// keeps as the text they are.
func timestamp(text string) bool {
	if skipDigits(text) != 4 || len(text) == 4 || text[4] != '-' {
		return false
	}
	for _, layout := range []string{
		"2006-1-2T15:4:5.999999999Z07:00",
		"2006-1-2t15:4:5.999999999Z07:00",
		"2006-1-2 15:4:5.999999999",
		"2006-1-2",
	} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// unchanged tells whether a person who wrote text will find the same digits
// again: not in 0777 (511), 1.10 (1.1), 12e3 (12000) or 9007199254740993.
func unchanged(text string, v float64) bool {
	return text == Number(v)
}

// Number writes a number as JSON and Kubernetes write it: whole numbers without
// an exponent as long as a person can read them.
func Number(v float64) string {
	if v == 0 && math.Signbit(v) {
		return "-0.0" // "-0" is the integer
	}
	if a := math.Abs(v); a == 0 || (a >= 1e-6 && a < 1e21) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// tagged reads a scalar that carries a tag of its own, as in `!!str 5`.
func tagged(tag, text string) scalar {
	kind := func(v any) string {
		switch v.(type) {
		case nil:
			return "!!null"
		case bool:
			return "!!bool"
		case float64:
			if n, ok := number(text); ok && n == math.Trunc(n) && !strings.ContainsAny(text, ".eE") {
				return "!!int"
			}
			return "!!float"
		}
		return "!!str"
	}
	switch tag {
	case "!!str":
		return scalar{value: text, exact: true}
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(text)
		switch {
		case err != nil:
			return scalar{wrong: "The text of a !!binary value is not base64."}
		case !utf8.Valid(data):
			return scalar{wrong: "Helm passes values through JSON, which cannot hold the bytes of this !!binary value."}
		}
		return scalar{value: string(data), exact: true}
	case "!!int", "!!float", "!!bool", "!!null":
		s := plain(text)
		if got := kind(s.value); s.wrong == "" && got != tag && !(tag == "!!float" && got == "!!int") {
			return scalar{wrong: "Helm cannot read this text as " + tag + "."}
		}
		return s
	case "!!timestamp":
		return scalar{wrong: "Helm has no type for a time; write it as a string in quotes."}
	}
	return scalar{value: text, exact: true} // a tag that nobody knows is ignored
}

// keyText is the string that Helm makes of a key; ok is false for a key that it refuses.
func keyText(v any) (key string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 32), true
	}
	return "", false
}
