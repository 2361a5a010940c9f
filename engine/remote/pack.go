package remote

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/weir-dev/weir/engine/failpoint"
)

const (
	// packLimit is what a fetch may bring, in bytes. A state repository of ten
	// thousand files is a hundredth of it.
	packLimit = 2 << 30
	// objectLimit is the size of a single object, in bytes, which a few of a pack
	// can stand for. Kubernetes takes no manifest that is a hundredth of it.
	objectLimit = 128 << 20
	// looseLimit is the number of objects up to which each is stored by itself,
	// as Git does: a pack for every small fetch would make all reading slow.
	looseLimit = 100
)

// spool is a file without a name for what is on its way.
func (r *Remote) spool() (*os.File, func(), error) {
	failpoint.Before("create", "weir-pack-")
	f, err := os.CreateTemp("", "weir-pack-")
	if err != nil {
		return nil, nil, r.spoolFailed(err)
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

// spoolFailed explains what the machine has against a spool, where a person can
// help.
func (r *Remote) spoolFailed(err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) && !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err
	}
	return r.refuse("no temporary file can be written", fmt.Sprintf("What is on its way is kept in a file below %s. The system answered: %v.", os.TempDir(), err),
		"Make room there, or set TMPDIR to a directory that can be written.")
}

// keep stores a pack, after all of it has come and every object of it could be
// read: until then the store is as it was.
func (r *Remote) keep(pack io.Reader, into Store) error {
	f, free, err := r.spool()
	if err != nil {
		return err
	}
	defer free()
	n, err := io.Copy(spooled{f, r}, io.LimitReader(pack, packLimit+1))
	r.received.Add(n)
	switch {
	case err != nil:
		return err
	case n > packLimit:
		return r.refuse("the repository is too large", fmt.Sprintf("A single commit of it is a pack of more than %d GiB.", packLimit>>30), "A repository for manifests should hold nothing else.")
	case n < 32:
		return io.ErrUnexpectedEOF
	}
	if err := sound(f); err != nil {
		return err
	}
	has, err := r.scan(f)
	if err != nil {
		return err
	}
	writer, ok := into.(storer.PackfileWriter)
	if has.objects <= looseLimit || !ok {
		return parsePack(f, into)
	}
	if err := thicken(f, has, into); err != nil {
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

// spooled writes into a spool, and tells the machine's failures from those of
// the connection.
type spooled struct {
	f *os.File
	r *Remote
}

func (s spooled) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	if err != nil {
		err = s.r.spoolFailed(err)
	}
	return n, err
}

// parsePack reads all objects of a pack, into a store if there is one.
func parsePack(f *os.File, into storer.EncodedObjectStorer) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
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
	return nil
}
