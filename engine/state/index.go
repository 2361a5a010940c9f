package state

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	gitindex "github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/weir-dev/weir/schema/diag"
)

// index is Git's index by path: what `git status` compares the work tree with.
type index struct {
	version uint32
	entries map[string]*gitindex.Entry
	missing bool // there was none: a person's deletions cannot be told
}

func newIndex() *index { return &index{version: 2, entries: map[string]*gitindex.Entry{}} }

func (r *local) ownIndex() string { return filepath.Join(r.gitDir, "weir", "index") }

func (r *local) readIndex() (*index, error) {
	path := filepath.Join(r.gitDir, "index")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r.rebuildIndex()
	}
	if err != nil {
		return nil, r.disk.failed(err)
	}
	var decoded gitindex.Index
	if err := gitindex.NewDecoder(bytes.NewReader(data)).Decode(&decoded); err != nil {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "the index of the state repository cannot be read",
			Subject: diag.Range{File: r.at.Name + "/.git/index"},
			Detail:  sentence(err.Error()) + ".",
			Remedy:  fmt.Sprintf("Remove %s/.git/index and run `git -C %s reset`.", r.at.Name, r.at.Name),
		})
	}
	ix := &index{version: decoded.Version, entries: make(map[string]*gitindex.Entry, len(decoded.Entries))}
	for _, e := range decoded.Entries {
		if e.Stage != 0 {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: "the state repository has conflicts that nobody resolved",
				Subject: diag.Range{File: r.at.Name + "/" + e.Name},
				Remedy:  fmt.Sprintf("Run `git -C %s reset --merge`, or resolve and commit them.", r.at.Name),
			})
		}
		ix.entries[e.Name] = e
	}
	return ix, nil
}

// rebuildIndex stands in for an index that is gone, or was never there: it has
// the files of the branch, which Git looks at again when it is next asked.
func (r *local) rebuildIndex() (*index, error) {
	ix := newIndex()
	ix.missing = true
	tip, err := r.tip()
	if err != nil || tip.IsZero() {
		return ix, err
	}
	root, err := treeOf(r.store, tip)
	if err != nil {
		return nil, err
	}
	return ix, walk(r.store, root, "", func(path string, e entry) {
		ix.entries[path] = &gitindex.Entry{Name: path, Mode: e.mode, Hash: e.id}
	})
}

// look tells what a person staged at the path of an edit.
func (ix *index) look(e edit) string {
	staged, ok := ix.entries[e.path]
	switch {
	case ix.missing:
		return ""
	case ok && staged.Hash != e.old.id && staged.Hash != e.new.id:
		return "staged with another content"
	case !ok && !e.creates() && !e.removes():
		return "staged as deleted"
	}
	return ""
}

// set makes the entry of an edit's new side, as `git add` would.
func (ix *index) set(e edit, info fs.FileInfo) {
	entry := &gitindex.Entry{
		Name:       e.path,
		Hash:       e.new.id,
		Mode:       e.new.mode,
		Size:       uint32(info.Size()),
		ModifiedAt: info.ModTime(),
	}
	fillStat(entry, info)
	ix.entries[e.path] = entry
}

// writeIndex replaces Git's index. The caller holds its lock.
func (r *local) writeIndex(ix *index) error {
	encoded := gitindex.Index{Version: ix.version, Entries: make([]*gitindex.Entry, 0, len(ix.entries))}
	for _, path := range slices.Sorted(maps.Keys(ix.entries)) {
		encoded.Entries = append(encoded.Entries, ix.entries[path])
	}
	var buf bytes.Buffer
	w := bufio.NewWriter(&buf)
	if err := gitindex.NewEncoder(w).Encode(&encoded); err != nil {
		return fmt.Errorf("write index of %s: %w", r.at.Name, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write index of %s: %w", r.at.Name, err)
	}
	return r.disk.replace(filepath.Join(r.gitDir, "index"), r.ownIndex()+".new", buf.Bytes())
}
