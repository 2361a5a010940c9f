package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/whole"
)

// Entry is one file of a directory in which every file appears whole, by rename,
// and may be removed at any time: who misses it makes it again. A Store is one,
// the charts and indexes of engine/fetch are others.
type Entry struct {
	Path  string
	Bytes int64
	Used  time.Time // when it was last used, to a day
}

// Unfinished tells files that a killed run has left: nobody writes for so long.
func (e Entry) Unfinished(now time.Time) bool {
	return (whole.IsUnfinished(e.Path) || strings.HasPrefix(filepath.Base(e.Path), "probe-")) && now.Sub(e.Used) > time.Hour
}

// Scan lists the files below a directory; none where it is not there. Other
// processes may add and remove files meanwhile.
func Scan(ctx context.Context, dir string) ([]Entry, error) {
	var all []Entry
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !entry.Type().IsRegular() || entry.Name() == sweptFile:
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			all = append(all, Entry{path, info.Size(), info.ModTime()})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read cache: %w", err)
	}
	return all, nil
}

// Remove removes the file; somebody else may have been faster.
func (e Entry) Remove() error {
	failpoint.Before("remove", e.Path)
	if err := os.Remove(e.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("prune cache: %w", err)
	}
	return nil
}
