package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/weir-dev/weir/schema/diag"
)

// checkoutPlan is what has to happen to the work tree and the index, checked
// against what a person did there.
type checkoutPlan struct {
	edits []edit
	seen  []seen // of edits
	index *index
}

// seen is what the work tree has at the path of an edit.
type seen struct {
	what string      // a person did; empty for nothing
	done bool        // it is at the new side already
	info fs.FileInfo // nil where there is nothing
}

// still tells whether nobody changed a file since it was looked at.
func (s seen) still(now fs.FileInfo) bool {
	if s.info == nil || now == nil {
		return s.info == nil && now == nil
	}
	return os.SameFile(s.info, now) && s.info.ModTime().Equal(now.ModTime()) && s.info.Size() == now.Size() && s.info.Mode() == now.Mode()
}

// prepare looks at every path that is about to change and at no other. A path
// whose file is neither the old nor the new one is a person's edit, and all of
// them are refused together.
func (r *local) prepare(edits []edit) (checkoutPlan, error) {
	if len(edits) == 0 {
		return checkoutPlan{}, nil
	}
	var problems []problem
	ix, err := r.readIndex()
	if err != nil {
		return checkoutPlan{}, err
	}
	out := checkoutPlan{edits: edits, seen: make([]seen, len(edits)), index: ix}
	look := r.looker(edits)
	for i, e := range edits {
		seen, err := look.at(e)
		if err != nil {
			return checkoutPlan{}, r.disk.failed(err)
		}
		why := seen.what
		if why == "" {
			why = ix.look(e)
		}
		if why != "" {
			problems = append(problems, problem{e.path, why})
		}
		out.seen[i] = seen
	}
	if problems != nil {
		return checkoutPlan{}, r.edited(problems)
	}
	return out, nil
}

// problem is a path with what a person did to it.
type problem struct{ path, what string }

// edited refuses to overwrite what a person did.
func (r *local) edited(problems []problem) error {
	const most = 20
	var detail strings.Builder
	fmt.Fprintf(&detail, "This run would overwrite:")
	for _, p := range problems[:min(most, len(problems))] {
		fmt.Fprintf(&detail, "\n  %s: %s", p.path, p.what)
	}
	if more := len(problems) - most; more > 0 {
		fmt.Fprintf(&detail, "\n  and %d more", more)
	}
	aside := fmt.Sprintf("put these edits aside with `git -C %s stash --include-untracked`", r.at.Name)
	if tip, err := r.tip(); err == nil && tip.IsZero() {
		aside = "move these files away" // Git cannot stash without a commit
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: "the work tree of the state repository was edited by hand",
		Subject: diag.Range{File: r.at.Name + "/" + problems[0].path},
		Detail:  detail.String(),
		Remedy:  fmt.Sprintf("What is meant for the cluster belongs in the project: make the change there. Then %s and hydrate again.", aside),
	})
}

// looker compares files of a work tree with what they should be.
type looker struct {
	dir     string
	modes   bool              // the file system keeps modes, and Git looks at them
	parents map[string]string // directory: what is wrong with it
	removed map[string]bool   // the paths that this checkout removes
}

func (r *local) looker(edits []edit) *looker {
	l := &looker{dir: r.at.Dir, modes: r.keepsModes(), parents: map[string]string{}, removed: map[string]bool{}}
	for _, e := range edits {
		if e.removes() {
			l.removed[e.path] = true
		}
	}
	return l
}

// at tells what a person did to the path of an edit, or whether the work tree
// is at the new side of it already.
func (l *looker) at(e edit) (seen, error) {
	if what := l.parent(e.path); what != "" {
		return seen{what: what}, nil
	}
	full := filepath.Join(l.dir, filepath.FromSlash(e.path))
	info, err := os.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if e.creates() || e.removes() {
			return seen{done: e.removes()}, nil
		}
		return seen{what: "deleted"}, nil
	}
	if err != nil {
		return seen{}, err
	}
	what, done, err := l.compare(e, full, info)
	return seen{what, done, info}, err
}

// compare looks into what is there.
func (l *looker) compare(e edit, full string, info fs.FileInfo) (what string, done bool, err error) {
	var id plumbing.Hash
	switch {
	case info.Mode().IsRegular():
		data, err := os.ReadFile(full)
		if err != nil {
			return "", false, err
		}
		id = hashObject(plumbing.BlobObject, data)
		if id != e.old.id && id != e.new.id && bytes.Contains(data, []byte("\r\n")) {
			// Git wrote it where core.autocrlf is on.
			id = hashObject(plumbing.BlobObject, bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
			return l.judge(e, id, false)
		}
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(full)
		if err != nil {
			return "", false, err
		}
		if e.old.mode == filemode.Symlink {
			return l.judge(e, hashObject(plumbing.BlobObject, []byte(target)), false)
		}
		return "a symbolic link in its place", false, nil
	case info.IsDir():
		if what, err := l.inside(e.path); err != nil || what != "" {
			return what, false, err
		}
		return "", e.removes(), nil
	default:
		return "no regular file", false, nil
	}
	executable := l.modes && info.Mode()&0o100 != 0
	what, done, err = l.judge(e, id, executable == (e.new.mode == filemode.Executable))
	if what == "" && !done && !e.creates() && l.modes && executable != (e.old.mode == filemode.Executable) {
		what = "its mode was changed"
	}
	return what, done, err
}

// judge compares what is there with both sides of an edit. Only a regular file
// with the very bytes can be done.
func (l *looker) judge(e edit, id plumbing.Hash, exact bool) (what string, done bool, err error) {
	switch {
	case !e.removes() && id == e.new.id:
		return "", exact, nil
	case !e.creates() && id == e.old.id:
		return "", false, nil
	case e.creates():
		return "an untracked file in its place", false, nil
	}
	return "edited", false, nil
}

// parent tells what stands in the place of a directory above a path.
func (l *looker) parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	dir := path[:i]
	if what, ok := l.parents[dir]; ok {
		return what
	}
	what := l.parent(dir)
	if what == "" {
		info, err := os.Lstat(filepath.Join(l.dir, filepath.FromSlash(dir)))
		switch {
		case err != nil || info.IsDir() || l.removed[dir]:
		case info.Mode()&fs.ModeSymlink != 0:
			what = fmt.Sprintf("%s is a symbolic link", dir)
		default:
			what = fmt.Sprintf("%s is a file", dir)
		}
	}
	l.parents[dir] = what
	return what
}

// inside tells whether a directory that stands in the place of a file holds
// anything that this checkout does not remove anyway.
func (l *looker) inside(path string) (what string, err error) {
	err = filepath.WalkDir(filepath.Join(l.dir, filepath.FromSlash(path)), func(full string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !l.removed[relative(l.dir, full)] {
			what = "a directory with files in its place"
			return fs.SkipAll
		}
		return nil
	})
	return what, err
}

// again looks once more at a file that is about to be replaced or removed: a
// person may have saved it while the commit was made.
func (r *local) again(out checkoutPlan, i int, now fs.FileInfo) error {
	if out.seen[i].still(now) {
		return nil
	}
	seen, err := r.looker(out.edits).at(out.edits[i])
	if err != nil {
		return r.disk.failed(err)
	}
	if seen.what != "" {
		return r.edited([]problem{{out.edits[i].path, seen.what}})
	}
	return nil
}

// checkout takes the work tree and the index to the new side of every edit. It
// can be stopped anywhere and done again: each file is the old or the new one,
// whole.
func (r *local) checkout(from reader, out checkoutPlan) error {
	if len(out.edits) == 0 {
		return nil
	}
	lock := filepath.Join(r.gitDir, "index.lock")
	if err := r.disk.write(r.ownIndex(), nil, false); err != nil {
		return err
	}
	if err := r.disk.take(lock, r.ownIndex()); errors.Is(err, errLocked) {
		return r.lockedBy(lock)
	} else if err != nil {
		return err
	}
	err := r.updateFiles(from, out)
	if err == nil {
		err = r.writeIndex(out.index)
	}
	return errors.Join(err, r.disk.remove(lock), r.disk.remove(r.ownIndex()))
}

func (r *local) updateFiles(from reader, out checkoutPlan) error {
	// Removals first, deepest first: a directory may have to make room for a
	// file, and a file for a directory.
	for i, e := range slices.Backward(out.edits) {
		if !e.removes() {
			continue
		}
		full := filepath.Join(r.at.Dir, filepath.FromSlash(e.path))
		info, err := os.Lstat(full)
		if err == nil && !info.IsDir() {
			if err := r.again(out, i, info); err != nil {
				return err
			}
			if err := r.disk.remove(full); err != nil {
				return err
			}
		}
		r.disk.removeEmpty(r.at.Dir, filepath.Dir(full))
		out.index.remove(e.path)
	}
	next := filepath.Join(r.gitDir, "weir", "file")
	made := ""
	for i, e := range out.edits {
		if e.removes() {
			continue
		}
		full := filepath.Join(r.at.Dir, filepath.FromSlash(e.path))
		if !out.seen[i].done {
			data, err := from.read(plumbing.BlobObject, e.new.id)
			if err != nil {
				return err
			}
			if dir := filepath.Dir(full); dir != made {
				if err := r.disk.mkdir(dir); err != nil {
					return err
				}
				made = dir
			}
			if err := r.disk.write(next, data, false); err != nil {
				return err
			}
			switch info, err := os.Lstat(full); {
			case err == nil && info.IsDir():
				if err := r.disk.removeDirs(full); err != nil {
					return err
				}
			case err == nil:
				if err := r.again(out, i, info); err != nil {
					return err
				}
			}
			if err := r.disk.rename(next, full); err != nil {
				return err
			}
		}
		info, err := os.Lstat(full)
		if err != nil {
			return r.disk.failed(err)
		}
		out.index.set(e, info)
	}
	return nil
}
