package state

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitindex "github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/weir-dev/weir/schema/diag"
)

// index is Git's index: what `git status` compares the work tree with. An entry
// that a commit does not touch goes from the old file to the new one as it is,
// without being understood: there may be a hundred thousand of them.
type index struct {
	entries []indexEntry // by name, each name once
	changes map[string]indexEntry
	missing bool // there was none: a person's deletions cannot be told
}

// indexEntry is one file; one without raw bytes is to be left out.
type indexEntry struct {
	name string
	id   plumbing.Hash
	raw  []byte // as the file of version 2 or 3 has it, padded
}

func newIndex() *index { return &index{changes: map[string]indexEntry{}} }

func (r *local) ownIndex() string { return filepath.Join(r.gitDir, "weir", "index") }

func (r *local) readIndex() (*index, error) {
	data, err := os.ReadFile(filepath.Join(r.gitDir, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return r.rebuildIndex()
	}
	if err != nil {
		return nil, r.disk.failed(err)
	}
	ix := newIndex()
	if ix.parse(data) {
		return ix, nil
	}
	// A version, an extension or a conflict that takes more thought.
	var decoded gitindex.Index
	if err := gitindex.NewDecoder(bytes.NewReader(data)).Decode(&decoded); err != nil {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "the index of the state repository cannot be read",
			Subject: diag.Range{File: r.at.Name + "/.git/index"},
			Detail:  sentence(err.Error()) + ".",
			Remedy:  fmt.Sprintf("Remove %s/.git/index and run `git -C %s reset`.", r.at.Name, r.at.Name),
		})
	}
	ix = newIndex()
	for _, e := range decoded.Entries {
		if e.Stage != 0 {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: "the state repository has conflicts that nobody resolved",
				Subject: diag.Range{File: r.at.Name + "/" + e.Name},
				Remedy:  fmt.Sprintf("Run `git -C %s reset --merge`, or resolve and commit them.", r.at.Name),
			})
		}
		ix.entries = append(ix.entries, encodeEntry(e))
	}
	return ix, nil
}

// The fixed part of an entry: ten numbers of stat data, the id, the flags.
const (
	entryID       = 40
	entryFlags    = entryID + sha1.Size
	entryName     = entryFlags + 2
	flagExtended  = 0x4000
	flagStage     = 0x3000
	flagName      = 0x0fff
	extraAdd      = 0x2000 // intent to add
	extraSkip     = 0x4000 // skip the work tree
	indexHeader   = 12
	indexChecksum = sha1.Size
)

// parse reads an index of version 2 or 3 of which all entries are plain and all
// extensions may be ignored; false if it is not one.
func (ix *index) parse(data []byte) bool {
	if len(data) < indexHeader+indexChecksum || string(data[:4]) != "DIRC" {
		return false
	}
	body := data[:len(data)-indexChecksum]
	if sum := sha1.Sum(body); !bytes.Equal(sum[:], data[len(body):]) {
		return false
	}
	version, count := binary.BigEndian.Uint32(body[4:]), int(binary.BigEndian.Uint32(body[8:]))
	if version != 2 && version != 3 || count > len(body)/entryName {
		return false
	}
	ix.entries = make([]indexEntry, 0, count)
	names := string(body) // one copy for all names
	at := indexHeader
	for range count {
		if len(body) < at+entryName {
			return false
		}
		flags := binary.BigEndian.Uint16(body[at+entryFlags:])
		from := at + entryName
		if flags&flagExtended != 0 {
			from += 2
		}
		if flags&flagStage != 0 || from > len(body) {
			return false
		}
		length := bytes.IndexByte(body[from:], 0)
		if length < 0 {
			return false
		}
		end := at + (from+length-at+8)&^7
		if end > len(body) {
			return false
		}
		e := indexEntry{name: names[from : from+length], raw: body[at:end]}
		copy(e.id[:], body[at+entryID:])
		if n := len(ix.entries); n > 0 && ix.entries[n-1].name >= e.name {
			return false
		}
		ix.entries = append(ix.entries, e)
		at = end
	}
	for at < len(body) {
		// An extension that begins with a capital only makes Git faster.
		if len(body) < at+8 || body[at] < 'A' || body[at] > 'Z' {
			return false
		}
		at += 8 + int(binary.BigEndian.Uint32(body[at+4:]))
	}
	return at == len(body)
}

// encodeEntry is an entry as an index of version 2 or 3 has it.
func encodeEntry(e *gitindex.Entry) indexEntry {
	raw := make([]byte, 0, entryName+len(e.Name)+10)
	for _, t := range []struct{ sec, nsec int64 }{
		{e.CreatedAt.Unix(), int64(e.CreatedAt.Nanosecond())},
		{e.ModifiedAt.Unix(), int64(e.ModifiedAt.Nanosecond())},
	} {
		if t.sec < 0 { // none
			t.sec, t.nsec = 0, 0
		}
		raw = binary.BigEndian.AppendUint32(raw, uint32(t.sec))
		raw = binary.BigEndian.AppendUint32(raw, uint32(t.nsec))
	}
	for _, n := range []uint32{e.Dev, e.Inode, uint32(e.Mode), e.UID, e.GID, e.Size} {
		raw = binary.BigEndian.AppendUint32(raw, n)
	}
	raw = append(raw, e.Hash[:]...)
	flags, extra := uint16(min(len(e.Name), flagName)), uint16(0)
	if e.IntentToAdd {
		extra |= extraAdd
	}
	if e.SkipWorktree {
		extra |= extraSkip
	}
	if extra != 0 {
		flags |= flagExtended
	}
	raw = binary.BigEndian.AppendUint16(raw, flags)
	if extra != 0 {
		raw = binary.BigEndian.AppendUint16(raw, extra)
	}
	raw = append(raw, e.Name...)
	raw = append(raw, make([]byte, 8-len(raw)%8)...)
	return indexEntry{name: e.Name, id: e.Hash, raw: raw}
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
	err = walk(r.store, root, "", func(path string, e entry) {
		ix.entries = append(ix.entries, encodeEntry(&gitindex.Entry{Name: path, Mode: e.mode, Hash: e.id}))
	})
	slices.SortFunc(ix.entries, indexEntry.compare)
	return ix, err
}

func (e indexEntry) compare(o indexEntry) int { return cmp.Compare(e.name, o.name) }

// entry is what was staged at a path.
func (ix *index) entry(path string) (indexEntry, bool) {
	i, ok := slices.BinarySearchFunc(ix.entries, path, func(e indexEntry, path string) int { return strings.Compare(e.name, path) })
	if !ok {
		return indexEntry{}, false
	}
	return ix.entries[i], true
}

// look tells what a person staged at the path of an edit.
func (ix *index) look(e edit) string {
	staged, ok := ix.entry(e.path)
	switch {
	case ix.missing:
		return ""
	case ok && staged.id != e.old.id && staged.id != e.new.id:
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
	ix.changes[e.path] = encodeEntry(entry)
}

// remove leaves an entry out.
func (ix *index) remove(path string) { ix.changes[path] = indexEntry{name: path} }

// encode is the file with all changes in it, without extensions.
func (ix *index) encode() []byte {
	changed := make([]indexEntry, 0, len(ix.changes))
	size := indexHeader + indexChecksum
	for _, e := range ix.changes {
		changed = append(changed, e)
		size += len(e.raw)
	}
	slices.SortFunc(changed, indexEntry.compare)
	for _, e := range ix.entries {
		size += len(e.raw)
	}
	data := append(make([]byte, 0, size), "DIRC\x00\x00\x00\x02\x00\x00\x00\x00"...)
	count := uint32(0)
	add := func(e indexEntry) {
		if e.raw == nil {
			return
		}
		if e.raw[entryFlags]&(flagExtended>>8) != 0 {
			data[7] = 3
		}
		data = append(data, e.raw...)
		count++
	}
	for _, e := range ix.entries {
		for len(changed) > 0 && changed[0].name < e.name {
			add(changed[0])
			changed = changed[1:]
		}
		if len(changed) > 0 && changed[0].name == e.name {
			e, changed = changed[0], changed[1:]
		}
		add(e)
	}
	for _, e := range changed {
		add(e)
	}
	binary.BigEndian.PutUint32(data[8:], count)
	sum := sha1.Sum(data)
	return append(data, sum[:]...)
}

// writeIndex replaces Git's index. The caller holds its lock.
func (r *local) writeIndex(ix *index) error {
	return r.disk.replace(filepath.Join(r.gitDir, "index"), r.ownIndex()+".new", ix.encode())
}
