package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// mirror is what this machine keeps of a remote repository, so that a run
// transfers only what changed: a bare repository without work tree, remotes or
// anything secret. Processes and branches share it under a lock. It is a cache:
// whatever is wrong with it is a reason to drop it and to fetch again, never an
// answer for a person.
type mirror struct {
	dir  string
	disk disk
}

// mirrorsDir is where they are in a cache directory.
const mirrorsDir = "git"

// mirrorFiles are what a mirror has before anything is fetched. They never
// change, so a mirror that has others was made by somebody else.
var mirrorFiles = []struct{ path, content string }{
	{"objects/pack", ""}, // directories
	{"objects/info", ""},
	{"refs/heads", ""},
	{"refs/tags", ""},
	{"config", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"},
	{"HEAD", "ref: refs/heads/main\n"}, // of a form that Git accepts; nothing reads it
}

// fileLimits are the numbers of files above which a mirror is fetched anew: two
// for each pack, and one directory in 256 of the objects that are files of their
// own, as `git gc --auto` counts them.
var fileLimits = []struct {
	dir   string
	files int
}{
	{"pack", 100},
	{"17", 27},
}

// damage is what is wrong with a mirror.
type damage struct{ cause error }

func (d *damage) Error() string { return d.cause.Error() }
func (d *damage) Unwrap() error { return d.cause }

func damaged(err error) error {
	if err == nil {
		return nil
	}
	return &damage{err}
}

// lock keeps other processes out until it is released or this process ends. It
// is no part of the mirror, which comes and goes.
func (m mirror) lock(ctx context.Context) (unlock func(), err error) {
	if err := m.disk.mkdir(filepath.Dir(m.dir)); err != nil {
		return nil, err
	}
	return m.disk.lock(ctx, m.dir+".lock")
}

// check tells what is wrong with the mirror, as far as it shows without reading
// an object.
func (m mirror) check() error {
	info, err := os.Lstat(m.dir)
	if err != nil {
		return damaged(err)
	}
	if !info.IsDir() {
		return damaged(errors.New("no directory"))
	}
	for _, f := range mirrorFiles {
		path := filepath.Join(m.dir, filepath.FromSlash(f.path))
		if f.content == "" {
			if info, err := os.Lstat(path); err != nil || !info.IsDir() {
				return damaged(fmt.Errorf("%s is no directory", f.path))
			}
		} else if data, err := os.ReadFile(path); err != nil || string(data) != f.content {
			return damaged(fmt.Errorf("%s is not ours", f.path))
		}
	}
	if _, err := m.shallow(); err != nil {
		return err
	}
	for _, l := range fileLimits {
		files, err := os.ReadDir(filepath.Join(m.dir, "objects", l.dir))
		if err == nil && len(files) > l.files {
			err = errors.New("too many files")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return damaged(err)
		}
	}
	return nil
}

// shallow is the set of commits whose parents are not there.
func (m mirror) shallow() (map[plumbing.Hash]bool, error) {
	data, err := os.ReadFile(filepath.Join(m.dir, "shallow"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	commits := map[plumbing.Hash]bool{}
	for line := range strings.Lines(string(data)) {
		id := strings.TrimSuffix(line, "\n")
		if !isObjectID(id) {
			return nil, damaged(errors.New("shallow holds no commits"))
		}
		commits[plumbing.NewHash(id)] = true
	}
	return commits, damaged(err)
}

// create makes an empty mirror. One that a killed run began fails the check.
func (m mirror) create() error {
	m.disk.about("mkdir", m.dir)
	if err := os.MkdirAll(m.dir, 0o700); err != nil { // what a forge shows to few is in it
		return m.disk.failed(err)
	}
	for _, f := range mirrorFiles {
		path := filepath.Join(m.dir, filepath.FromSlash(f.path))
		if f.content == "" {
			if err := m.disk.mkdir(path); err != nil {
				return err
			}
		} else if err := m.disk.write(path, []byte(f.content), false); err != nil {
			return err
		}
	}
	return nil
}

// drop takes the mirror away. Who has it open may go on reading what is open,
// and finds the new one for the rest.
func (m mirror) drop() error {
	away := m.dir + ".dropped" // one is enough: the lock is held
	m.disk.about("remove", away)
	if err := os.RemoveAll(away); err != nil {
		return m.disk.failed(err)
	}
	if _, err := os.Lstat(m.dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := m.disk.rename(m.dir, away); err != nil {
		return err
	}
	m.disk.about("remove", away)
	_ = os.RemoveAll(away) // or by the next one
	return nil
}

// renew replaces the mirror by an empty one.
func (m mirror) renew() error {
	if err := m.drop(); err != nil {
		return err
	}
	return m.create()
}

// refFile is where the last known commit of a branch is. A branch that was once
// "a" may be "a/b" now, so that there is no directory of that name.
func (m mirror) refFile(branch string) string {
	return filepath.Join(m.dir, "refs", "heads", strings.ReplaceAll(branch, "/", "%"))
}

// tip is the last known commit of a branch; zero where none is known.
func (m mirror) tip(branch string) (plumbing.Hash, error) {
	data, err := os.ReadFile(m.refFile(branch))
	if errors.Is(err, fs.ErrNotExist) {
		return plumbing.ZeroHash, nil
	}
	id, ok := strings.CutSuffix(string(data), "\n")
	if err == nil && (!ok || !isObjectID(id)) {
		err = fmt.Errorf("branch %s holds no commit", branch)
	}
	return plumbing.NewHash(id), damaged(err)
}

func (m mirror) setTip(branch string, commit plumbing.Hash) error {
	return m.disk.replace(m.refFile(branch), filepath.Join(m.dir, "ref.new"), []byte(commit.String()+"\n"))
}

// sound reads everything in a commit. That is worth it where an error may come
// from the mirror: what arrives builds upon it.
func (m mirror) sound(s *store, id plumbing.Hash) error {
	if id.IsZero() {
		return nil
	}
	tree, err := treeOf(s, id)
	if err != nil {
		return damaged(err)
	}
	return damaged(newIn(s, plumbing.ZeroHash, tree, func(e entry) error {
		if e.isDir() || e.mode == filemode.Submodule {
			return nil // read on the way
		}
		_, err := s.read(plumbing.BlobObject, e.id)
		return err
	}))
}

// commit checks that a commit and its uppermost tree can be read.
func (m mirror) commit(s *store, id plumbing.Hash) error {
	tree, err := treeOf(s, id)
	if err == nil {
		_, err = readTree(s, tree)
	}
	return damaged(err)
}

// whole checks that a commit can be read, that all its trees and files are
// there which another commit does not have at the same place, and its parents,
// but where history is known to end.
func (m mirror) whole(s *store, have, id plumbing.Hash) error {
	c, err := readCommit(s, id)
	if err != nil {
		return damaged(err)
	}
	ends, err := m.shallow()
	if err != nil {
		return err
	}
	missing := func(id plumbing.Hash) error {
		if s.holds(id) {
			return nil
		}
		return damaged(fmt.Errorf("%s is missing", id))
	}
	for _, parent := range c.parents {
		if ends[id] {
			break
		}
		if err := missing(parent); err != nil {
			return err
		}
	}
	var old plumbing.Hash
	if !have.IsZero() {
		if old, err = treeOf(s, have); err != nil {
			return damaged(err)
		}
	}
	return damaged(newIn(s, old, c.tree, func(e entry) error {
		if e.mode == filemode.Submodule {
			return nil
		}
		return missing(e.id)
	}))
}
