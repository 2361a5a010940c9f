package checkout

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// modules are the objects of a repository's submodules, and of theirs: Git keeps
// each in a repository of its own, below the one around it. What was not checked
// out yet has none.
func modules(gitDir string) []storer.EncodedObjectStorer {
	var all []storer.EncodedObjectStorer
	_ = filepath.WalkDir(filepath.Join(gitDir, "modules"), func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // there are none
		}
		for _, name := range []string{"HEAD", "objects"} {
			if _, err := os.Stat(filepath.Join(at, name)); err != nil {
				return nil // a part of a name
			}
		}
		options := filesystem.Options{AlternatesFS: osfs.New(filepath.VolumeName(at) + string(filepath.Separator))}
		all = append(all, filesystem.NewStorageWithOptions(osfs.New(at), cache.NewObjectLRUDefault(), options))
		all = append(all, modules(at)...)
		return fs.SkipDir
	})
	return all
}
