package checkout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// harmless are extensions of a repository that change nothing for who only reads
// it, in the writing of a parsed configuration: settings of each work tree, which
// a sparse checkout brings; a clone without all files; objects that nobody may
// remove; relative paths between work trees; what is the usual anyway.
var harmless = map[string]string{
	"worktreeconfig": "", "partialclone": "", "preciousobjects": "", "relativeworktrees": "", "noop": "", "noop-v1": "",
	"objectformat": "sha1", "refstorage": "files",
}

// open opens the repository around a directory. go-git's own PlainOpen refuses
// every extension that it does not know, harmless or not.
func open(dir string) (*git.Repository, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	at := filepath.Join(dir, git.GitDirName)
	info, err := os.Stat(at)
	for errors.Is(err, fs.ErrNotExist) {
		above := filepath.Dir(dir)
		if above == dir {
			return nil, git.ErrRepositoryNotExists
		}
		dir, at = above, filepath.Join(above, git.GitDirName)
		info, err = os.Stat(at)
	}
	if err == nil && !info.IsDir() { // of a linked work tree, or a submodule
		at, err = pointed(at, "gitdir: ")
	}
	if err != nil {
		return nil, err
	}
	files, dirs := dotgit.NewRepositoryFilesystem(osfs.New(at), nil), []string{at}
	switch common, err := pointed(filepath.Join(at, "commondir"), ""); {
	case err == nil:
		dirs = append(dirs, common)
		files = dotgit.NewRepositoryFilesystem(osfs.New(at), osfs.New(common))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	options := filesystem.Options{AlternatesFS: osfs.New(filepath.VolumeName(at) + string(filepath.Separator))} // of `git clone --reference`
	return git.Open(store{filesystem.NewStorageWithOptions(files, cache.NewObjectLRUDefault(), options), dirs}, osfs.New(dir))
}

// pointed reads a file whose first line names a path, seen from the file.
func pointed(file, label string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	path, ok := strings.CutPrefix(strings.TrimSpace(line), label)
	if !ok || path == "" {
		return "", &fs.PathError{Op: "read", Path: file, Err: errors.New("it does not say where the repository is")}
	}
	if path = filepath.FromSlash(path); !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(file), path)
	}
	return path, nil
}

// store is a repository's storage that does not tell of harmless extensions.
type store struct {
	*filesystem.Storage
	dirs []string // of a linked work tree, and of the repository
}

// Config implements config.ConfigStorer.
func (s store) Config() (*config.Config, error) {
	c, err := s.Storage.Config()
	if err != nil || !c.Raw.HasSection("extensions") {
		return c, err
	}
	section := c.Raw.Section("extensions")
	for _, o := range append(section.Options[:0:0], section.Options...) {
		if value, ok := harmless[strings.ToLower(o.Key)]; ok && (value == "" || strings.EqualFold(o.Value, value)) {
			section.RemoveOption(o.Key)
		}
	}
	return c, nil
}
