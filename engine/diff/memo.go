package diff

import (
	"crypto/sha256"
	"sync"

	"github.com/weir-dev/weir/engine/manifest"
)

// Memo remembers how two objects differ, since the same two come back in every
// cluster of a fleet. Safe for concurrent use; a nil Memo remembers nothing.
type Memo struct {
	mu    sync.Mutex
	known map[twinKey][]Field
}

type twinKey struct {
	shape         *shape
	before, after [sha256.Size]byte
}

// NewMemo makes a memo for the comparisons of one run.
func NewMemo() *Memo { return &Memo{known: map[twinKey][]Field{}} }

// compare compares two objects, or remembers. Only of Kubernetes' own kinds is
// the shape the same everywhere. Fields are shared: nobody may change them.
func (m *Memo) compare(s *shape, before, after manifest.Object) []Field {
	if m == nil {
		return compareObjects(s, before, after)
	}
	if !isBuiltIn(after.ID.Group) {
		return owned(compareObjects(s, before, after))
	}
	key := twinKey{s, sha256.Sum256(before.Bytes()), sha256.Sum256(after.Bytes())}
	m.mu.Lock()
	fields, ok := m.known[key]
	m.mu.Unlock()
	if ok {
		return fields
	}
	fields = owned(compareObjects(s, before, after))
	m.mu.Lock()
	m.known[key] = fields
	m.mu.Unlock()
	return fields
}
