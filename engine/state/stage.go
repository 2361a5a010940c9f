package state

import (
	"github.com/weir-dev/weir/engine/manifest"
)

// Stage collects the releases of a run against a snapshot, while they are being
// rendered: it hashes, drops what the snapshot has already, and holds new
// objects once and compressed, so memory does not grow with the bytes of a run.
// Nothing is written before Commit. Safe for concurrent use.
type Stage struct{}

// NewStage begins a run on a snapshot.
func NewStage(base *Snapshot) *Stage { return nil }

// NewPreview begins a run that will only be planned, not committed: no content
// is kept.
func NewPreview(base *Snapshot) *Stage { return nil }

// Put wants a release to be exactly this. The release's bytes are not needed
// after it returns.
func (s *Stage) Put(r Release) error { return errNotYet }

// Keep says that a run's answer for a release is what the snapshot has, as a
// caller knows from equal fingerprints, and how many objects that is.
func (s *Stage) Keep(k Key, objects int) {}

// Remove wants a release to be gone; it is not an error if it is.
func (s *Stage) Remove(k Key) {}

// Move says that release `to`, which has to be Put as well, is what `from` was.
// It means nothing where the snapshot has no `from`.
func (s *Stage) Move(from, to Key) {}

// PutNamespace wants a Namespace of an environment to be this.
func (s *Stage) PutNamespace(environment, name string, data []byte) error { return errNotYet }

// DropNamespace wants a Namespace of an environment to be gone although
// releases ask for it: a chart renders it.
func (s *Stage) DropNamespace(environment, name string) {}

// Plan compares what was collected with the snapshot. Releases that were not
// mentioned stay as they are, their trees untouched. The error carries
// diagnostics for duplicate identities and for foreign files in the way.
func (s *Stage) Plan() (*Change, error) { return nil, errNotYet }

// Change is the difference between a snapshot and the commit that would follow.
type Change struct {
	Releases   []ReleaseChange // every release that was mentioned, by key
	Namespaces []ObjectChange  // of _namespaces: created, changed and removed
	Foreign    []string        // files that Weir did not write, as far as the comparison came across them; sorted
}

// Empty tells whether there is nothing to commit.
func (c *Change) Empty() bool { return true }

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
	OldPath string // where it was moved
	Old     Hash   // empty where it is created
	New     Hash   // empty where it is removed
}

// Counts counts files by what happens to them.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
}
