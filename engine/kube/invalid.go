package kube

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Invalid is one thing in an object that an API server does not take, or does
// not keep.
type Invalid struct {
	Place Place
	Wrong Wrong
	// Reason is a sentence without its full stop. It names fields and types,
	// never a value.
	Reason string
}

// Wrong is what is wrong.
type Wrong string

const (
	Unknown Wrong = "unknown" // no such field
	Dropped Wrong = "dropped" // a field of a custom resource that API servers drop without a word
	Missing Wrong = "missing" // a field that must be there
	Type    Wrong = "type"    // another type of value
	Value   Wrong = "value"   // the right type, but not one of the values allowed
)

// Place is where in an object: keys (string) and indices of lists (int).
type Place []any

// String writes the place as in spec.containers[0].image and
// metadata.labels["helm.sh/chart"].
func (p Place) String() string {
	var b strings.Builder
	for _, step := range p {
		switch step := step.(type) {
		case int:
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(step))
			b.WriteByte(']')
		case string:
			if !IsPlainKey(step) {
				b.WriteByte('[')
				b.WriteString(strconv.Quote(step))
				b.WriteByte(']')
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

// compare orders places by their keys and indices, a shorter place first.
func (p Place) compare(q Place) int {
	return slices.CompareFunc(p, q, func(a, b any) int {
		i, isIndex := a.(int)
		j, areIndices := b.(int)
		if isIndex && areIndices {
			return cmp.Compare(i, j)
		}
		k, _ := a.(string)
		l, _ := b.(string)
		return strings.Compare(k, l)
	})
}

// IsPlainKey tells whether a key stands in a written path as it is, without
// brackets and quotes.
func IsPlainKey(key string) bool {
	for _, c := range key {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '$':
		default:
			return false
		}
	}
	return key != ""
}
