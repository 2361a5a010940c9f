package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
)

// loose writes an object as a file of its own, under its name when it is whole.
// The caller holds a lock.
func (d disk) loose(gitDir string, id plumbing.Hash, t plumbing.ObjectType, data []byte) error {
	objects := filepath.Join(gitDir, "objects")
	// Git takes what begins with tmp_ for garbage, should this be the last run.
	next := filepath.Join(objects, "tmp_weir_obj")
	f, err := d.fresh(next)
	if err != nil {
		return err
	}
	d.about("write", next)
	_, err = f.Write(deflate(objectStart(t, len(data)), data))
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(d.failed(err), d.remove(next))
	}
	dir := filepath.Join(objects, id.String()[:2])
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := d.mkdir(dir); err != nil {
			return errors.Join(err, d.remove(next))
		}
	}
	return d.rename(next, filepath.Join(dir, id.String()[2:]))
}

// objectStart is what stands before the content of an object where it is hashed
// or a file of its own.
func objectStart(t plumbing.ObjectType, size int) []byte {
	start := append(make([]byte, 0, 32), t.Bytes()...)
	start = strconv.AppendInt(append(start, ' '), int64(size), 10)
	return append(start, 0)
}
