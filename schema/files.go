package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// files reads a project and remembers what it read. A directory is read through
// an os.Root, so that neither ".." nor a symbolic link leads out of it.
type files struct {
	fsys fs.FS

	mu     sync.Mutex
	data   map[string]read
	infos  map[string]stat
	parsed map[string]parsedYAML
	labels map[labelled]*values.Node
	globs  map[string]globbed
}

type (
	read struct {
		data []byte
		err  error
	}
	stat struct {
		dir bool
		err error
	}
	parsedYAML struct {
		root  *values.Node
		diags diag.List
	}
	labelled struct{ path, layer string }
	globbed  struct {
		matches []string
		err     error
	}
)

func openFiles(dir string) (*files, error) {
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return filesOf(watch(root.FS())), nil
}

func filesOf(fsys fs.FS) *files {
	return &files{
		fsys: fsys,
		data: map[string]read{}, infos: map[string]stat{}, parsed: map[string]parsedYAML{},
		labels: map[labelled]*values.Node{}, globs: map[string]globbed{},
	}
}

// remember answers from the map, or asks once and keeps the answer.
func remember[K comparable, V any](f *files, m map[K]V, key K, ask func() V) V {
	f.mu.Lock()
	v, ok := m[key]
	f.mu.Unlock()
	if ok {
		return v
	}
	v = ask()
	f.mu.Lock()
	defer f.mu.Unlock()
	if first, ok := m[key]; ok {
		return first
	}
	m[key] = v
	return v
}

func (f *files) read(name string) ([]byte, error) {
	r := remember(f, f.data, name, func() read {
		info, err := fs.Stat(f.fsys, name)
		if err == nil && info.IsDir() {
			return read{err: errIsDirectory}
		}
		if err == nil && !info.Mode().IsRegular() {
			return read{err: errNotRegular}
		}
		if err != nil {
			return read{err: err}
		}
		data, err := fs.ReadFile(f.fsys, name)
		return read{data, err}
	})
	return r.data, r.err
}

// fresh reads a file of the project that a run may change.
func (f *files) fresh(name string) ([]byte, error) {
	f.mu.Lock()
	delete(f.data, name)
	f.mu.Unlock()
	return f.read(name)
}

var (
	errIsDirectory = errors.New("it is a directory")
	errNotRegular  = errors.New("it is not a regular file")
)

// stat tells whether name is a directory.
func (f *files) stat(name string) (dir bool, err error) {
	s := remember(f, f.infos, name, func() stat {
		info, err := fs.Stat(f.fsys, name)
		if err != nil {
			return stat{err: err}
		}
		return stat{dir: info.IsDir()}
	})
	return s.dir, s.err
}

// glob lists the files that the project-relative pattern matches, sorted.
func (f *files) glob(pattern string) ([]string, error) {
	g := remember(f, f.globs, pattern, func() globbed {
		if !doublestar.ValidatePattern(pattern) {
			return globbed{err: doublestar.ErrBadPattern}
		}
		matches, err := doublestar.Glob(f.fsys, pattern, doublestar.WithFilesOnly())
		slices.Sort(matches)
		return globbed{matches, err}
	})
	return g.matches, g.err
}

// yaml parses a values file once, however many releases name it.
func (f *files) yaml(name string) (*values.Node, diag.List, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, nil, err
	}
	p := remember(f, f.parsed, name, func() parsedYAML {
		root, diags := values.ParseYAML(name, data)
		return parsedYAML{root, diags}
	})
	return p.root, p.diags, nil
}

// layer is a values file labelled with the name of its layer; the merge then
// shares it between all releases that have it.
func (f *files) layer(name, layer string, root *values.Node) *values.Node {
	return remember(f, f.labels, labelled{name, layer}, func() *values.Node { return values.Label(layer, root) })
}

// resolve turns a path as written in a file of the project into one relative to
// the project. The second result says why it cannot be.
func resolve(base, written string) (string, string) {
	switch {
	case written == "":
		return "", "The path is empty."
	case strings.ContainsRune(written, 0):
		return "", "The path holds a zero byte."
	case strings.Contains(written, `\`):
		return "", fmt.Sprintf("The path %q holds a backslash; paths in a project are written with slashes.", written)
	case path.IsAbs(written) || filepath.IsAbs(written):
		return "", fmt.Sprintf("The path %q is absolute.", written)
	}
	p := path.Join(path.Dir(base), written)
	if p == ".." || strings.HasPrefix(p, "../") {
		return "", fmt.Sprintf("The path %q leads out of the project.", written)
	}
	return p, ""
}

// neighbour is the file of the same directory whose name is nearest, as a remedy.
func (f *files) neighbour(name string) string {
	entries, err := fs.ReadDir(f.fsys, path.Dir(name))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if n := diag.Nearest(path.Base(name), names); n != "" {
		return fmt.Sprintf("Did you mean %q?", path.Join(path.Dir(name), n))
	}
	return ""
}

// noFiles stands for a directory that cannot be opened.
func noFiles() *files { return filesOf(noFS{}) }

type noFS struct{}

func (noFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
