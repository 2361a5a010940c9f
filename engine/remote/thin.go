package remote

import (
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// thicken appends the objects that a thin pack builds upon and has not, as
// `git index-pack --fix-thin` does.
func thicken(f *os.File, has contents, from storer.EncodedObjectStorer) error {
	if len(has.missing) == 0 {
		return nil
	}
	if _, err := f.Seek(-sha1.Size, io.SeekEnd); err != nil { // over the checksum
		return err
	}
	added := uint32(0)
	for _, id := range has.missing {
		object, err := from.EncodedObject(plumbing.AnyObject, id)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue // it is in the pack, as a delta; if not, reading it will fail
		}
		if err != nil {
			return err
		}
		if err := appendObject(f, object); err != nil {
			return err
		}
		added++
	}
	if _, err := f.WriteAt(binary.BigEndian.AppendUint32(nil, has.objects+added), 8); err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	sum := sha1.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, end)); err != nil {
		return err
	}
	_, err = f.Write(sum.Sum(nil))
	return err
}

// contents are what there is to know of a pack before its deltas are resolved.
type contents struct {
	objects uint32
	missing []plumbing.Hash // what deltas are against by id, unless it is whole in the pack
}

// scan reads a pack, and refuses it if an object of it is so large that it must
// not be made.
func (r *Remote) scan(f *os.File) (contents, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return contents{}, err
	}
	scanner := packfile.NewScanner(f)
	_, count, err := scanner.Header()
	if err != nil {
		return contents{}, err
	}
	has := contents{objects: count}
	bases, whole := map[plumbing.Hash]bool{}, map[plumbing.Hash]bool{}
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return contents{}, err
		}
		if header.Length > objectLimit {
			return contents{}, r.tooLarge(header.Length)
		}
		if !header.Type.IsDelta() {
			hasher := plumbing.NewHasher(header.Type, header.Length)
			if _, _, err := scanner.NextObject(hasher); err != nil {
				return contents{}, err
			}
			whole[hasher.Sum()] = true
			continue
		}
		var start beginning
		if _, _, err := scanner.NextObject(&start); err != nil {
			return contents{}, err
		}
		if size := start.target(); size > objectLimit {
			return contents{}, r.tooLarge(size)
		}
		if header.Type == plumbing.REFDeltaObject {
			bases[header.Reference] = true
		}
	}
	for id := range bases {
		if !whole[id] {
			has.missing = append(has.missing, id)
		}
	}
	plumbing.HashesSort(has.missing)
	return has, nil
}

func (r *Remote) tooLarge(size int64) error {
	return r.refuse("the repository has a file that is too large", fmt.Sprintf("It has an object of %d MiB; %d MiB is the limit.", size>>20, objectLimit>>20), "A repository for manifests should hold nothing else.")
}

// beginning is what a delta begins with: the sizes of its base and its target.
type beginning struct {
	b [20]byte
	n int
}

func (d *beginning) Write(p []byte) (int, error) {
	d.n += copy(d.b[d.n:], p)
	return len(p), nil
}

func (d *beginning) target() int64 {
	_, n := binary.Uvarint(d.b[:d.n])
	size, m := binary.Uvarint(d.b[max(n, 0):d.n])
	if n <= 0 || m <= 0 || size > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(size)
}

// appendObject writes an object to a pack, without a delta.
func appendObject(w io.Writer, object plumbing.EncodedObject) (err error) {
	size := object.Size()
	b := byte(object.Type())<<4 | byte(size&15)
	size >>= 4
	var header []byte
	for size > 0 {
		header = append(header, b|0x80)
		b = byte(size & 0x7f)
		size >>= 7
	}
	if _, err := w.Write(append(header, b)); err != nil {
		return err
	}
	reader, err := object.Reader()
	if err != nil {
		return err
	}
	defer reader.Close()
	z := zlib.NewWriter(w)
	if _, err := io.Copy(z, reader); err != nil {
		return err
	}
	return z.Close()
}
