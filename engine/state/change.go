package state

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/manifest"
)

// Change is the difference between a snapshot and the commit that would follow.
type Change struct {
	Base       *Snapshot
	Releases   []ReleaseChange // every release that was mentioned, by key
	Namespaces []ObjectChange  // of _namespaces: created, changed and removed, by path
	Foreign    []string        // files that Weir did not write, as far as the comparison came across them; sorted

	root plumbing.Hash // the tree of the commit that would follow
	pool *pool         // what it needs beside the base's objects; nil for a preview
}

// Empty tells whether there is nothing to commit.
func (c *Change) Empty() bool { return c.root == c.Base.root }

// Content returns the bytes of an Old or New of the change.
func (c *Change) Content(id Hash) ([]byte, error) {
	if c.pool == nil {
		return nil, fmt.Errorf("read %s: a preview keeps no content", id)
	}
	return c.pool.read(plumbing.BlobObject, plumbing.NewHash(string(id)))
}

// ReleaseChange is what happens to one release.
type ReleaseChange struct {
	Key
	Status  Status
	From    *Key           // the key it had before; nil where it was not moved
	Old     *Metadata      // nil where it is created or unchanged
	New     *Metadata      // nil where it is removed or unchanged
	Objects []ObjectChange // created, changed and removed, by path
	Counts  Counts         // of all its files
}

// ObjectChange is what happens to one file.
type ObjectChange struct {
	Status  Status
	Object  manifest.ID
	Hook    string // the phase; empty for an ordinary object
	Path    string
	OldPath string // where it was, if it was moved and changed
	Old     Hash   // empty where it is created
	New     Hash   // empty where it is removed
}

// Environment is that of the file's path.
func (o ObjectChange) Environment() string { return strings.Split(o.Path, "/")[1] }

// Counts counts files by what happens to them.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
}

// Add sums counts.
func (c Counts) Add(o Counts) Counts {
	return Counts{c.Created + o.Created, c.Changed + o.Changed, c.Unchanged + o.Unchanged, c.Removed + o.Removed}
}
