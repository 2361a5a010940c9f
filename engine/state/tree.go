package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// entry is one line of a Git tree.
type entry struct {
	name string
	mode filemode.FileMode
	id   plumbing.Hash
}

func (e entry) isDir() bool { return e.mode == filemode.Dir }

// isFile is false for directories, links and submodules.
func (e entry) isFile() bool { return e.mode.IsRegular() || e.mode == filemode.Executable }

func blobEntry(name string, id plumbing.Hash) entry {
	return entry{name: name, mode: filemode.Regular, id: id}
}

// tree is the content of a Git tree in Git's order, which compares a directory
// as if its name ended in a slash.
type tree []entry

func (t tree) sort() {
	key := func(e entry) string {
		if e.isDir() {
			return e.name + "/"
		}
		return e.name
	}
	slices.SortFunc(t, func(a, b entry) int { return strings.Compare(key(a), key(b)) })
}

// encode is the canonical content of a sorted tree.
func (t tree) encode() []byte {
	size := 0
	for _, e := range t {
		size += len(e.name) + 28
	}
	data := make([]byte, 0, size)
	for _, e := range t {
		data = strconv.AppendUint(data, uint64(e.mode), 8)
		data = append(data, ' ')
		data = append(data, e.name...)
		data = append(data, 0)
		data = append(data, e.id[:]...)
	}
	return data
}

func parseTree(data []byte) (tree, error) {
	t := make(tree, 0, len(data)/48+1)
	for len(data) > 0 {
		space := bytes.IndexByte(data, ' ')
		null := bytes.IndexByte(data, 0)
		if space < 0 || null < space || len(data) < null+1+len(plumbing.Hash{}) {
			return nil, errors.New("malformed tree")
		}
		mode, err := strconv.ParseUint(string(data[:space]), 8, 32)
		if err != nil {
			return nil, fmt.Errorf("malformed tree: %w", err)
		}
		e := entry{name: string(data[space+1 : null]), mode: filemode.FileMode(mode)}
		data = data[null+1:]
		copy(e.id[:], data)
		data = data[len(e.id):]
		t = append(t, e)
	}
	return t, nil
}

// readTree reads a tree; the zero id is an empty one.
func readTree(r reader, id plumbing.Hash) (tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	data, err := r.read(plumbing.TreeObject, id)
	if err != nil {
		return nil, err
	}
	t, err := parseTree(data)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	return t, nil
}

// walk calls do for everything below a tree that is no directory, with its
// path.
func walk(r reader, id plumbing.Hash, prefix string, do func(path string, e entry)) error {
	t, err := readTree(r, id)
	if err != nil {
		return err
	}
	for _, e := range t {
		path := prefix + e.name
		if !e.isDir() {
			do(path, e)
		} else if err := walk(r, e.id, path+"/", do); err != nil {
			return err
		}
	}
	return nil
}

// edit is the difference of two trees at one path. The zero entry means that
// there is nothing.
type edit struct {
	path     string
	old, new entry
}

func (e edit) creates() bool { return e.old.id.IsZero() }
func (e edit) removes() bool { return e.new.id.IsZero() }

// readTwo reads two trees; was has the entries of the old one by name.
func readTwo(r reader, old, new plumbing.Hash) (olds, news []entry, was map[string]entry, err error) {
	if olds, err = readTree(r, old); err != nil {
		return nil, nil, nil, err
	}
	if news, err = readTree(r, new); err != nil {
		return nil, nil, nil, err
	}
	was = make(map[string]entry, len(olds))
	for _, e := range olds {
		was[e.name] = e
	}
	return olds, news, was, nil
}

// compareTrees lists the paths at which two trees differ, by path. It reads
// only the directories that differ.
func compareTrees(r reader, old, new plumbing.Hash) ([]edit, error) {
	var edits []edit
	var compare func(prefix string, old, new plumbing.Hash) error
	all := func(prefix string, e entry, add func(path string, e entry)) error {
		if !e.isDir() {
			add(prefix+e.name, e)
			return nil
		}
		return walk(r, e.id, prefix+e.name+"/", add)
	}
	compare = func(prefix string, old, new plumbing.Hash) error {
		olds, news, was, err := readTwo(r, old, new)
		if err != nil {
			return err
		}
		for _, e := range news {
			o, ok := was[e.name]
			delete(was, e.name)
			switch {
			case ok && o == e:
				continue
			case ok && o.isDir() && e.isDir():
				if err := compare(prefix+e.name+"/", o.id, e.id); err != nil {
					return err
				}
				continue
			case ok && !o.isDir() && !e.isDir():
				edits = append(edits, edit{path: prefix + e.name, old: o, new: e})
				continue
			case ok:
				was[e.name] = o // a file in the place of a directory, or the other way round
			}
			if err := all(prefix, e, func(path string, e entry) { edits = append(edits, edit{path: path, new: e}) }); err != nil {
				return err
			}
		}
		for _, o := range olds {
			if _, gone := was[o.name]; !gone {
				continue
			}
			if err := all(prefix, o, func(path string, o entry) { edits = append(edits, edit{path: path, old: o}) }); err != nil {
				return err
			}
		}
		return nil
	}
	if err := compare("", old, new); err != nil {
		return nil, err
	}
	slices.SortFunc(edits, func(a, b edit) int { return strings.Compare(a.path, b.path) })
	return edits, nil
}

// node is a tree being edited over one that was read: a directory is only
// loaded when an edit goes through it.
type node struct {
	was      plumbing.Hash
	children map[string]*child // nil until loaded
}

type child struct {
	entry
	dir *node // for a directory that was loaded
}

func (n *node) load(r reader) error {
	if n.children != nil {
		return nil
	}
	t, err := readTree(r, n.was)
	if err != nil {
		return err
	}
	n.children = make(map[string]*child, len(t))
	for _, e := range t {
		n.children[e.name] = &child{entry: e}
	}
	return nil
}

// set puts a blob at a path. It is an error where a file stands in the place of
// a directory of the path, or a directory at the path itself.
func (n *node) set(r reader, path string, id plumbing.Hash) error {
	if err := n.load(r); err != nil {
		return err
	}
	name, rest, deeper := strings.Cut(path, "/")
	c, ok := n.children[name]
	if !deeper {
		if ok && c.isDir() {
			return &occupiedError{path: name}
		}
		n.children[name] = &child{entry: blobEntry(name, id)}
		return nil
	}
	if !ok {
		c = &child{entry: entry{name: name, mode: filemode.Dir}}
		n.children[name] = c
	}
	if !c.isDir() {
		return &occupiedError{path: name}
	}
	if c.dir == nil {
		c.dir = &node{was: c.id}
	}
	err := c.dir.set(r, rest, id)
	if o, ok := errors.AsType[*occupiedError](err); ok {
		return &occupiedError{path: name + "/" + o.path}
	}
	return err
}

// occupiedError names what stands in the way of a path.
type occupiedError struct{ path string }

func (e *occupiedError) Error() string { return e.path + " is in the way" }

// remove takes the file at a path away; it is fine if there is none.
func (n *node) remove(r reader, path string) error {
	if err := n.load(r); err != nil {
		return err
	}
	name, rest, deeper := strings.Cut(path, "/")
	c, ok := n.children[name]
	if !ok || c.isDir() != deeper {
		return nil
	}
	if !deeper {
		delete(n.children, name)
		return nil
	}
	if c.dir == nil {
		c.dir = &node{was: c.id}
	}
	return c.dir.remove(r, rest)
}

// write returns the id of the edited tree, handing every tree that was loaded
// to add. Directories that became empty vanish; the id is zero for an empty
// tree.
func (n *node) write(add func(id plumbing.Hash, data []byte)) plumbing.Hash {
	if n.children == nil {
		return n.was
	}
	t := make(tree, 0, len(n.children))
	for _, c := range n.children {
		e := c.entry
		if c.dir != nil {
			e.id = c.dir.write(add)
			if e.id.IsZero() {
				continue
			}
		}
		t = append(t, e)
	}
	if len(t) == 0 {
		return plumbing.ZeroHash
	}
	t.sort()
	data := t.encode()
	id := hashObject(plumbing.TreeObject, data)
	if id != n.was {
		add(id, data)
	}
	return id
}

// newIn calls visit for a tree and for every tree and file in it that another
// has not at the same place.
func newIn(r reader, old, new plumbing.Hash, visit func(e entry) error) error {
	if new == old || new.IsZero() {
		return nil
	}
	if err := visit(entry{mode: filemode.Dir, id: new}); err != nil {
		return err
	}
	_, news, was, err := readTwo(r, old, new)
	if err != nil {
		return err
	}
	for _, e := range news {
		o := was[e.name]
		switch {
		case o == e:
		case !e.isDir():
			err = visit(e)
		case o.isDir():
			err = newIn(r, o.id, e.id, visit)
		default:
			err = newIn(r, plumbing.ZeroHash, e.id, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
