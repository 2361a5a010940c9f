package diff

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// Where Secrets are: as objects, in others, and in texts.

func isSecret(id manifest.ID) bool { return id.Group == "" && id.Kind == "Secret" }

// mayHoldSecret tells whether a Secret may stand inside of an object.
func mayHoldSecret(o manifest.Object) bool { return o.ID.Kind != "" && saysSecret(string(o.Bytes())) }

// saysSecret finds "kind: Secret" in YAML and JSON, quoted or not, and escaped or
// not. A regular expression takes forty times as long.
func saysSecret(text string) bool {
	const word = "Secret"
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i + len(word)
		if at < len(text) && isWordByte(text[at]) {
			continue
		}
		before := text[max(0, at-len(word)-64) : at-len(word)]
		before = strings.TrimRight(before, " \t\r\n\"'\\")
		before, colon := strings.CutSuffix(before, ":")
		if colon && strings.HasSuffix(strings.TrimRight(before, " \t\"'\\"), "kind") {
			return true
		}
	}
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// hasInside tells whether a tree has a Secret below it.
func hasInside(tree any) bool {
	isOne := func(v any) bool {
		m, ok := v.(map[string]any)
		return ok && manifest.HasSecretData(m) || hasInside(v)
	}
	switch v := tree.(type) {
	case map[string]any:
		for _, value := range v {
			if isOne(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, isOne)
	}
	return false
}

// holdsSecret tells a text that has a whole Secret in it, such as the annotation
// of kubectl apply.
func holdsSecret(s string) bool {
	if !saysSecret(s) {
		return false
	}
	documents, failed := manifest.Read([]byte(s))
	return len(failed) > 0 || slices.ContainsFunc(documents, func(d manifest.Document) bool { return hasSecret(d.Tree) })
}

func hasSecret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if manifest.HasSecretData(v) {
			return true
		}
		for _, value := range v {
			if hasSecret(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasSecret)
	case string:
		return holdsSecret(v)
	}
	return false
}

// valuesOf are the values of a Secret, as they stand and decoded.
func valuesOf(tree any) []string {
	body, _ := tree.(map[string]any)
	var values []string
	for _, key := range []string{"data", "stringData"} {
		data, _ := body[key].(map[string]any)
		for _, v := range data {
			text, ok := v.(string)
			if !ok {
				continue
			}
			values = append(values, text)
			if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
				values = append(values, string(decoded))
			}
		}
	}
	return values
}
