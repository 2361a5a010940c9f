package manifest

import (
	"crypto/sha256"
	"sync"
)

// MemoKey names a rendered document, see KeyOf.
type MemoKey [sha256.Size]byte

// KeyOf is the key of a document's text and of whatever else decides what
// becomes of it, such as the namespace that is filled in.
func KeyOf(text []byte, context ...string) MemoKey {
	h := sha256.New()
	for _, c := range context {
		sum := sha256.Sum256([]byte(c))
		h.Write(sum[:])
	}
	sum := sha256.Sum256(text)
	h.Write(sum[:])
	return MemoKey(h.Sum(nil))
}

// Memo remembers the sealed objects of rendered documents, since the same CRDs
// come back in every environment. It keeps about as many bytes as it was made
// for and forgets what was not asked for in a while. Safe for concurrent use;
// a nil Memo remembers nothing.
type Memo struct {
	mu         sync.Mutex
	limit      int
	size       int
	young, old map[MemoKey][]Object
}

// NewMemo makes a memo of at most limit bytes of canonical YAML.
func NewMemo(limit int) *Memo {
	return &Memo{limit: limit, young: map[MemoKey][]Object{}}
}

// Get returns the objects of a document with their sources set to source.
func (m *Memo) Get(key MemoKey, source Source) ([]Object, bool) {
	if m == nil {
		return nil, false
	}
	m.mu.Lock()
	objects, ok := m.young[key]
	if !ok {
		if objects, ok = m.old[key]; ok {
			m.keep(key, objects)
		}
	}
	m.mu.Unlock()
	if !ok {
		return nil, false
	}
	moved := make([]Object, len(objects))
	for i, o := range objects {
		o.Source = source
		moved[i] = o
	}
	return moved, true
}

// Put remembers the objects of a document. It seals what is not sealed yet.
func (m *Memo) Put(key MemoKey, objects []Object) {
	if m == nil {
		return
	}
	sealed := make([]Object, len(objects))
	for i, o := range objects {
		sealed[i] = o.Sealed()
	}
	m.mu.Lock()
	m.keep(key, sealed)
	m.mu.Unlock()
}

// keep adds to the young half; when that is full it becomes the old half, and
// what nobody asked for in between is gone.
func (m *Memo) keep(key MemoKey, objects []Object) {
	if _, ok := m.young[key]; ok {
		return
	}
	size := 256 // about what the entry itself takes
	for _, o := range objects {
		size += len(o.bytes) + 256
	}
	if size > m.limit/2 {
		return
	}
	if m.size+size > m.limit/2 {
		m.old, m.young, m.size = m.young, map[MemoKey][]Object{}, 0
	}
	m.young[key] = objects
	m.size += size
}
