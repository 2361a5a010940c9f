// Package cache keeps the products of a run between runs, by the digest of all
// that went into them. It knows nothing of what it keeps. Nothing is believed
// that is read: a record names its own key and carries its own digest, a blob is
// checked against the digest that the record gives, and whatever does not fit is
// as good as absent. Writers need no lock: files appear whole (engine/whole).
package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/whole"
)

// Key is the digest of all inputs of a record.
type Key [sha256.Size]byte

// Store is a directory of records and shared blobs.
type Store struct {
	dir       string
	temporary bool
}

// Open returns the store in dir, created where it is missing. What is in it is
// readable by its owner only.
func Open(dir string) (*Store, error) {
	for _, sub := range []string{"record", "blob"} {
		failpoint.Before("mkdir", filepath.Join(dir, sub))
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open cache: %w", err)
		}
	}
	failpoint.Before("create", filepath.Join(dir, "probe-"))
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	probe.Close()
	failpoint.Before("remove", probe.Name())
	os.Remove(probe.Name())
	return &Store{dir: dir}, nil
}

// Temporary returns an empty store that Close removes: for machines where
// nothing may be kept, and for runs that must not trust what was.
func Temporary() (*Store, error) {
	failpoint.Before("mkdir", "weir-")
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	store, err := Open(dir)
	if err != nil {
		failpoint.Before("remove all", dir)
		os.RemoveAll(dir)
		return nil, err
	}
	store.temporary = true
	return store, nil
}

// Dir is where the store is.
func (s *Store) Dir() string { return s.dir }

// Close gives up a temporary store, and does nothing to any other.
func (s *Store) Close() error {
	if !s.temporary {
		return nil
	}
	failpoint.Before("remove all", s.dir)
	return os.RemoveAll(s.dir)
}

// Record is one product: a head, read and verified at once, and blobs that stay
// on disk until somebody asks.
type Record struct {
	Head  []byte
	store *Store
	path  string
	blobs []blob
}

type blob struct {
	digest [sha256.Size]byte
	size   int64
	offset int64 // in the record's file; negative: a shared blob of its own file
}

// ErrCorrupt is what Blob returns for bytes that are gone or not what they were.
var ErrCorrupt = errors.New("cache record is damaged")

// sharedFrom is the size in bytes from which a blob is kept once for all
// records: CRDs are most of all bytes and the same in every environment.
const sharedFrom = 16 << 10

// magic also names the version of the format.
const magic = "weir-cache-1\n"

// Layout of a record's file, integers big-endian:
//
//	magic, key[32], headLen u32, blobCount u32, {digest[32], size u64, shared u8}…, head, sha256 of all before, inline blobs
const blobLen = sha256.Size + 8 + 1

// Get returns the record of key; false where there is none that can be trusted.
func (s *Store) Get(key Key) (*Record, bool) {
	path := s.recordPath(key)
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, false
	}
	const fixed = len(magic) + sha256.Size + 8
	// One read serves most records whole: heads are small.
	buffer := make([]byte, min(info.Size(), 8<<10))
	if _, err := file.ReadAt(buffer, 0); err != nil || len(buffer) < fixed ||
		string(buffer[:len(magic)]) != magic || !bytes.Equal(buffer[len(magic):len(magic)+sha256.Size], key[:]) {
		return nil, false
	}
	headLen := int64(binary.BigEndian.Uint32(buffer[fixed-8:]))
	count := int64(binary.BigEndian.Uint32(buffer[fixed-4:]))
	signed := int64(fixed) + count*blobLen + headLen
	if signed+sha256.Size > info.Size() {
		return nil, false
	}
	if missing := signed + sha256.Size - int64(len(buffer)); missing > 0 {
		rest := make([]byte, missing)
		if _, err := file.ReadAt(rest, int64(len(buffer))); err != nil {
			return nil, false
		}
		buffer = append(buffer, rest...)
	}
	digest := sha256.Sum256(buffer[:signed])
	if !bytes.Equal(digest[:], buffer[signed:signed+sha256.Size]) {
		return nil, false
	}
	record := &Record{store: s, path: path, blobs: make([]blob, count)}
	at, offset := int64(fixed), signed+sha256.Size
	for i := range record.blobs {
		b := &record.blobs[i]
		copy(b.digest[:], buffer[at:])
		b.size = int64(binary.BigEndian.Uint64(buffer[at+sha256.Size:]))
		b.offset = -1
		if buffer[at+blobLen-1] == 0 {
			b.offset = offset
			offset += b.size
		}
		at += blobLen
	}
	if offset != info.Size() {
		return nil, false
	}
	record.Head = bytes.Clone(buffer[at : at+headLen])
	if now := time.Now(); now.Sub(info.ModTime()) > touchEvery {
		failpoint.Before("touch", path)
		_ = os.Chtimes(path, now, now) // tells Sweep that it is in use; no harm if it fails
	}
	return record, true
}

// Blob reads the i-th blob of the record. It returns ErrCorrupt where the bytes
// are not those that were put.
func (r *Record) Blob(i int) ([]byte, error) {
	b := r.blobs[i]
	path, offset := r.path, b.offset
	if offset < 0 {
		path, offset = r.store.blobPath(b.digest), 0
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() < offset+b.size {
		return nil, ErrCorrupt
	}
	if now := time.Now(); offset == 0 && now.Sub(info.ModTime()) > touchEvery {
		failpoint.Before("touch", path)
		_ = os.Chtimes(path, now, now) // a shared blob is in use as long as one record needs it
	}
	data := make([]byte, b.size)
	if _, err := file.ReadAt(data, offset); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if sha256.Sum256(data) != b.digest {
		return nil, ErrCorrupt
	}
	return data, nil
}

// Drop forgets a damaged record with the blobs that it names.
func (r *Record) Drop() {
	failpoint.Before("remove", r.path)
	os.Remove(r.path)
	for _, b := range r.blobs {
		if b.offset < 0 {
			failpoint.Before("remove", r.store.blobPath(b.digest))
			os.Remove(r.store.blobPath(b.digest))
		}
	}
}

// Put keeps a product under key and returns its record.
func (s *Store) Put(key Key, head []byte, blobs [][]byte) (*Record, error) {
	record := &Record{Head: head, store: s, path: s.recordPath(key), blobs: make([]blob, len(blobs))}
	size := len(magic) + len(key) + 8 + len(blobs)*blobLen + len(head) + sha256.Size
	content := make([]byte, 0, size)
	content = append(content, magic...)
	content = append(content, key[:]...)
	content = binary.BigEndian.AppendUint32(content, uint32(len(head)))
	content = binary.BigEndian.AppendUint32(content, uint32(len(blobs)))
	offset := int64(size)
	for i, data := range blobs {
		b := blob{digest: sha256.Sum256(data), size: int64(len(data)), offset: -1}
		shared := byte(1)
		if len(data) < sharedFrom {
			b.offset, shared = offset, 0
			offset += b.size
		} else if err := s.putBlob(b, data); err != nil {
			return nil, err
		}
		content = append(content, b.digest[:]...)
		content = binary.BigEndian.AppendUint64(content, uint64(b.size))
		content = append(content, shared)
		record.blobs[i] = b
	}
	content = append(content, head...)
	digest := sha256.Sum256(content)
	content = append(content, digest[:]...)
	for i, data := range blobs {
		if record.blobs[i].offset >= 0 {
			content = append(content, data...)
		}
	}
	if err := write(record.path, content); err != nil {
		return nil, err
	}
	return record, nil
}

func (s *Store) putBlob(b blob, data []byte) error {
	path := s.blobPath(b.digest)
	if info, err := os.Stat(path); err == nil && info.Size() == b.size {
		return nil
	}
	return write(path, data)
}

func write(path string, data []byte) error {
	if err := whole.Write(path, data, 0o600); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	return nil
}

func (s *Store) recordPath(key Key) string {
	name := hex.EncodeToString(key[:])
	return filepath.Join(s.dir, "record", name[:2], name[2:])
}

func (s *Store) blobPath(digest [sha256.Size]byte) string {
	name := hex.EncodeToString(digest[:])
	return filepath.Join(s.dir, "blob", name[:2], name[2:])
}

const (
	touchEvery = 24 * time.Hour
	keepFor    = 30 * 24 * time.Hour
	sweptFile  = "swept" // tells when that was
)

// Sweep removes what no run has used for thirty days, at most once a day.
// Blobs are written again when a record that needs them finds them gone.
func (s *Store) Sweep(now time.Time) error {
	mark := filepath.Join(s.dir, sweptFile)
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < touchEvery {
		return nil
	}
	failpoint.Before("write", mark)
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return fmt.Errorf("sweep cache: %w", err)
	}
	return filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // another process may sweep at the same time
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > keepFor {
			failpoint.Before("remove", path)
			os.Remove(path)
		}
		return nil
	})
}
