package state

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// Release is one release as files: what a run wants to be committed.
type Release struct {
	Key
	Files    []File // objects and hooks, by path; the metadata file is not among them
	Metadata Metadata
	Declared diag.Range // where the project declares it, for messages; may be zero
}

// File is one file with its whole content, which must not be changed.
type File struct {
	FileEntry
	Data []byte
}

// Layout gives every object its path and completes the metadata. It is pure. A
// hook of several phases becomes one file per phase.
func Layout(k Key, objects []manifest.Object, m Metadata) (Release, error) {
	if err := k.check(); err != nil {
		return Release{}, err
	}
	files := make([]File, 0, len(objects))
	for _, o := range objects {
		file := File{FileEntry: FileEntry{Object: o.ID, Source: o.Source.File}, Data: o.Bytes()}
		if o.Hook == nil {
			file.Path = ObjectPath(k, o.ID)
			files = append(files, file)
			continue
		}
		for _, phase := range o.Hook.Phases {
			if !isLabel(phase) {
				return Release{}, fmt.Errorf("lay out %s: hook phase %q of %s is no name for a directory", k, phase, describe(o.ID))
			}
			file.Path = HookPath(k, phase, o.ID)
			file.Hook = &HookEntry{Phase: phase, Weight: o.Hook.Weight, DeletePolicies: o.Hook.DeletePolicies}
			files = append(files, file)
		}
	}
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var twice diag.List
	for i := 1; i < len(files); i++ {
		if a, b := files[i-1], files[i]; a.Path == b.Path {
			twice = append(twice, diag.Diagnostic{
				Summary: fmt.Sprintf("release %s has %s twice", k, describe(b.Object)),
				Subject: diag.Range{File: b.Source},
				Detail:  fmt.Sprintf("Both would be written to %s.", b.Path),
				Remedy:  "Give one of them another name or namespace, or leave one out.",
				Related: []diag.Related{{Range: diag.Range{File: a.Source}, Note: "the other one comes from here"}},
			})
		}
	}
	if twice != nil {
		return Release{}, diag.Refuse(twice...)
	}
	m.Environment, m.Release, m.Format = k.Environment, k.Release, metadataFormat
	m.Files = make([]FileEntry, len(files))
	for i, f := range files {
		m.Files[i] = f.FileEntry
	}
	return Release{Key: k, Files: files, Metadata: m}, nil
}

// Hash is the id of a Git object in hex.
type Hash string

// Short is the id of a commit as a person reads it.
func (h Hash) Short() string {
	if h == "" {
		return "no commit"
	}
	return string(h[:min(len(h), 12)])
}

// Fingerprint is all that a release is in a commit, as three object ids; empty
// where there is none. Equal fingerprints mean equal files and metadata.
type Fingerprint struct {
	Manifests Hash `json:"manifests,omitempty"` // tree of manifests/<environment>/<release>
	Hooks     Hash `json:"hooks,omitempty"`     // tree of hooks/<environment>/<release>
	Metadata  Hash `json:"metadata,omitempty"`  // blob of .weir/<environment>/<release>.json
}

// FingerprintOf computes the fingerprint that a commit of the release will
// have, from its bytes alone. It is pure and safe to call from many goroutines.
// What Layout did not make may have none: the zero value.
func FingerprintOf(r Release) Fingerprint {
	h, err := hashRelease(r)
	if err != nil {
		return Fingerprint{}
	}
	return h.fingerprint
}

// hashed is a release with the ids of its blobs.
type hashed struct {
	fingerprint Fingerprint
	files       []plumbing.Hash // of Release.Files
	metadata    []byte
	metadataID  plumbing.Hash
}

func hashRelease(r Release) (hashed, error) {
	h := hashed{files: make([]plumbing.Hash, len(r.Files))}
	var err error
	if h.metadata, err = r.Metadata.encode(); err != nil {
		return hashed{}, err
	}
	h.metadataID = hashObject(plumbing.BlobObject, h.metadata)
	manifests, hooks := &node{}, &node{}
	manifestsPrefix, hooksPrefix := join(manifestsDir, r.Environment, r.Release)+"/", join(hooksDir, r.Environment, r.Release)+"/"
	for i, f := range r.Files {
		h.files[i] = hashObject(plumbing.BlobObject, f.Data)
		root, rest := manifests, ""
		if path, ok := strings.CutPrefix(f.Path, manifestsPrefix); ok {
			rest = path
		} else if path, ok := strings.CutPrefix(f.Path, hooksPrefix); ok {
			root, rest = hooks, path
		} else {
			return hashed{}, fmt.Errorf("release %s has a file outside of its directories: %s", r.Key, f.Path)
		}
		if err := root.set(nil, rest, h.files[i]); err != nil {
			return hashed{}, fmt.Errorf("release %s: %w", r.Key, err)
		}
	}
	drop := func(plumbing.Hash, []byte) {}
	h.fingerprint = Fingerprint{
		Manifests: hexOf(manifests.write(drop)),
		Hooks:     hexOf(hooks.write(drop)),
		Metadata:  hexOf(h.metadataID),
	}
	return h, nil
}

// check holds the names of a key against what the layout relies on. The schema
// has told a user already, so this is no diagnostic.
func (k Key) check() error {
	if !isLabel(k.Environment) || !isLabel(k.Release) {
		return fmt.Errorf("%q: environment and release have to be lower-case DNS labels", k.String())
	}
	return nil
}

// isLabel tells whether a name is a lower-case DNS label.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-')
	}) < 0
}

// describe is what a person calls an object: Deployment web/podinfo.
func describe(id manifest.ID) string {
	kind := id.Kind
	if id.Group != "" {
		kind += "." + id.Group
	}
	if id.Namespace == "" {
		return kind + " " + id.Name
	}
	return kind + " " + id.Namespace + "/" + id.Name
}
