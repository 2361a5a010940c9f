package values

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"slices"
)

// Digest is the SHA-256, in hex, of what a renderer sees of the tree: types and
// values, not where they came from. An int64 and a float64 of one number differ,
// as a template can tell them apart.
func (n *Node) Digest() string {
	sum := sha256.Sum256(n.appendCanonical(make([]byte, 0, 1024)))
	return hex.EncodeToString(sum[:])
}

// appendCanonical writes one byte for the type and then the value, with its
// length first where that varies: no two trees have the same bytes.
func (n *Node) appendCanonical(b []byte) []byte {
	if n == nil {
		return append(b, 'n')
	}
	switch v := n.Value.(type) {
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(v))
	case string:
		return appendString(append(b, 's'), v)
	case []*Node:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(v)))
		for _, c := range v {
			b = c.appendCanonical(b)
		}
		return b
	case map[string]*Node:
		b = binary.AppendUvarint(append(b, 'm'), uint64(len(v)))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b = v[k].appendCanonical(appendString(b, k))
		}
		return b
	}
	return append(b, 'n')
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
