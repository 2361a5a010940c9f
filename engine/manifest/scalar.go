package manifest

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar gives a scalar the type that go.yaml.in/yaml/v2 gives it, which is
// what sigs.k8s.io/yaml, and so Helm, kubectl and the API server, builds on:
// YAML 1.1's booleans, its octal and binary numbers, no sexagesimal ones;
// timestamps stay strings.
func (b *builder) scalar(n *yaml.Node) (any, *SyntaxError) {
	if n.Style&yaml.TaggedStyle == 0 {
		if n.Style&quoted != 0 {
			return n.Value, nil
		}
		v, ok := plain(n.Value)
		if !ok {
			return nil, b.errorf(n, "%s is no number that JSON has: quote it where a string is meant", n.Value)
		}
		return v, nil
	}
	return b.tagged(n)
}

// tagged reads a scalar with an explicit tag.
func (b *builder) tagged(n *yaml.Node) (any, *SyntaxError) {
	wrong := func() *SyntaxError { return b.errorf(n, "%q is no value for the tag %s", n.Value, n.Tag) }
	switch n.Tag {
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(n.Value)
		if err != nil {
			return nil, b.errorf(n, "!!binary holds no base64")
		}
		if !utf8.Valid(data) {
			return nil, b.errorf(n, "!!binary holds bytes that JSON cannot: write the base64 text as a string")
		}
		return string(data), nil
	case "!!null", "!!bool", "!!int", "!!float":
	case "!!timestamp":
		if !isDate(n.Value) {
			return nil, wrong()
		}
		return n.Value, nil
	default: // !!str and tags that Kubernetes' reader does not know
		return n.Value, nil
	}
	v, ok := plain(n.Value)
	if !ok {
		return nil, wrong()
	}
	switch v := v.(type) {
	case nil:
		ok = n.Tag == "!!null"
	case bool:
		ok = n.Tag == "!!bool"
	case int64:
		if n.Tag == "!!float" {
			return float64(v), nil
		}
		ok = n.Tag == "!!int"
	case uint64:
		ok = n.Tag == "!!int"
	case float64:
		ok = n.Tag == "!!float"
	case string:
		ok = false
	}
	if !ok {
		return nil, wrong()
	}
	return v, nil
}

// plain types an unquoted scalar. It is false for infinities and NaN.
func plain(s string) (any, bool) {
	if s == "" {
		return nil, true
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-':
		if word, ok := infinities[s]; ok {
			return word, false
		}
		return number(s), true
	case c == '.':
		if word, ok := infinities[s]; ok {
			return word, false
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f, true
		}
		return s, true
	case strings.IndexByte("yYnNtTfFoO~", c) >= 0 && len(s) <= len("false"):
		if v, ok := words[s]; ok {
			return v, true
		}
	}
	return s, true
}

// words and infinities are read only.
var words = map[string]any{
	"y": true, "Y": true, "yes": true, "Yes": true, "YES": true,
	"true": true, "True": true, "TRUE": true, "on": true, "On": true, "ON": true,
	"n": false, "N": false, "no": false, "No": false, "NO": false,
	"false": false, "False": false, "FALSE": false, "off": false, "Off": false, "OFF": false,
	"~": nil, "null": nil, "Null": nil, "NULL": nil,
}

var infinities = map[string]float64{
	".nan": math.NaN(), ".NaN": math.NaN(), ".NAN": math.NaN(),
	".inf": math.Inf(1), ".Inf": math.Inf(1), ".INF": math.Inf(1),
	"+.inf": math.Inf(1), "+.Inf": math.Inf(1), "+.INF": math.Inf(1),
	"-.inf": math.Inf(-1), "-.Inf": math.Inf(-1), "-.INF": math.Inf(-1),
}

// number reads what begins like a number; a string where it is none.
func number(s string) any {
	if !isNumberAlphabet(s) || isTimestamp(s) {
		return s
	}
	digits := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return u
	}
	if isDecimal(digits) {
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			return f
		}
	}
	// 0b+1, of all things.
	if bits, ok := strings.CutPrefix(digits, "0b"); ok {
		if i, err := strconv.ParseInt(bits, 2, 64); err == nil {
			return i
		}
	} else if bits, ok := strings.CutPrefix(digits, "-0b"); ok {
		if i, err := strconv.ParseInt("-"+bits, 2, 64); err == nil {
			return i
		}
	}
	return s
}

// isNumberAlphabet spares what cannot be a number, like 100m or 10.0.0.0/8, the
// cost of strconv's errors.
func isNumberAlphabet(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		case c == '_', c == '.', c == '+', c == '-', c == 'x', c == 'X', c == 'o', c == 'O':
		default:
			return false
		}
	}
	return true
}

// isDecimal is ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$.
func isDecimal(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole := digitsOf(s)
	s = s[whole:]
	if s != "" && s[0] == '.' {
		fraction := digitsOf(s[1:])
		if whole == 0 && fraction == 0 {
			return false
		}
		s = s[1+fraction:]
	} else if whole == 0 {
		return false
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '-' || s[0] == '+') {
			s = s[1:]
		}
		return s != "" && digitsOf(s) == len(s)
	}
	return s == ""
}

func digitsOf(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

// isTimestamp tells texts of the form YYYY-…, which no number has.
func isTimestamp(s string) bool {
	return digitsOf(s) == 4 && len(s) > 4 && s[4] == '-'
}
