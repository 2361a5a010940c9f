package state

import "github.com/weir-dev/weir/engine/manifest"

// Release is one release as files: what a run wants to be committed.
type Release struct {
	Key
	Files    []File // objects and hooks, by path; the metadata file is not among them
	Metadata Metadata
}

// File is one file with its whole content. It must not be changed.
type File struct {
	FileEntry
	Data []byte
}

// Layout gives every object its path and completes the metadata. It is pure.
// A hook of several phases becomes one file per phase.
func Layout(k Key, objects []manifest.Object, m Metadata) (Release, error) {
	return Release{}, errNotYet
}

// Hash is the id of a Git object in hex.
type Hash string

// Fingerprint is all that a release is in a commit, as three object ids; empty
// where there is none. Equal fingerprints mean equal files and metadata.
type Fingerprint struct {
	Manifests Hash `json:"manifests,omitempty"` // tree of manifests/<environment>/<release>
	Hooks     Hash `json:"hooks,omitempty"`     // tree of hooks/<environment>/<release>
	Metadata  Hash `json:"metadata,omitempty"`  // blob of .weir/<environment>/<release>.json
}

// FingerprintOf computes the fingerprint that a commit of the release will
// have, from its bytes alone. It is pure and safe to call from many goroutines.
func FingerprintOf(r Release) Fingerprint { return Fingerprint{} }
