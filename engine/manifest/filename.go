package manifest

import (
	"crypto/sha256"
	"encoding/hex"
)

// maxStem is the longest file name without ".yaml"; file systems stop at 255.
const maxStem = 200

// FileName is the name of the object's file in a state repository:
// <kind>[.<group>]_<name>.yaml, a function of the identity alone. Kinds are
// lower-cased; whatever else is not [a-z0-9.-] becomes %XX, capitals too, so
// that a file system that ignores case cannot fold two objects into one. What
// is longer than 200 bytes is cut and ends in 12 digits of its SHA-256.
func FileName(id ID) string {
	stem := make([]byte, 0, len(id.Kind)+len(id.Group)+len(id.Name)+8)
	for _, c := range []byte(lower(id.Kind)) {
		stem = appendEscaped(stem, c, c == '.') // a dot begins the group
	}
	if id.Group != "" {
		stem = append(stem, '.')
		for i := range len(id.Group) {
			stem = appendEscaped(stem, id.Group[i], false)
		}
	}
	stem = append(stem, '_')
	for i := range len(id.Name) {
		stem = appendEscaped(stem, id.Name[i], false)
	}
	return string(cut(stem)) + ".yaml"
}

// Dir is the directory of the object's file in its release's directory:
// _cluster, or the namespace, escaped as in FileName, dots too.
func Dir(id ID) string {
	if id.Namespace == "" {
		return "_cluster"
	}
	dir := make([]byte, 0, len(id.Namespace))
	for i := range len(id.Namespace) {
		dir = appendEscaped(dir, id.Namespace[i], id.Namespace[i] == '.')
	}
	return string(cut(dir))
}

// lower lower-cases the letters of ASCII, all that a kind may have.
func lower(kind string) string {
	b := []byte(kind)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func appendEscaped(b []byte, c byte, always bool) []byte {
	if !always && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-') {
		return append(b, c)
	}
	const digits = "0123456789ABCDEF"
	return append(b, '%', digits[c>>4], digits[c&15])
}

// cut shortens a stem; "~" is escaped everywhere else, so no whole stem looks
// like a cut one.
func cut(stem []byte) []byte {
	if len(stem) <= maxStem {
		return stem
	}
	sum := sha256.Sum256(stem)
	stem = append(stem[:maxStem-13], '~')
	return hex.AppendEncode(stem, sum[:6])
}
