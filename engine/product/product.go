package product

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/schema/diag"
)

// Product is a hydrated release: its files, and what the rest of a run must
// know of it without reading them. Files are nil while it rests in the cache.
type Product struct {
	Facts
	release *state.Release
	record  *cache.Record
	held    bool // no record could be kept: release stays
}

// Facts is the small half of a product: for most releases of most runs it is
// all that is read.
type Facts struct {
	Fingerprint state.Fingerprint `json:"fingerprint"`
	Files       int               `json:"files"`
	Defines     []render.Kind     `json:"defines,omitempty"`    // kinds that the release's CRDs define
	Unknown     []string          `json:"unknown,omitempty"`    // kinds, as Kind.group, whose scope neither Kubernetes nor the release tells
	Namespaces  []string          `json:"namespaces,omitempty"` // Namespaces among the objects
	Allowed     []manifest.ID     `json:"allowed,omitempty"`    // Secrets with data
	Omitted     []manifest.ID     `json:"omitted,omitempty"`    // Secrets left out
	Unstable    []unstable.Field  `json:"unstable,omitempty"`   // what is made up, as it is in the files
	Notes       []render.Note     `json:"notes,omitempty"`      // what becomes a warning in every run
	Warnings    diag.List         `json:"warnings,omitempty"`   // of plain manifests: their places are in the key, those of HCL may move
}

// Settled tells whether the files are final as they are, whatever else the
// cluster's releases or its committed state hold.
func (f Facts) Settled() bool { return len(f.Unknown) == 0 && len(f.Unstable) == 0 }

// A product's record holds the facts as head, the metadata as first blob and
// the files, in the order of the metadata's list, as the others.

// LetGo drops the files of a product that the cache has.
func (p *Product) LetGo() {
	if !p.held {
		p.release = nil
	}
}

// rest keeps a product in the cache.
func rest(store *cache.Store, key cache.Key, p *Product) error {
	head, err := json.Marshal(p.Facts)
	if err != nil {
		return fmt.Errorf("keep %s: %w", p.release.Key, err)
	}
	metadata, err := json.Marshal(p.release.Metadata)
	if err != nil {
		return fmt.Errorf("keep %s: %w", p.release.Key, err)
	}
	blobs := make([][]byte, 0, 1+len(p.release.Files))
	blobs = append(blobs, metadata)
	for _, file := range p.release.Files {
		blobs = append(blobs, file.Data)
	}
	p.record, err = store.Put(key, head, blobs)
	return err
}

// recall finds the product of a key; false where there is none to be trusted.
func recall(store *cache.Store, key cache.Key) (*Product, bool) {
	record, ok := store.Get(key)
	if !ok {
		return nil, false
	}
	p := &Product{record: record}
	if err := json.Unmarshal(record.Head, &p.Facts); err != nil {
		return nil, false
	}
	return p, true
}

// wake reads a resting product's files.
func (p *Product) wake(key state.Key) (*state.Release, error) {
	if p.release != nil {
		return p.release, nil
	}
	metadata, err := p.record.Blob(0)
	if err != nil {
		return nil, err
	}
	release := &state.Release{Key: key}
	if err := json.Unmarshal(metadata, &release.Metadata); err != nil {
		return nil, fmt.Errorf("%w: %w", cache.ErrCorrupt, err)
	}
	if len(release.Metadata.Files) != p.Files {
		return nil, cache.ErrCorrupt
	}
	release.Files = make([]state.File, p.Files)
	for i, entry := range release.Metadata.Files {
		data, err := p.record.Blob(i + 1)
		if err != nil {
			return nil, err
		}
		release.Files[i] = state.File{FileEntry: entry, Data: data}
	}
	return release, nil
}

// warnings are what a person is told of a product in every run, cached or not.
func (p *Product) warnings(r *plan.Release, chart *fetch.Chart) diag.List {
	found := slices.Clone(p.Warnings)
	for _, note := range p.Notes {
		found = append(found, note.Diagnostic(r, chart.Place))
	}
	return render.Masked(found, r)
}
