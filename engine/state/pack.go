package state

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// looseLimit is the number of new objects up to which each becomes a file of
// its own; more become one pack. It is Git's own for received objects.
const looseLimit = 100

// writeObjects makes the objects of a pool part of the repository. Until a ref
// names them nobody sees them, so being killed here leaves no trace but garbage
// that `git gc` takes away.
func (r *local) writeObjects(p *pool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := slices.SortedFunc(maps.Keys(p.objects), compareIDs)
	if len(ids) > looseLimit {
		return r.disk.pack(r.gitDir, p.objects, ids, true)
	}
	for _, id := range ids {
		data, err := p.objects[id].inflate()
		if err != nil {
			return err
		}
		if err := r.disk.loose(r.gitDir, id, p.objects[id].kind, data); err != nil {
			return err
		}
	}
	return nil
}

func compareIDs(a, b plumbing.Hash) int { return slices.Compare(a[:], b[:]) }

// pack writes a pack without deltas, and gives it its name when all of it is
// written, and on the disk if sync is true.
func (d disk) pack(gitDir string, objects map[plumbing.Hash]packed, ids []plumbing.Hash, sync bool) (err error) {
	dir := filepath.Join(gitDir, "objects", "pack")
	if err := d.mkdir(dir); err != nil {
		return err
	}
	// Git takes what begins with tmp_ for garbage, should this be the last run.
	pack, err := d.fresh(filepath.Join(dir, "tmp_weir_pack"))
	if err != nil {
		return err
	}
	index, err := d.fresh(filepath.Join(dir, "tmp_weir_idx"))
	if err != nil {
		return errors.Join(err, pack.Close(), d.remove(pack.Name()))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.remove(pack.Name()), d.remove(index.Name()))
		}
	}()
	d.about("write", pack.Name())
	sum, err := encodePack(pack, index, objects, ids)
	for _, f := range []*os.File{pack, index} {
		if sync {
			err = errors.Join(err, f.Sync())
		}
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return d.failed(err)
	}
	// Git ignores an index without a pack; go-git fails on a pack without one.
	name := filepath.Join(dir, "pack-"+sum.String())
	if err := d.rename(index.Name(), name+".idx"); err != nil {
		return err
	}
	return d.rename(pack.Name(), name+".pack")
}

// encodePack writes a pack of version 2 and, unless index is nil, its index; it
// returns the pack's checksum, which is its name.
func encodePack(pack, index io.Writer, objects map[plumbing.Hash]packed, ids []plumbing.Hash) (plumbing.Hash, error) {
	w := &packWriter{w: bufio.NewWriterSize(pack, 1<<16), sum: sha1.New()}
	var entries idxfile.Writer
	if err := entries.OnHeader(uint32(len(ids))); err != nil {
		return plumbing.ZeroHash, err
	}
	w.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("PACK"), 2), uint32(len(ids))))
	for _, id := range ids {
		o := objects[id]
		at := w.offset
		w.crc = 0
		w.Write(objectHeader(o.kind, o.size))
		w.Write(o.zlib)
		entries.Add(id, uint64(at), w.crc)
	}
	var sum plumbing.Hash
	w.sum.Sum(sum[:0])
	w.Write(sum[:])
	if err := w.w.Flush(); err != nil { // keeps the first error
		return plumbing.ZeroHash, err
	}
	if index == nil {
		return sum, nil
	}
	if err := entries.OnFooter(sum); err != nil {
		return plumbing.ZeroHash, err
	}
	memory, err := entries.Index()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	buffered := bufio.NewWriterSize(index, 1<<16)
	if _, err := idxfile.NewEncoder(buffered).Encode(memory); err != nil {
		return plumbing.ZeroHash, err
	}
	return sum, buffered.Flush()
}

// objectHeader is the type and size of an object in a pack: four bits of size
// beside the type, then seven a byte.
func objectHeader(t plumbing.ObjectType, size int) []byte {
	b := byte(t)<<4 | byte(size&15)
	size >>= 4
	var header []byte
	for size > 0 {
		header = append(header, b|0x80)
		b = byte(size & 0x7f)
		size >>= 7
	}
	return append(header, b)
}

// packWriter counts and sums what goes by.
type packWriter struct {
	w      *bufio.Writer
	sum    hash.Hash
	crc    uint32
	offset int64
}

func (w *packWriter) Write(data []byte) (int, error) {
	w.sum.Write(data)
	w.crc = crc32.Update(w.crc, crc32.IEEETable, data)
	w.offset += int64(len(data))
	return w.w.Write(data)
}
