package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// releases edits the tree for every release that was mentioned.
func (p *planner) releases() error {
	froms := map[Key]bool{}
	for to, from := range p.moved {
		if put := p.puts[to]; put == nil {
			return fmt.Errorf("release %s is moved to %s, which the run has no answer for", from, to)
		}
		if p.puts[from] == nil {
			froms[from] = true
		}
	}
	keys := map[Key]bool{}
	for k := range p.puts {
		keys[k] = true
	}
	for k := range p.removed {
		if p.puts[k] == nil && !froms[k] {
			keys[k] = true
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), Key.compare) {
		c, err := p.release(k)
		if err != nil {
			return err
		}
		if c != nil {
			p.change.Releases = append(p.change.Releases, *c)
		}
	}
	return nil
}

// release edits the tree for one release; nil where there was nothing to remove.
func (p *planner) release(k Key) (*ReleaseChange, error) {
	put := p.puts[k]
	from, moved := p.moved[k]
	if moved && p.puts[from] != nil {
		moved = false // it is there again, under its own name
	}
	if moved {
		m, err := p.metadata(from)
		if err != nil {
			return nil, err
		}
		moved = m != nil
	}
	if put != nil && put.metadata == nil && !moved {
		return &ReleaseChange{Key: k, Status: Unchanged, Counts: Counts{Unchanged: put.objects}}, nil
	}
	old, err := p.metadata(k)
	if err != nil {
		return nil, err
	}
	if put == nil && old == nil {
		return nil, nil
	}
	c := &ReleaseChange{Key: k, Old: old}
	switch {
	case put == nil:
		c.Status = Removed
	case old == nil && !moved:
		c.Status = Created
	default:
		c.Status = Changed
	}

	// What the release has now: by path, and by the path it would have here.
	entries, err := p.base.entries(k)
	if err != nil {
		return nil, err
	}
	listed := map[string]FileEntry{}
	if old != nil {
		for _, f := range old.Files {
			listed[f.Path] = f
		}
	}
	before := map[string]oldFile{} // by the path under k
	for path, f := range listed {
		if e, ok := entries[path]; ok {
			before[path] = oldFile{FileEntry: f, id: e.id, plain: e.isFile()}
		}
	}
	if moved {
		c.From = &from
		c.Old = p.old[from]
		if err := p.moveAway(k, from, before); err != nil {
			return nil, err
		}
	}

	if put != nil {
		if put.metadata == nil {
			// Kept under its new name while the old one is still there.
			put, err = p.expand(k, put, entries)
			if err != nil {
				return nil, err
			}
		}
		c.New = put.metadata
		for i, f := range put.files {
			id := put.ids[i]
			b, had := before[f.Path]
			delete(before, f.Path)
			if e, ok := entries[f.Path]; ok && !had && e.id != id {
				p.inTheWay(f, k, f.Path)
				continue
			}
			object := ObjectChange{Object: f.Object, Path: f.Path, Old: hexOf(b.id), New: hexOf(id)}
			if f.Hook != nil {
				object.Hook = f.Hook.Phase
			}
			switch {
			case !had:
				object.Status = Created
				c.Counts.Created++
			case b.id == id && b.plain:
				c.Counts.Unchanged++
			default:
				object.Status = Changed
				if b.Path != f.Path {
					object.OldPath = b.Path
				}
				c.Counts.Changed++
			}
			if object.Status != "" {
				c.Objects = append(c.Objects, object)
			}
			if e, ok := entries[f.Path]; ok && e.id == id && e.isFile() {
				continue
			}
			err := p.root.set(p.base.store, f.Path, id)
			if o, ok := errors.AsType[*occupiedError](err); ok {
				p.inTheWay(f, k, o.path)
			} else if err != nil {
				return nil, err
			}
		}
		if err := p.root.set(p.base.store, MetadataPath(k), put.metaID); err != nil {
			return nil, fmt.Errorf("release %s: %w", k, err)
		}
	} else if err := p.root.remove(p.base.store, MetadataPath(k)); err != nil {
		return nil, err
	}

	wanted := map[string]bool{}
	if put != nil {
		for _, f := range put.files {
			wanted[f.Path] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		b := before[path]
		object := ObjectChange{Status: Removed, Object: b.Object, Path: b.Path, Old: hexOf(b.id)}
		if b.Hook != nil {
			object.Hook = b.Hook.Phase
		}
		c.Objects = append(c.Objects, object)
		c.Counts.Removed++
		if b.Path == path { // not one of a release that was moved away
			if err := p.root.remove(p.base.store, path); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(c.Objects, func(a, b ObjectChange) int { return strings.Compare(a.Path, b.Path) })
	for path := range entries {
		if _, ours := listed[path]; !ours && !wanted[path] {
			p.foreign[path] = true
		}
	}
	return c, nil
}

// oldFile is a file of a release as the snapshot has it.
type oldFile struct {
	FileEntry
	id    plumbing.Hash
	plain bool // no link, no submodule
}

// moveAway takes the files of a release out of the tree and adds them to what
// its successor had before, at the paths they would have there.
func (p *planner) moveAway(to, from Key, before map[string]oldFile) error {
	entries, err := p.base.entries(from)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, f := range p.old[from].Files {
		e, ok := entries[f.Path]
		if !ok {
			continue
		}
		ours[f.Path] = true
		if err := p.root.remove(p.base.store, f.Path); err != nil {
			return err
		}
		path := ObjectPath(to, f.Object)
		if f.Hook != nil {
			path = HookPath(to, f.Hook.Phase, f.Object)
		}
		if _, ok := before[path]; !ok {
			before[path] = oldFile{FileEntry: f, id: e.id, plain: e.isFile()}
		}
	}
	for path := range entries {
		if !ours[path] {
			p.foreign[path] = true
		}
	}
	return p.root.remove(p.base.store, MetadataPath(from))
}

// expand reads what a release that is kept as it is consists of.
func (p *planner) expand(k Key, kept *put, entries map[string]entry) (*put, error) {
	m, err := p.metadata(k)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("release %s is to be kept, but the snapshot has none", k)
	}
	d, err := p.base.dir(join(metadataDir, k.Environment))
	if err != nil {
		return nil, err
	}
	full := &put{metadata: m, metaID: d[k.Release+".json"].id, objects: kept.objects}
	for _, f := range m.Files {
		if e, ok := entries[f.Path]; ok {
			full.files = append(full.files, f)
			full.ids = append(full.ids, e.id)
		}
	}
	return full, nil
}

// inTheWay reports a file that Weir did not write where it wants to write.
func (p *planner) inTheWay(f FileEntry, k Key, path string) {
	p.problems = append(p.problems, diag.Diagnostic{
		Summary: "a file that Weir did not write is in the way",
		Subject: diag.Range{File: p.base.place(path)},
		Detail: fmt.Sprintf("It is committed, no metadata lists it, and %s of release %s belongs at %s.",
			describe(f.Object), k, f.Path),
		Remedy: fmt.Sprintf("Take it out with `%s rm -r %s` and a commit, or undo the commit that brought it; then hydrate again.",
			p.base.git(), path),
	})
}
