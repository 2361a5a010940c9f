package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/weir-dev/weir/schema/diag"
)

// Plain writes states as files without Git: DIR/<cluster>/ holds what a commit
// of the cluster's repository would. Everything is written beside and put in
// place by Commit; what an earlier run wrote to DIR is replaced. Put and
// PutNamespace are safe for concurrent use.
type Plain struct {
	disk disk
	dir  string
	next string // below dir; what will be there
	made bool   // dir did not exist

	mu   sync.Mutex
	dirs map[string]bool
}

// The directories in which Plain prepares and disposes.
const (
	plainNext = ".weir-new"
	plainLast = ".weir-old"
)

// NewPlain looks at a directory and refuses one with files that are not an
// earlier run's. It makes the directory where it is missing.
func NewPlain(dir string) (*Plain, error) {
	p := &Plain{disk: disk{name: filepath.ToSlash(dir)}, dir: dir, dirs: map[string]bool{}}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.made = true
		if err := p.disk.mkdir(dir); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, p.disk.failed(err)
	case !info.IsDir():
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "a file is where the output belongs",
			Subject: diag.Range{File: p.disk.name},
			Remedy:  "Name a directory, or move the file away.",
		})
	default:
		if err := p.foreign(); err != nil {
			return nil, err
		}
	}
	for _, left := range []string{plainNext, plainLast} {
		if err := p.disk.removeAll(filepath.Join(dir, left)); err != nil {
			return nil, err
		}
	}
	p.next = filepath.Join(dir, plainNext)
	return p, p.disk.mkdir(p.next)
}

// foreign refuses a directory with anything that no metadata in it accounts
// for: it is going to be replaced.
func (p *Plain) foreign() error {
	clusters, err := os.ReadDir(p.dir)
	if err != nil {
		return p.disk.failed(err)
	}
	var strange []string
	for _, c := range clusters {
		if c.Name() == plainNext || c.Name() == plainLast {
			continue
		}
		if !c.IsDir() {
			strange = append(strange, c.Name())
			continue
		}
		found, err := strangeFiles(filepath.Join(p.dir, c.Name()))
		if err != nil {
			return p.disk.failed(err)
		}
		for _, path := range found {
			strange = append(strange, c.Name()+"/"+path)
		}
	}
	if strange == nil {
		return nil
	}
	slices.Sort(strange)
	detail := "An earlier run's output is replaced as a whole, and these are not from one:"
	for _, path := range strange[:min(20, len(strange))] {
		detail += "\n  " + path
	}
	if more := len(strange) - 20; more > 0 {
		detail += fmt.Sprintf("\n  and %d more", more)
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: "the output directory has files that Weir did not write",
		Subject: diag.Range{File: p.disk.name},
		Detail:  detail,
		Remedy:  "Name an empty or a new directory, or move these away.",
	})
}

// strangeFiles lists what the metadata in a directory does not account for.
func strangeFiles(dir string) ([]string, error) {
	known := map[string]bool{}
	strange := map[string]bool{}
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		path := relative(dir, full)
		strange[path] = true
		environment, file, ok := strings.Cut(strings.TrimPrefix(path, metadataDir+"/"), "/")
		release, isMetadata := releaseOf(file)
		if !ok || !isMetadata || !d.Type().IsRegular() || !strings.HasPrefix(path, metadataDir+"/") {
			return nil
		}
		data, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		k := Key{environment, release}
		m, err := parseMetadata(dir, "git -C "+dir, k, data)
		if err != nil {
			return nil // strange itself, as all that it might have listed
		}
		known[path] = true
		for _, f := range m.Files {
			known[f.Path] = true
		}
		for _, name := range m.Namespaces {
			known[NamespacePath(environment, name)] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(strange, func(path string, _ bool) bool { return known[path] })
	return slices.Sorted(maps.Keys(strange)), nil
}

// Put writes the files of a release.
func (p *Plain) Put(cluster string, r Release) error {
	if err := r.Key.check(); err != nil {
		return err
	}
	for _, f := range r.Files {
		if !r.Key.owns(f.Path) {
			return fmt.Errorf("release %s has a file outside of its directories: %s", r.Key, f.Path)
		}
		if err := p.write(cluster, f.Path, f.Data); err != nil {
			return err
		}
	}
	data, err := r.Metadata.encode()
	if err != nil {
		return err
	}
	return p.write(cluster, MetadataPath(r.Key), data)
}

// PutNamespace writes a Namespace that releases of an environment ask for.
func (p *Plain) PutNamespace(cluster, environment, name string, data []byte) error {
	return p.write(cluster, NamespacePath(environment, name), data)
}

func (p *Plain) write(cluster, path string, data []byte) error {
	full := filepath.Join(p.next, cluster, filepath.FromSlash(path))
	dir := filepath.Dir(full)
	p.mu.Lock()
	known := p.dirs[dir]
	p.dirs[dir] = true
	if !known {
		if err := p.disk.mkdir(dir); err != nil {
			p.mu.Unlock()
			return err
		}
	}
	p.mu.Unlock()
	return p.disk.write(full, data, false)
}

// Commit puts the files in their place, one cluster after the other.
func (p *Plain) Commit() error {
	last := filepath.Join(p.dir, plainLast)
	if err := p.disk.mkdir(last); err != nil {
		return err
	}
	old, err := os.ReadDir(p.dir)
	if err != nil {
		return p.disk.failed(err)
	}
	for _, c := range old {
		if c.Name() == plainNext || c.Name() == plainLast {
			continue
		}
		if err := p.disk.rename(filepath.Join(p.dir, c.Name()), filepath.Join(last, c.Name())); err != nil {
			return err
		}
	}
	clusters, err := os.ReadDir(p.next)
	if err != nil {
		return p.disk.failed(err)
	}
	for _, c := range clusters {
		if err := p.disk.rename(filepath.Join(p.next, c.Name()), filepath.Join(p.dir, c.Name())); err != nil {
			return err
		}
	}
	p.made = false
	return p.Discard()
}

// Discard removes what Commit did not put in place. It is fine after Commit.
func (p *Plain) Discard() error {
	var failed error
	for _, name := range []string{plainNext, plainLast} {
		failed = errors.Join(failed, p.disk.removeAll(filepath.Join(p.dir, name)))
	}
	if p.made {
		p.made = false
		failed = errors.Join(failed, p.disk.remove(p.dir))
	}
	return failed
}
