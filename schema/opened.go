package schema

import (
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// opened is a project's directory that remembers what was asked of it.
type opened struct {
	fsys fs.FS

	mu    sync.Mutex
	files map[string]bool
	dirs  map[string]bool
}

func watch(fsys fs.FS) *opened {
	return &opened{fsys: fsys, files: map[string]bool{}, dirs: map[string]bool{}}
}

// note returns the name, which is now remembered.
func (o *opened) note(in map[string]bool, name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	in[name] = true
	return name
}

func (o *opened) Open(name string) (fs.File, error) { return o.fsys.Open(o.note(o.files, name)) }

func (o *opened) ReadFile(name string) ([]byte, error) {
	return fs.ReadFile(o.fsys, o.note(o.files, name))
}

func (o *opened) Stat(name string) (fs.FileInfo, error) {
	return fs.Stat(o.fsys, o.note(o.files, name))
}

func (o *opened) Lstat(name string) (fs.FileInfo, error) {
	return fs.Lstat(o.fsys, o.note(o.files, name))
}

func (o *opened) ReadLink(name string) (string, error) {
	return fs.ReadLink(o.fsys, o.note(o.files, name))
}

func (o *opened) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(o.fsys, o.note(o.dirs, name))
}

// Opened lists what was asked of the project's directory so far, by whoever
// reads it through FS too: the files, some of which may be directories or not be
// there, and the directories that were listed. A project that is read from
// elsewhere has neither.
func (p *Project) Opened() (files, dirs []string) {
	o, ok := p.files.fsys.(*opened)
	if !ok {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.files)), slices.Sorted(maps.Keys(o.dirs))
}
