package remote

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/weir-dev/weir/engine/failpoint"
)

const (
	// packLimit is what a fetch may bring, in bytes. A state repository of ten
	// thousand files is a hundredth of it.
	packLimit = 2 << 30
	// looseLimit is the number of objects up to which each is stored by itself,
	// as Git does: a pack for every small fetch would make all reading slow.
	looseLimit = 100
)

// spool is a file without a name for what is on its way.
func spool() (*os.File, func(), error) {
	failpoint.Before("create", "weir-pack-")
	f, err := os.CreateTemp("", "weir-pack-")
	if err != nil {
		return nil, nil, err
	}
	failpoint.Before("remove", f.Name())
	gone := os.Remove(f.Name()) == nil // where that works, a killed run leaves nothing
	return f, func() {
		f.Close()
		if !gone {
			failpoint.Before("remove", f.Name())
			os.Remove(f.Name())
		}
	}, nil
}

// keep stores a pack, after all of it has come and every object of it could be
// read: until then the store is as it was.
func (r *Remote) keep(pack io.Reader, into Store) error {
	f, free, err := spool()
	if err != nil {
		return err
	}
	defer free()
	n, err := io.Copy(f, io.LimitReader(pack, packLimit+1))
	switch {
	case err != nil:
		return err
	case n > packLimit:
		return r.refuse("the repository is too large", fmt.Sprintf("A single commit of it is a pack of more than %d GiB.", packLimit>>30), "A repository for manifests should hold nothing else.")
	case n < 32:
		return io.ErrUnexpectedEOF
	}
	var header [12]byte
	if _, err := f.ReadAt(header[:], 0); err != nil {
		return err
	}
	writer, ok := into.(storer.PackfileWriter)
	if binary.BigEndian.Uint32(header[8:]) <= looseLimit || !ok {
		return parsePack(f, into)
	}
	if err := thicken(f, into); err != nil {
		return err
	}
	// The library reads a pack again while it writes it, in a goroutine whose
	// panics are nobody's. So it gets only what was read here before.
	if err := parsePack(f, nil); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	failpoint.Before("fetched pack", r.String())
	return packfile.WritePackfileToObjectStorage(writer, f)
}

// parsePack reads all objects of a pack, into a store if there is one.
func parsePack(f *os.File, into storer.EncodedObjectStorer) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := sound(f); err != nil {
		return err
	}
	var parser *packfile.Parser
	var err error
	if into == nil {
		parser, err = packfile.NewParser(packfile.NewScanner(f))
	} else {
		failpoint.Before("fetched objects", "")
		parser, err = packfile.NewParserWithStorage(packfile.NewScanner(f), whole{into})
	}
	if err != nil {
		return err
	}
	_, err = parser.Parse()
	return err
}

// whole hides every method of a store but those that take and give whole
// objects: what is written lazily is not in the store when its pack is cut.
type whole struct{ storer.EncodedObjectStorer }

// sound checks the checksum at the end of a pack, which the library reads but
// does not compare.
func sound(f *os.File) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	sum, want := sha1.New(), make([]byte, sha1.Size)
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, end-sha1.Size)); err != nil {
		return err
	}
	if _, err := f.ReadAt(want, end-sha1.Size); err != nil {
		return err
	}
	if !bytes.Equal(want, sum.Sum(nil)) {
		return fmt.Errorf("%w: its checksum is another", packfile.ErrMalformedPackFile)
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// thicken appends the objects that a thin pack builds upon and has not, as
// `git index-pack --fix-thin` does.
func thicken(f *os.File, from storer.EncodedObjectStorer) error {
	missing, count, err := outsiders(f)
	if err != nil || len(missing) == 0 {
		return err
	}
	if _, err := f.Seek(-sha1.Size, io.SeekEnd); err != nil { // over the checksum
		return err
	}
	added := uint32(0)
	for _, id := range missing {
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
	if _, err := f.WriteAt(binary.BigEndian.AppendUint32(nil, count+added), 8); err != nil {
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

// outsiders are the objects that deltas of a pack are against by their ids,
// unless they are whole in the pack itself.
func outsiders(f *os.File) (missing []plumbing.Hash, count uint32, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	scanner := packfile.NewScanner(f)
	_, count, err = scanner.Header()
	if err != nil {
		return nil, 0, err
	}
	bases, whole := map[plumbing.Hash]bool{}, map[plumbing.Hash]bool{}
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return nil, 0, err
		}
		if header.Type == plumbing.REFDeltaObject {
			bases[header.Reference] = true
			continue
		}
		if header.Type == plumbing.OFSDeltaObject {
			continue
		}
		hasher := plumbing.NewHasher(header.Type, header.Length)
		if _, _, err := scanner.NextObject(hasher); err != nil {
			return nil, 0, err
		}
		whole[hasher.Sum()] = true
	}
	for id := range bases {
		if !whole[id] {
			missing = append(missing, id)
		}
	}
	plumbing.HashesSort(missing)
	return missing, count, nil
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
