package checkout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Changed lists what of a project is not as a commit has it: of the files that
// are named, those with other bytes and those that only one of both has, and of
// the directories those entries that are gone. It looks at nothing else of the
// work tree, so it costs what was read and not what is there. Names are relative
// to the project; the answer is sorted. What a commit's objects do not tell, as
// in a clone without trees or in a submodule, is not listed.
func (c Checkout) Changed(project, commit string, files, dirs []string) ([]string, error) {
	if c.git == nil {
		return nil, nil
	}
	w, err := c.comparison(project, commit)
	if w == nil || err != nil {
		return nil, err
	}
	var changed []string
	for _, name := range files {
		differs, err := w.file(name)
		if err != nil {
			return nil, err
		}
		if differs {
			changed = append(changed, name)
		}
	}
	for _, name := range dirs {
		gone, err := w.gone(name)
		if err != nil {
			return nil, err
		}
		changed = append(changed, gone...)
	}
	slices.Sort(changed)
	return slices.Compact(changed), nil
}

// comparison is a work tree beside the tree of a commit.
type comparison struct {
	git     Checkout
	root    string // of the work tree
	project string // where the project really is
	tree    *object.Tree
	trees   map[string]*object.Tree // by directory; nil: there is none
	index   map[string]*index.Entry // nil: not read yet
	written int64                   // when the index was, in nanoseconds
}

func (c Checkout) comparison(project, commit string) (*comparison, error) {
	work, err := c.git.Worktree()
	if err != nil {
		return nil, nil //nolint:nilerr // a bare repository: nobody edits its files
	}
	w := &comparison{git: c, trees: map[string]*object.Tree{}}
	if w.root, err = filepath.EvalSymlinks(work.Filesystem.Root()); err != nil {
		return nil, fmt.Errorf("find the project's work tree: %w", err)
	}
	if w.project, err = filepath.Abs(project); err == nil {
		w.project, err = filepath.EvalSymlinks(w.project)
	}
	if err != nil {
		return nil, fmt.Errorf("find the project's directory: %w", err)
	}
	found, err := object.GetCommit(c.git.Storer, plumbing.NewHash(commit))
	if err == nil {
		w.tree, err = found.Tree()
	}
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read commit %s of the project's repository: %w", commit, err)
	}
	return w, nil
}

// place is where a file of the project is in the repository, links to directories
// followed; false where it is outside.
func (w *comparison) place(name string) (string, bool) {
	dir, err := filepath.EvalSymlinks(filepath.Join(w.project, filepath.FromSlash(path.Dir(name))))
	if err != nil { // the directory is gone
		dir = filepath.Join(w.project, filepath.FromSlash(path.Dir(name)))
	}
	at, err := filepath.Rel(w.root, filepath.Join(dir, path.Base(name)))
	at = filepath.ToSlash(at)
	return at, err == nil && at != ".." && !strings.HasPrefix(at, "../")
}

// directory is a tree of the commit; nil where it has none there. It is false
// where nobody can tell.
func (w *comparison) directory(name string) (*object.Tree, bool, error) {
	if name == "." {
		return w.tree, true, nil
	}
	if tree, ok := w.trees[name]; ok {
		return tree, true, nil
	}
	parent, known, err := w.directory(path.Dir(name))
	if err != nil || !known || parent == nil {
		return nil, known, err
	}
	var tree *object.Tree
	if e, err := parent.FindEntry(path.Base(name)); err == nil {
		switch e.Mode {
		case filemode.Submodule:
			return nil, false, nil
		case filemode.Dir:
			tree, err = object.GetTree(w.git.git.Storer, e.Hash)
			if errors.Is(err, plumbing.ErrObjectNotFound) {
				return nil, false, nil
			}
			if err != nil {
				return nil, false, fmt.Errorf("read the project's repository: %w", err)
			}
		}
	}
	w.trees[name] = tree
	return tree, true, nil
}

// file tells whether a file is not as the commit has it.
func (w *comparison) file(name string) (bool, error) {
	at, inside := w.place(name)
	if !inside {
		return false, nil
	}
	tree, known, err := w.directory(path.Dir(at))
	if err != nil || !known {
		return false, err
	}
	var committed *object.TreeEntry
	if tree != nil {
		committed, _ = tree.FindEntry(path.Base(at)) // nil where there is none
	}
	full := filepath.Join(w.root, filepath.FromSlash(at))
	info, err := os.Lstat(full)
	switch {
	case err != nil && committed == nil, err == nil && info.IsDir():
		return false, nil
	case err != nil:
		return !w.left(at), nil
	case committed == nil:
		return true, nil
	case committed.Mode == filemode.Submodule:
		return false, nil
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(full)
		if err != nil || committed.Mode != filemode.Symlink || committed.Hash != plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) {
			return true, nil
		}
		return w.target(full)
	}
	data, err := os.ReadFile(full)
	if err != nil {
		return false, fmt.Errorf("look for uncommitted changes: %w", err)
	}
	if committed.Hash == plumbing.ComputeHash(plumbing.BlobObject, data) {
		return false, nil
	}
	return !w.filtered(at, info, committed.Hash), nil
}

// target compares what a link leads to, if that is a file of the repository.
func (w *comparison) target(link string) (bool, error) {
	real, err := filepath.EvalSymlinks(link)
	if err != nil {
		return false, nil //nolint:nilerr // whoever needs it has said so
	}
	name, err := filepath.Rel(w.project, real)
	if err != nil {
		return false, nil //nolint:nilerr // it is elsewhere
	}
	return w.file(filepath.ToSlash(name))
}

// gone are the entries of a directory that the commit has and the disk has not.
func (w *comparison) gone(name string) ([]string, error) {
	at, inside := w.place(path.Join(name, "x"))
	if !inside {
		return nil, nil
	}
	at = path.Dir(at)
	tree, known, err := w.directory(at)
	if err != nil || !known || tree == nil {
		return nil, err
	}
	var gone []string
	for _, e := range tree.Entries {
		_, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(at), e.Name))
		if errors.Is(err, fs.ErrNotExist) && e.Mode != filemode.Submodule && !w.left(path.Join(at, e.Name)) {
			gone = append(gone, path.Join(name, e.Name))
		}
	}
	return gone, nil
}

// filtered tells whether Git itself wrote a file that is not what its blob is:
// with other ends of lines, or through a filter. Git remembers size and time of
// what it wrote.
func (w *comparison) filtered(at string, info fs.FileInfo, committed plumbing.Hash) bool {
	e := w.entry(at)
	modified := info.ModTime().UnixNano()
	return e != nil && e.Hash == committed && e.Size == uint32(info.Size()) && e.ModifiedAt.UnixNano() == modified && modified < w.written
}

// left tells whether a sparse checkout leaves a file, or all of a directory, out.
func (w *comparison) left(at string) bool {
	if e := w.entry(at); e != nil {
		return e.SkipWorktree
	}
	any := false
	for name, e := range w.index {
		if strings.HasPrefix(name, at+"/") {
			if any = true; !e.SkipWorktree {
				return false
			}
		}
	}
	return any
}

// entry is what the index has of a path. It is read only if something differs; in
// a form that cannot be read, it has nothing.
func (w *comparison) entry(at string) *index.Entry {
	if w.index == nil {
		w.index = map[string]*index.Entry{}
		work, err := w.git.git.Storer.Index()
		if err != nil {
			return nil
		}
		w.written = work.ModTime.UnixNano()
		for _, e := range work.Entries {
			w.index[e.Name] = e
		}
	}
	return w.index[at]
}
