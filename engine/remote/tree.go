package remote

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// TreeFS is the files of a commit, read from Git's objects without a checkout.
// It is an fs.ReadDirFS, fs.ReadFileFS, fs.StatFS and fs.ReadLinkFS, safe for
// concurrent use where the store is used by nobody else. Every object is checked
// against its id. Symbolic links are followed inside of the tree only, submodules
// whose commits are not in the store are empty directories, and all times are the
// commit's.
func TreeFS(store storer.EncodedObjectStorer, commit plumbing.Hash) (fs.FS, error) {
	t := &treeFS{store: store, trees: map[plumbing.Hash][]entry{}}
	c, err := t.commit(commit)
	if err != nil {
		return nil, err
	}
	t.time = c.Committer.When.UTC()
	t.root = entry{name: ".", mode: filemode.Dir, id: c.TreeHash}
	if _, err := t.list(t.root); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *treeFS) commit(id plumbing.Hash) (*object.Commit, error) {
	data, err := t.object(plumbing.CommitObject, id)
	if err != nil {
		return nil, err
	}
	memory := &plumbing.MemoryObject{}
	memory.SetType(plumbing.CommitObject)
	memory.Write(data) // cannot fail
	var c object.Commit
	if err := c.Decode(memory); err != nil {
		return nil, fmt.Errorf("read commit %s: %w", id, err)
	}
	return &c, nil
}

type treeFS struct {
	root entry
	time time.Time

	mu    sync.Mutex // go-git's stores are not safe for concurrent use
	store storer.EncodedObjectStorer
	trees map[plumbing.Hash][]entry
}

// entry is what a tree says of one name.
type entry struct {
	name string
	mode filemode.FileMode
	id   plumbing.Hash
}

func (e entry) isDir() bool { return e.mode == filemode.Dir || e.mode == filemode.Submodule }

// fileMode is the mode of a checkout with an ordinary umask.
func (e entry) fileMode() fs.FileMode {
	switch e.mode {
	case filemode.Dir, filemode.Submodule:
		return fs.ModeDir | 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Executable:
		return 0o755
	}
	return 0o644
}

var (
	errLeaves    = errors.New("a symbolic link leads out of the repository")
	errManyLinks = errors.New("too many symbolic links lead to each other")
	errNoDir     = errors.New("not a directory")
	errNoFile    = errors.New("is a directory")
	errPointer   = errors.New("it is a pointer of Git LFS, whose content is not in the repository")
)

// maxLinks is how many symbolic links a name may lead over, as in Linux.
const maxLinks = 40

func (t *treeFS) Open(name string) (fs.File, error) {
	e, err := t.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if e.isDir() {
		return &openDir{tree: t, name: name, entry: e}, nil
	}
	data, err := t.content(e)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{Reader: bytes.NewReader(data), info: t.infoOf(e, int64(len(data)))}, nil
}

func (t *treeFS) ReadFile(name string) ([]byte, error) {
	e, err := t.find("read", name, true)
	if err == nil && e.isDir() {
		err = &fs.PathError{Op: "read", Path: name, Err: errNoFile}
	}
	if err != nil {
		return nil, err
	}
	data, err := t.content(e)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// lfsPointer is how the files begin that Git LFS leaves in the place of others.
const lfsPointer = "version https://git-lfs.github.com/spec/"

// content is what is in a file. A pointer of Git LFS is an error: whoever took it
// for the file would go wrong in silence.
func (t *treeFS) content(e entry) ([]byte, error) {
	data, err := t.object(plumbing.BlobObject, e.id)
	if err == nil && len(data) < 1024 && bytes.HasPrefix(data, []byte(lfsPointer)) {
		return nil, errPointer
	}
	return data, err
}

func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := t.find("readdir", name, true)
	if err == nil && !e.isDir() {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errNoDir}
	}
	if err != nil {
		return nil, err
	}
	entries, err := t.list(e)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	listed := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		listed[i] = dirEntry{t, e}
	}
	return listed, nil
}

func (t *treeFS) Stat(name string) (fs.FileInfo, error) { return t.stat("stat", name, true) }

func (t *treeFS) Lstat(name string) (fs.FileInfo, error) { return t.stat("lstat", name, false) }

func (t *treeFS) stat(op, name string, follow bool) (fs.FileInfo, error) {
	e, err := t.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	info, err := t.info(e)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return info, nil
}

func (t *treeFS) ReadLink(name string) (string, error) {
	e, err := t.find("readlink", name, false)
	if err == nil && e.mode != filemode.Symlink {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	target, err := t.object(plumbing.BlobObject, e.id)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return string(target), nil
}

// find walks a name down from the root, over symbolic links; over one at the
// end only if it is to be followed.
func (t *treeFS) find(op, name string, follow bool) (entry, error) {
	fail := func(err error) (entry, error) { return entry{}, &fs.PathError{Op: op, Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	var way []entry // from below the root to where the walk is
	at := func() entry {
		if len(way) == 0 {
			return t.root
		}
		return way[len(way)-1]
	}
	left, links := strings.Split(name, "/"), 0
	for len(left) > 0 {
		part := left[0]
		left = left[1:]
		switch part {
		case "", ".":
			continue
		case "..": // of a link's target
			if len(way) == 0 {
				return fail(errLeaves)
			}
			way = way[:len(way)-1]
			continue
		}
		if !at().isDir() {
			return fail(fs.ErrNotExist)
		}
		entries, err := t.list(at())
		if err != nil {
			return fail(err)
		}
		i, ok := slices.BinarySearchFunc(entries, part, func(e entry, name string) int { return cmp.Compare(e.name, name) })
		if !ok {
			return fail(fs.ErrNotExist)
		}
		found := entries[i]
		if found.mode == filemode.Symlink && (follow || len(left) > 0) {
			if links++; links > maxLinks {
				return fail(errManyLinks)
			}
			target, err := t.object(plumbing.BlobObject, found.id)
			if err != nil {
				return fail(err)
			}
			if path.IsAbs(string(target)) {
				return fail(errLeaves)
			}
			left = append(strings.Split(string(target), "/"), left...)
			continue
		}
		way = append(way, found)
	}
	found := at()
	found.name = path.Base(name) // as os.Stat has it: the name that was asked for
	return found, nil
}

// list is the content of a directory by name. Git's own order differs: to it a
// directory's name ends in a slash.
func (t *treeFS) list(dir entry) ([]entry, error) {
	if dir.mode == filemode.Submodule {
		return t.submodule(dir.id)
	}
	t.mu.Lock()
	entries, ok := t.trees[dir.id]
	t.mu.Unlock()
	if ok {
		return entries, nil
	}
	data, err := t.object(plumbing.TreeObject, dir.id)
	if err != nil {
		return nil, err
	}
	if entries, err = parseTree(data); err != nil {
		return nil, fmt.Errorf("read tree %s: %w", dir.id, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trees[dir.id] = entries
	return entries, nil
}

// submodule is the content of another repository's commit; nothing where the store
// does not have it.
func (t *treeFS) submodule(id plumbing.Hash) ([]entry, error) {
	t.mu.Lock()
	err := t.store.HasEncodedObject(id)
	t.mu.Unlock()
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for commit %s of a submodule: %w", id, err)
	}
	c, err := t.commit(id)
	if err != nil {
		return nil, err
	}
	return t.list(entry{mode: filemode.Dir, id: c.TreeHash})
}

func parseTree(data []byte) ([]entry, error) {
	var entries []entry
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		mode, name, spaced := strings.Cut(string(head), " ")
		bits, err := strconv.ParseUint(mode, 8, 32)
		if !ok || !spaced || err != nil || len(rest) < len(plumbing.ZeroHash) {
			return nil, errors.New("it is malformed")
		}
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, fmt.Errorf("it has an entry of the name %q", name)
		}
		e := entry{name: name, mode: kindOf(uint32(bits))}
		data = rest[copy(e.id[:], rest):]
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, fmt.Errorf("it has two entries of the name %q", entries[i].name)
		}
	}
	return entries, nil
}

// kindOf reads a mode as Git does: old trees have other rights in them.
func kindOf(bits uint32) filemode.FileMode {
	switch bits & 0o170000 {
	case 0o040000:
		return filemode.Dir
	case 0o120000:
		return filemode.Symlink
	case 0o160000:
		return filemode.Submodule
	}
	if bits&0o100 != 0 {
		return filemode.Executable
	}
	return filemode.Regular
}

// object is the content of an object, if it has the id that it should have.
func (t *treeFS) object(kind plumbing.ObjectType, id plumbing.Hash) (data []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read %s %s: %w", kind, id, err)
		}
	}()
	if data, err = t.read(kind, id); err != nil {
		return nil, err
	}
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	if plumbing.Hash(h.Sum(nil)) != id {
		return nil, errors.New("its content does not have the id it is stored under")
	}
	return data, nil
}

func (t *treeFS) read(kind plumbing.ObjectType, id plumbing.Hash) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.store.EncodedObject(kind, id)
	if err != nil {
		return nil, err
	}
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func (t *treeFS) info(e entry) (fs.FileInfo, error) {
	if e.isDir() {
		return t.infoOf(e, 0), nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	size, err := t.store.EncodedObjectSize(e.id)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", e.id, err)
	}
	return t.infoOf(e, size), nil
}

func (t *treeFS) infoOf(e entry, size int64) info { return info{e, size, t.time} }

type info struct {
	entry
	size int64
	time time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.fileMode() }
func (i info) ModTime() time.Time { return i.time }
func (i info) IsDir() bool        { return i.isDir() }
func (i info) Sys() any           { return nil }

type dirEntry struct {
	tree *treeFS
	entry
}

func (d dirEntry) Name() string               { return d.name }
func (d dirEntry) IsDir() bool                { return d.isDir() }
func (d dirEntry) Type() fs.FileMode          { return d.fileMode().Type() }
func (d dirEntry) Info() (fs.FileInfo, error) { return d.tree.info(d.entry) }
func (d dirEntry) String() string             { return fs.FormatDirEntry(d) }

// openFile is a file with all of its content; *bytes.Reader seeks and reads at.
type openFile struct {
	*bytes.Reader
	info info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Size() int64                { return f.info.size }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	tree  *treeFS
	name  string
	entry entry
	left  []fs.DirEntry // of ReadDir, which has begun
	begun bool
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.tree.info(d.entry) }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errNoFile}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.begun {
		all, err := d.tree.ReadDir(d.name)
		if err != nil {
			return nil, err
		}
		d.left, d.begun = all, true
	}
	if n <= 0 {
		n = len(d.left)
	} else if len(d.left) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.left))
	next := d.left[:n:n]
	d.left = d.left[n:]
	return next, nil
}
