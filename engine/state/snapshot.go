package state

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// Snapshot is one commit of a state repository, or nothing at all before the
// first one. It is immutable and safe for concurrent use; it reads objects when
// asked and never the work tree.
type Snapshot struct {
	name   string // of the repository, for diagnostics
	store  *store // nil before the first commit
	commit plumbing.Hash
	root   plumbing.Hash // the commit's tree

	mu   sync.Mutex
	dirs map[string]map[string]entry // the directories above releases, as they are read
}

// Commit is the commit's id; empty before the first one.
func (s *Snapshot) Commit() Hash { return hexOf(s.commit) }

// place is a path as a person knows it.
func (s *Snapshot) place(file string) string {
	if s.name == "" || file == "" {
		return s.name + file
	}
	return s.name + "/" + file // it may be a URL
}

// git is how a command line begins that looks at the repository or changes it:
// that of a remote is for a clone.
func (s *Snapshot) git() string {
	if s.store != nil && s.store.cache != nil {
		return "git"
	}
	return "git -C " + s.name
}

// dir reads a directory and keeps it; empty where there is none. It is meant
// for the few directories above releases.
func (s *Snapshot) dir(path string) (map[string]entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dirLocked(path)
}

func (s *Snapshot) dirLocked(path string) (map[string]entry, error) {
	if d, ok := s.dirs[path]; ok {
		return d, nil
	}
	id := s.root
	if path != "" {
		above, name := "", path
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			above, name = path[:i], path[i+1:]
		}
		parent, err := s.dirLocked(above)
		if err != nil {
			return nil, err
		}
		id = plumbing.ZeroHash
		if e := parent[name]; e.isDir() {
			id = e.id
		}
	}
	t, err := readTree(s.store, id)
	if err != nil {
		return nil, err
	}
	d := make(map[string]entry, len(t))
	for _, e := range t {
		d[e.name] = e
	}
	if s.dirs == nil {
		s.dirs = map[string]map[string]entry{}
	}
	s.dirs[path] = d
	return d, nil
}

// Environments lists the environments that have a release, sorted.
func (s *Snapshot) Environments() ([]string, error) {
	d, err := s.dir(metadataDir)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, e := range d {
		if e.isDir() && isLabel(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Releases lists the releases of an environment, sorted: those with metadata.
func (s *Snapshot) Releases(environment string) ([]string, error) {
	d, err := s.dir(join(metadataDir, environment))
	if err != nil {
		return nil, err
	}
	var names []string
	for file, e := range d {
		if name, ok := releaseOf(file); ok && e.isFile() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// releaseOf is the release whose metadata a file of .weir/<environment> is.
func releaseOf(file string) (string, bool) {
	name, ok := strings.CutSuffix(file, ".json")
	return name, ok && isLabel(name)
}

// Keys lists every release of the snapshot, by environment and name.
func (s *Snapshot) Keys() ([]Key, error) {
	environments, err := s.Environments()
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, environment := range environments {
		releases, err := s.Releases(environment)
		if err != nil {
			return nil, err
		}
		for _, release := range releases {
			keys = append(keys, Key{environment, release})
		}
	}
	return keys, nil
}

// Fingerprint is three lookups in trees that are read once per environment; it
// is the zero value where there is no such release.
func (s *Snapshot) Fingerprint(k Key) (Fingerprint, error) {
	var f Fingerprint
	for _, place := range []struct {
		dir, name string
		id        *Hash
	}{
		{manifestsDir, k.Release, &f.Manifests},
		{hooksDir, k.Release, &f.Hooks},
		{metadataDir, k.Release + ".json", &f.Metadata},
	} {
		d, err := s.dir(join(place.dir, k.Environment))
		if err != nil {
			return Fingerprint{}, err
		}
		*place.id = hexOf(d[place.name].id)
	}
	return f, nil
}

// Metadata reads the metadata of a release; nil where there is no such release.
func (s *Snapshot) Metadata(k Key) (*Metadata, error) {
	d, err := s.dir(join(metadataDir, k.Environment))
	if err != nil {
		return nil, err
	}
	e, ok := d[k.Release+".json"]
	if !ok || !e.isFile() {
		return nil, nil
	}
	data, err := s.store.read(plumbing.BlobObject, e.id)
	if err != nil {
		return nil, err
	}
	return parseMetadata(s.name, s.git(), k, data)
}

// Files returns every file below the release's directories with its blob's id,
// those that the metadata does not list included.
func (s *Snapshot) Files(k Key) (map[string]Hash, error) {
	entries, err := s.entries(k)
	if err != nil {
		return nil, err
	}
	files := make(map[string]Hash, len(entries))
	for path, e := range entries {
		files[path] = hexOf(e.id)
	}
	return files, nil
}

// entries is Files with the modes of its tree.
func (s *Snapshot) entries(k Key) (map[string]entry, error) {
	files := map[string]entry{}
	for _, top := range []string{manifestsDir, hooksDir} {
		d, err := s.dir(join(top, k.Environment))
		if err != nil {
			return nil, err
		}
		e, ok := d[k.Release]
		path := join(top, k.Environment, k.Release)
		switch {
		case !ok:
		case !e.isDir():
			files[path] = e
		default:
			err := walk(s.store, e.id, path+"/", func(path string, e entry) { files[path] = e })
			if err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// Namespaces returns the Namespaces that are kept for an environment, path to
// blob.
func (s *Snapshot) Namespaces(environment string) (map[string]Hash, error) {
	dir := join(manifestsDir, environment, namespacesDir)
	d, err := s.dir(dir)
	if err != nil {
		return nil, err
	}
	files := make(map[string]Hash, len(d))
	for name, e := range d {
		files[join(dir, name)] = hexOf(e.id)
	}
	return files, nil
}

// Read returns the content of a file by its path; fs.ErrNotExist where there is
// none.
func (s *Snapshot) Read(path string) ([]byte, error) {
	id := s.root
	parts := strings.Split(path, "/")
	for i, part := range parts {
		t, err := readTree(s.store, id)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(t, func(e entry) bool { return e.name == part })
		if at < 0 || t[at].isDir() == (i == len(parts)-1) {
			return nil, fmt.Errorf("read %s/%s: %w", s.name, path, fs.ErrNotExist)
		}
		id = t[at].id
	}
	return s.store.read(plumbing.BlobObject, id)
}

// Blob returns the content of a file by its blob's id.
func (s *Snapshot) Blob(id Hash) ([]byte, error) {
	return s.store.read(plumbing.BlobObject, plumbing.NewHash(string(id)))
}

// asked returns the Namespaces that the releases of an environment ask for, but
// for those that skip leaves out.
func (s *Snapshot) asked(environment string, skip func(Key) bool) (map[string]bool, error) {
	releases, err := s.Releases(environment)
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, release := range releases {
		k := Key{environment, release}
		if skip(k) {
			continue
		}
		m, err := s.Metadata(k)
		if err != nil {
			return nil, err
		}
		for _, name := range m.Namespaces {
			asked[name] = true
		}
	}
	return asked, nil
}

// Foreign lists every path under manifests/, hooks/ and .weir/ that no metadata
// accounts for, sorted. It reads all metadata and all trees.
func (s *Snapshot) Foreign() ([]string, error) {
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, k := range keys {
		m, err := s.Metadata(k)
		if err != nil {
			return nil, err
		}
		known[MetadataPath(k)] = true
		for _, f := range m.Files {
			known[f.Path] = true
		}
		for _, name := range m.Namespaces {
			known[NamespacePath(k.Environment, name)] = true
		}
	}
	root, err := s.dir("")
	if err != nil {
		return nil, err
	}
	foreign := map[string]bool{}
	for _, top := range []string{manifestsDir, hooksDir, metadataDir} {
		e, ok := root[top]
		if ok && !e.isDir() {
			foreign[top] = true
		} else if ok {
			err := walk(s.store, e.id, top+"/", func(path string, e entry) {
				if !known[path] || !e.isFile() {
					foreign[path] = true
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return slices.Sorted(maps.Keys(foreign)), nil
}

// strays is the part of Foreign that shows above the releases, where nothing
// has to be read but a tree per environment.
func (s *Snapshot) strays() ([]string, error) {
	var strays []string
	add := func(path string, e entry) error {
		if !e.isDir() {
			strays = append(strays, path)
			return nil
		}
		return walk(s.store, e.id, path+"/", func(path string, _ entry) { strays = append(strays, path) })
	}
	root, err := s.dir("")
	if err != nil {
		return nil, err
	}
	for _, top := range []string{manifestsDir, hooksDir, metadataDir} {
		if e, ok := root[top]; ok && !e.isDir() {
			strays = append(strays, top)
		}
		environments, err := s.dir(top)
		if err != nil {
			return nil, err
		}
		for environment, e := range environments {
			if !e.isDir() || !isLabel(environment) {
				if err := add(join(top, environment), e); err != nil {
					return nil, err
				}
				continue
			}
			known, err := s.dir(join(metadataDir, environment))
			if err != nil {
				return nil, err
			}
			inside, err := s.dir(join(top, environment))
			if err != nil {
				return nil, err
			}
			for name, e := range inside {
				fine := false
				switch top {
				case metadataDir:
					_, fine = releaseOf(name)
					fine = fine && e.isFile()
				case manifestsDir:
					fine = e.isDir() && (name == namespacesDir || known[name+".json"].isFile())
				case hooksDir:
					fine = e.isDir() && known[name+".json"].isFile()
				}
				if fine {
					continue
				}
				if err := add(join(top, environment, name), e); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.Sort(strays)
	return strays, nil
}
