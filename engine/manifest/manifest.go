// Package manifest knows what a Kubernetes object is to Weir: an identity, a
// place in a fixed order and canonical bytes. It reads YAML as Helm and
// Kubernetes read it and writes it in one form only; it never does I/O.
package manifest

import "github.com/weir-dev/weir/schema/diag"

// ID is what makes two objects the same object in one cluster. The API version
// is no part of it: a version bump is a change, not a rename.
type ID struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"` // empty for cluster-scoped objects
	Name      string `json:"name"`
}

// Hook is what Helm's annotations say of an object that runs at a phase.
type Hook struct {
	Phases         []string `json:"phases"` // pre-install, post-upgrade, …; in the order of Helm's documentation
	Weight         int      `json:"weight"`
	DeletePolicies []string `json:"deletePolicies,omitempty"`

	// Unknown is a phase that Helm does not know, quoted; there are no Phases
	// then, and Helm leaves the object out.
	Unknown string `json:"-"`
}

// Source is where an object came from: a template of the chart, a plain
// manifest, a patch. File is relative to the project for manifests and relative
// to the chart, sub-charts included, for templates.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// Place turns a source into a range for a diagnostic.
func (s Source) Place() diag.Range {
	return diag.Range{File: s.File, Start: diag.Pos{Line: s.Line}, End: diag.Pos{Line: s.Line}}
}
