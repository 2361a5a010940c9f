package remote

import (
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
)

// Sub is one directory of a TreeFS with nothing around it: no symbolic link leads
// out of it, as none leads out of a project's directory. Whoever has it does not
// use the whole tree at the same time.
func Sub(tree fs.FS, dir string) (fs.FS, error) {
	t, ok := tree.(*treeFS)
	if !ok {
		return fs.Sub(tree, dir)
	}
	e, err := t.find("sub", dir, true)
	if err == nil && !e.isDir() {
		err = &fs.PathError{Op: "sub", Path: dir, Err: errNoDir}
	}
	if err != nil {
		return nil, err
	}
	e.name = "."
	return &treeFS{root: e, time: t.time, store: t.store, trees: map[plumbing.Hash][]entry{}}, nil
}
