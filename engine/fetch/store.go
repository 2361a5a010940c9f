package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/schema"
)

// Store keeps charts between runs, for all projects and processes of a user.
// A file of it is named by its own SHA-256 and holds the very bytes that Digest
// hashes: the names and contents of a chart's files. So one read and one hash
// prove it against the lock, and nothing is unpacked or copied. Files appear
// whole, by rename; no lock is held, and none can be left behind.
//
//	<dir>/charts/<2 digits>/<62 digits>
type Store struct {
	dir string
}

// NewStore is the store in a directory, which is made when something is kept.
// Without one nothing is.
func NewStore(dir string) *Store { return &Store{dir: dir} }

// Dir is where the store is; empty where nothing is kept.
func (s *Store) Dir() string {
	if s == nil {
		return ""
	}
	return s.dir
}

func (s *Store) path(digest string) string {
	return filepath.Join(s.dir, "charts", digest[:2], digest[2:])
}

// Files implements Shelf. A file that is not what its name says is removed.
func (s *Store) Files(pin schema.Locked) ([]File, error) {
	if s.Dir() == "" || len(pin.Files) != 2*sha256.Size {
		return nil, nil
	}
	path := s.path(pin.Files)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil //nolint:nilerr // what cannot be read is as good as absent
	}
	sum := sha256.Sum256(data)
	files, ok := unbundle(data)
	if hex.EncodeToString(sum[:]) != pin.Files || !ok {
		failpoint.Before("remove", path)
		os.Remove(path)
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil {
		if now := time.Now(); now.Sub(info.ModTime()) > touchEvery {
			failpoint.Before("touch", path)
			_ = os.Chtimes(path, now, now) // tells pruning that it is in use; no harm if it fails
		}
	}
	return files, nil
}

// touchEvery is how exactly the store knows when something was used last.
const touchEvery = 24 * time.Hour

// Put keeps the files of a chart, sorted by name.
func (s *Store) Put(files []File) error {
	if s.Dir() == "" {
		return nil
	}
	data := bundle(files)
	sum := sha256.Sum256(data)
	path := s.path(hex.EncodeToString(sum[:]))
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	if err := whole.Write(path, data, 0o600); err != nil {
		return fmt.Errorf("keep chart: %w", err)
	}
	return nil
}

// bundle is what Digest hashes.
func bundle(files []File) []byte {
	size := 0
	for _, f := range files {
		size += 16 + len(f.Name) + len(f.Data)
	}
	data := make([]byte, 0, size)
	for _, f := range files {
		data = binary.BigEndian.AppendUint64(data, uint64(len(f.Name)))
		data = append(data, f.Name...)
		data = binary.BigEndian.AppendUint64(data, uint64(len(f.Data)))
		data = append(data, f.Data...)
	}
	return data
}

// unbundle is the inverse of bundle; the contents are parts of data.
func unbundle(data []byte) ([]File, bool) {
	var files []File
	next := func() ([]byte, bool) {
		if len(data) < 8 {
			return nil, false
		}
		n := binary.BigEndian.Uint64(data)
		if data = data[8:]; n > uint64(len(data)) {
			return nil, false
		}
		part := data[:n:n]
		data = data[n:]
		return part, true
	}
	for len(data) > 0 {
		name, ok := next()
		content, whole := next()
		if !ok || !whole {
			return nil, false
		}
		files = append(files, File{Name: string(name), Data: content})
	}
	return files, true
}

// sortFiles brings the files of a chart into the order that Digest wants.
func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

// clean takes byte order marks off, as everywhere a chart is read.
func clean(files []File) {
	for i := range files {
		files[i].Data = bytes.TrimPrefix(files[i].Data, bom)
	}
}
