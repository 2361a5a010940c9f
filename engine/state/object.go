package state

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/go-git/go-billy/v5/osfs"

	"github.com/weir-dev/weir/schema/diag"
)

// reader reads whole Git objects by id.
type reader interface {
	read(t plumbing.ObjectType, id plumbing.Hash) ([]byte, error)
}

// hashObject is the id that Git gives to an object. go-git's own ComputeHash
// looks for SHA-1 collisions on the way and is several times slower; these are
// our own bytes.
func hashObject(t plumbing.ObjectType, data []byte) plumbing.Hash {
	h := sha1.New()
	h.Write(objectStart(t, len(data)))
	h.Write(data)
	var id plumbing.Hash
	h.Sum(id[:0])
	return id
}

// hexOf is the exported form of an id: empty for none.
func hexOf(id plumbing.Hash) Hash {
	if id.IsZero() {
		return ""
	}
	return Hash(id.String())
}

// store is the object store of a repository, guarded because go-git's is not
// safe for concurrent use, and checking every object that it reads.
type store struct {
	name  string // of the repository, for diagnostics
	cache *copied

	mu  sync.Mutex
	git *filesystem.Storage
}

// copied is what makes a store the copy of a remote's.
type copied struct {
	again func() (*filesystem.Storage, error) // brings everything anew that the store had; nil while it is being brought
	more  func(ctx context.Context, commits int) (*filesystem.Storage, error)

	mu       sync.Mutex
	hopeless error // why a copy that was brought anew could not be read either
}

func openStorage(gitDir string) *filesystem.Storage {
	objects := cache.NewObjectLRU(16 * cache.MiByte)
	return filesystem.NewStorageWithOptions(osfs.New(gitDir), objects, filesystem.Options{KeepDescriptors: true})
}

func openStore(gitDir, name string) *store {
	return &store{name: name, git: openStorage(gitDir)}
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.git.Close()
}

// use goes on with another storage.
func (s *store) use(git *filesystem.Storage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.git.Close() // only read from
	s.git = git
}

// has tells whether an object need not be written. Of a copy it never says so:
// it may hold what the remote has forgotten.
func (s *store) has(id plumbing.Hash) bool {
	return s != nil && s.cache == nil && s.holds(id)
}

func (s *store) holds(id plumbing.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.git.HasEncodedObject(id) == nil
}

func (s *store) read(t plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	if s == nil {
		return nil, fmt.Errorf("read %s %s: there is no repository yet", t, id)
	}
	data, err := s.readChecked(t, id)
	if err != nil && s.cache != nil {
		return s.readAnew(t, id)
	}
	if err != nil {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the %s %s of the state repository cannot be read", t, id),
			Subject: diag.Range{File: s.name},
			Detail:  fmt.Sprintf("Git's object store in %s is damaged or incomplete: %v.", s.name, err),
			Remedy: fmt.Sprintf("Run `git -C %s fsck` to see the extent of it and fetch the repository again from where it was cloned or backed up. "+
				"Without any copy, move the directory away and hydrate again: the manifests come back, the history does not.", s.name),
		})
	}
	return data, nil
}

// readAnew reads an object that could not be read, after the copy was brought
// anew. Only one reader does that, the others find it done.
func (s *store) readAnew(t plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	data, err := s.readChecked(t, id)
	switch {
	case err == nil:
		return data, nil
	case s.cache.again == nil:
		return nil, damaged(err)
	case s.cache.hopeless != nil:
		return nil, s.cache.hopeless
	}
	for range 2 { // the first may be what another process brought, damaged as well
		git, err := s.cache.again()
		if err != nil {
			return nil, err
		}
		s.use(git)
		if data, err = s.readChecked(t, id); err == nil {
			return data, nil
		}
	}
	s.cache.hopeless = diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("the %s %s of the state repository cannot be read", t, id),
		Subject: diag.Range{File: s.name},
		Detail:  fmt.Sprintf("The repository was fetched again, and what came does not have it: %v.", err),
		Remedy:  "Clone the repository and run `git fsck` there. If it finds the same, the server's repository is damaged: restore it from a clone or a backup.",
	})
	return nil, s.cache.hopeless
}

// deepen brings more of a copy's history.
func (s *store) deepen(ctx context.Context, commits int) error {
	if s.cache == nil {
		return nil
	}
	git, err := s.cache.more(ctx, commits)
	if err == nil {
		s.use(git)
	}
	return err
}

// readChecked reads an object and compares its content with its id.
func (s *store) readChecked(t plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	data, err := s.readUnchecked(t, id)
	if err == nil && hashObject(t, data) != id {
		err = errors.New("its content does not have the id it is stored under")
	}
	return data, err
}

func (s *store) readUnchecked(t plumbing.ObjectType, id plumbing.Hash) (data []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// go-git indexes into a pack before it checks all lengths in it.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed: %v", r)
		}
	}()
	o, err := s.git.EncodedObject(t, id)
	if err != nil {
		return nil, err
	}
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	buf := bytes.NewBuffer(make([]byte, 0, o.Size()+bytes.MinRead))
	if _, err := buf.ReadFrom(r); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// pool holds the new objects of a run, each once and compressed, over a store
// that has all others. Safe for concurrent use.
type pool struct {
	base *store // nil before the first commit

	mu      sync.Mutex
	objects map[plumbing.Hash]packed
}

// packed is an object as a pack holds it.
type packed struct {
	kind plumbing.ObjectType
	size int
	zlib []byte
}

func newPool(base *store) *pool {
	return &pool{base: base, objects: map[plumbing.Hash]packed{}}
}

// add keeps an object unless it is there already.
func (p *pool) add(t plumbing.ObjectType, id plumbing.Hash, data []byte) {
	if p.holds(id) || p.base.has(id) {
		return
	}
	o := packed{kind: t, size: len(data), zlib: deflate(data)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.objects[id] = o
}

func (p *pool) holds(id plumbing.Hash) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.objects[id]
	return ok
}

func (p *pool) read(t plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	p.mu.Lock()
	o, ok := p.objects[id]
	p.mu.Unlock()
	if !ok {
		return p.base.read(t, id)
	}
	return o.inflate()
}

func (o packed) inflate() ([]byte, error) {
	r, _ := inflaters.Get().(io.ReadCloser)
	if r == nil {
		var err error
		if r, err = zlib.NewReader(bytes.NewReader(o.zlib)); err != nil {
			return nil, err
		}
	} else if err := r.(zlib.Resetter).Reset(bytes.NewReader(o.zlib), nil); err != nil {
		return nil, err
	}
	defer inflaters.Put(r)
	data := make([]byte, o.size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("inflate an object of this run: %w", err)
	}
	return data, nil
}

// A compressor weighs most of a megabyte: they are used again.
var (
	deflaters = sync.Pool{New: func() any { w, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed); return w }}
	inflaters sync.Pool
)

func deflate(parts ...[]byte) []byte {
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	var buf bytes.Buffer
	w.Reset(&buf)
	for _, data := range parts {
		buf.Grow(len(data)/4 + 64)
		w.Write(data) // into memory: cannot fail
	}
	w.Close()
	return bytes.Clone(buf.Bytes())
}
