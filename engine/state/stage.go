package state

import (
	"fmt"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// Stage collects the releases of a run against a snapshot, while they are being
// rendered: it hashes, drops what the snapshot has already, and holds new
// objects once and compressed, so memory does not grow with the bytes of a run.
// Nothing is written before Commit. Safe for concurrent use.
type Stage struct {
	base *Snapshot
	pool *pool // nil for a preview

	mu         sync.Mutex
	puts       map[Key]*put
	removed    map[Key]bool
	moved      map[Key]Key // to -> from
	namespaces map[string]namespacePut
}

// put is a release that a run has an answer for.
type put struct {
	files    []FileEntry
	ids      []plumbing.Hash // of files
	metadata *Metadata       // nil where the release is as the snapshot has it
	metaID   plumbing.Hash
	objects  int
	declared diag.Range
}

// namespacePut is a Namespace wanted at a path of _namespaces.
type namespacePut struct {
	environment, name string
	id                plumbing.Hash
}

// NewStage begins a run on a snapshot.
func NewStage(base *Snapshot) *Stage {
	s := NewPreview(base)
	s.pool = newPool(base.store)
	return s
}

// NewPreview begins a run that will only be planned, not committed: no content
// is kept.
func NewPreview(base *Snapshot) *Stage {
	return &Stage{
		base:       base,
		puts:       map[Key]*put{},
		removed:    map[Key]bool{},
		moved:      map[Key]Key{},
		namespaces: map[string]namespacePut{},
	}
}

// Put wants a release to be exactly this. The release's bytes are not needed
// after it returns.
func (s *Stage) Put(r Release) error {
	if err := r.Key.check(); err != nil {
		return err
	}
	h, err := hashRelease(r)
	if err != nil {
		return err
	}
	was, err := s.base.Fingerprint(r.Key)
	if err != nil {
		return err
	}
	if was == h.fingerprint {
		s.Keep(r.Key, len(r.Files))
		return nil
	}
	if s.pool != nil {
		for i, f := range r.Files {
			s.pool.add(plumbing.BlobObject, h.files[i], f.Data)
		}
		s.pool.add(plumbing.BlobObject, h.metadataID, h.metadata)
	}
	metadata := r.Metadata // a pointer into r would hold the files' bytes
	p := &put{ids: h.files, files: metadata.Files, metadata: &metadata, metaID: h.metadataID, objects: len(r.Files), declared: r.Declared}
	if len(p.files) != len(r.Files) {
		return fmt.Errorf("release %s: its metadata lists %d files of %d", r.Key, len(p.files), len(r.Files))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts[r.Key] = p
	return nil
}

// Keep says that a run's answer for a release is what the snapshot has, as a
// caller knows from equal fingerprints, and how many files that is.
func (s *Stage) Keep(k Key, files int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts[k] = &put{objects: files}
}

// Remove wants a release to be gone; it means nothing where it is.
func (s *Stage) Remove(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removed[k] = true
}

// Move says that release `to`, which has to be Put as well, is what `from` was.
// It means nothing where the snapshot has no `from`.
func (s *Stage) Move(from, to Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved[to] = from
}

// PutNamespace wants a Namespace of an environment to be this. Where a release
// of the cluster brings the Namespace itself, the release's wins. It is removed
// when no metadata of the environment asks for it any more.
func (s *Stage) PutNamespace(environment, name string, data []byte) error {
	if !isLabel(environment) {
		return fmt.Errorf("%q: an environment has to be a lower-case DNS label", environment)
	}
	id := hashObject(plumbing.BlobObject, data)
	if s.pool != nil {
		s.pool.add(plumbing.BlobObject, id, data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.namespaces[NamespacePath(environment, name)] = namespacePut{environment, name, id}
	return nil
}
