// Package whole makes files that appear whole or not at all: they are written
// beside their place, under a name that tells that they are unfinished, and then
// renamed. So no reader sees half a file, no writer needs a lock, and what a
// killed process leaves can be recognised.
//
// It knows nothing of what it writes. State repositories have a way of their own
// (engine/state), and so have vendored charts, which are directories
// (engine/fetch).
package whole

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-dev/weir/engine/failpoint"
)

// mark is in the names of unfinished files: .<name>.new-<random>.
const mark = ".new-"

// IsUnfinished tells from its name a file that somebody is writing, or was when
// he was killed.
func IsUnfinished(name string) bool {
	name = filepath.Base(name)
	return strings.HasPrefix(name, ".") && strings.Contains(name, mark)
}

// Write makes a file or replaces it.
func Write(path string, data []byte, mode fs.FileMode) error {
	f, err := New(path, mode)
	if err != nil {
		return err
	}
	failpoint.Before("write", path)
	if _, err := f.Write(data); err != nil {
		f.Drop()
		return err
	}
	return f.Done()
}

// File is a file that is not there yet. Done or Drop ends it.
type File struct {
	*os.File
	path string
	mode fs.FileMode
}

// New begins a file. Directories that are missing above it are made for nobody
// but their owner.
func New(path string, mode fs.FileMode) (*File, error) {
	dir := filepath.Dir(path)
	failpoint.Before("mkdir", dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	failpoint.Before("create", path)
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+mark)
	if err != nil {
		return nil, err
	}
	return &File{file, path, mode}, nil
}

// Done closes the file and puts it in its place.
func (f *File) Done() error {
	err := f.permit()
	if closing := f.Close(); err == nil {
		err = closing
	}
	return f.rename(err)
}

// Keep puts the file in its place and leaves it open, for who goes on reading.
func (f *File) Keep() error { return f.rename(f.permit()) }

// Drop gives the file up.
func (f *File) Drop() {
	f.Close()
	failpoint.Before("remove", f.Name())
	os.Remove(f.Name())
}

// permit sets who may read the file, where that is not only its owner.
func (f *File) permit() error {
	if f.mode == 0o600 {
		return nil
	}
	failpoint.Before("chmod", f.path)
	return f.Chmod(f.mode)
}

// rename is the end of a file of which nothing has failed so far.
func (f *File) rename(err error) error {
	if err == nil {
		failpoint.Before("rename", f.path)
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		f.Drop()
	}
	return err
}
