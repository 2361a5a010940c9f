package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/schema/diag"
)

// disk is every way in which this package changes a file. Each says so first,
// where a test can stop a run for good.
type disk struct {
	name   string // of the repository, for diagnostics
	cache  bool   // what is written is a copy of a remote repository
	before func(what, path string)
}

// about announces one write that is next.
func (d disk) about(what, path string) {
	failpoint.Before(what, path)
	if d.before != nil {
		d.before(what, path)
	}
}

// failed explains a write that the machine refused, where a person can help.
func (d disk) failed(err error) error {
	var summary, remedy string
	switch {
	case err == nil:
		return nil
	case d.cache:
		return d.failedCache(err)
	case errors.Is(err, syscall.EROFS):
		summary, remedy = "the state repository is on a read-only file system", "Run where it can be written, or use --out to write plain files elsewhere."
	case errors.Is(err, fs.ErrPermission):
		summary, remedy = "no rights to write the state repository", "Give the user that runs Weir the right to write there, its .git directory included."
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		summary, remedy = "no space left for the state repository", "Free some space and hydrate again; the repository is still whole."
	default:
		return fmt.Errorf("write state repository %s: %w", d.name, err)
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: summary,
		Subject: diag.Range{File: d.name},
		Detail:  answered(err),
		Remedy:  remedy,
	})
}

// failedCache explains it of what is only a copy.
func (d disk) failedCache(err error) error {
	var summary, remedy string
	switch {
	case errors.Is(err, syscall.EROFS):
		summary, remedy = "the cache for remote state repositories is on a read-only file system", "Set XDG_CACHE_HOME to a directory that can be written."
	case errors.Is(err, fs.ErrPermission):
		summary, remedy = "no rights to write the cache for remote state repositories", "Give the user that runs Weir the right to write there, or set XDG_CACHE_HOME to another directory."
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		summary, remedy = "no space left for the cache of remote state repositories", "Free some space, or set XDG_CACHE_HOME to another directory."
	default:
		return fmt.Errorf("write the cache of %s: %w", d.name, err)
	}
	at := d.name
	if path := pathIn(err); path != "" {
		at = path
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: summary,
		Subject: diag.Range{File: at},
		Detail:  answered(err),
		Remedy:  remedy,
	})
}

// pathIn is the file that an error is about.
func pathIn(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Path
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.New
	}
	return ""
}

func (d disk) mkdir(path string) error {
	d.about("mkdir", path)
	return d.failed(os.MkdirAll(path, 0o777))
}

// write makes a file, on the disk when it returns if sync is true.
func (d disk) write(path string, data []byte, sync bool) error {
	d.about("open", path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return d.failed(err)
	}
	d.about("write", path)
	_, err = f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	return d.failed(errors.Join(err, f.Close()))
}

// fresh makes a file that nobody changes later, in the place of what a killed
// run may have left there. The caller holds a lock.
func (d disk) fresh(path string) (*os.File, error) {
	if err := d.remove(path); err != nil {
		return nil, err
	}
	d.about("create", path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	return f, d.failed(err)
}

func (d disk) rename(from, to string) error {
	d.about("rename", to)
	return d.failed(os.Rename(from, to))
}

func (d disk) remove(path string) error {
	d.about("remove", path)
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.failed(err)
}

// removeAll removes a directory of ours with all that is in it.
func (d disk) removeAll(path string) error {
	d.about("remove all", path)
	return d.failed(os.RemoveAll(path))
}

// replace makes a file appear whole, by way of another one on the same file
// system.
func (d disk) replace(path, by string, data []byte) error {
	if err := d.write(by, data, true); err != nil {
		return err
	}
	return d.rename(by, path)
}

// errLocked says that somebody else holds a lock file.
var errLocked = errors.New("locked")

// take makes a lock file as Git does, with the content of another file of ours.
// The two are one file, so a later run knows a lock that a killed one left.
func (d disk) take(lock, ours string) error {
	d.about("link", lock)
	err := os.Link(ours, lock)
	if errors.Is(err, fs.ErrExist) {
		return errLocked
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EPERM) {
		return d.failed(err)
	}
	// A file system without hard links.
	data, err := os.ReadFile(ours)
	if err != nil {
		return d.failed(err)
	}
	d.about("open", lock)
	f, err := os.OpenFile(lock, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return errLocked
	}
	if err != nil {
		return d.failed(err)
	}
	d.about("write", lock)
	_, err = f.Write(data)
	return d.failed(errors.Join(err, f.Sync(), f.Close()))
}

// isOurs tells whether a lock file was left by a killed run.
func isOurs(lock, ours string) bool {
	a, err := os.Lstat(lock)
	if err != nil {
		return false
	}
	b, err := os.Lstat(ours)
	return err == nil && os.SameFile(a, b)
}

// giveBack removes a lock of ours if it is there.
func (d disk) giveBack(lock, ours string) error {
	if !isOurs(lock, ours) {
		return nil
	}
	return d.remove(lock)
}

// removeEmpty removes the directory and those above it that are empty, below
// root.
func (d disk) removeEmpty(root, dir string) {
	for dir != root && len(dir) > len(root) {
		d.about("remove", dir)
		if os.Remove(dir) != nil {
			return
		}
		dir = filepath.Dir(dir)
	}
}

// removeDirs removes a directory with nothing but directories in it.
func (d disk) removeDirs(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		return d.failed(err)
	}
	for _, dir := range slices.Backward(dirs) { // what is inside of a directory comes after it
		d.about("remove", dir)
		if err := os.Remove(dir); err != nil {
			return d.failed(err)
		}
	}
	return nil
}
