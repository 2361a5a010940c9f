package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Mirror is what a cache directory keeps of one remote repository.
type Mirror struct {
	Dir     string
	Bytes   int64
	Changed time.Time // when something was last fetched into it
}

// Mirrors lists those below a cache directory, by name.
func Mirrors(ctx context.Context, cacheDir string) ([]Mirror, error) {
	parent := filepath.Join(cacheDir, mirrorsDir)
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read cache: %w", err)
	}
	var all []Mirror
	for _, entry := range entries {
		if !entry.IsDir() || filepath.Ext(entry.Name()) != "" { // one that is being dropped
			continue
		}
		m := Mirror{Dir: filepath.Join(parent, entry.Name())}
		err := filepath.WalkDir(m.Dir, func(path string, file fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || file.IsDir() {
				return nil //nolint:nilerr // another process may drop it at the same time
			}
			if info, err := file.Info(); err == nil {
				m.Bytes += info.Size()
				if info.ModTime().After(m.Changed) {
					m.Changed = info.ModTime()
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Drop removes it. It waits for a process that writes to it; one that reads goes
// on with what it has open, and the next one fetches again.
func (m Mirror) Drop(ctx context.Context) error {
	kept := mirror{dir: m.Dir, disk: disk{name: filepath.Base(m.Dir), cache: true}}
	unlock, err := kept.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return kept.drop()
}
