// Package diff compares what a release was with what it is to be: which objects
// belong together, which of their fields changed, and what kind of change each
// is. It compares values as Kubernetes understands them, list items by the keys
// that its schemas give, never lines of text; lines are drawn afterwards, for
// people (unified.go).
//
// To read it: pair.go says which objects are one, fields.go walks both, lists.go
// and crd.go know how Kubernetes matches a list's items, align.go what to do where
// nothing identifies them, classify.go has the kinds of change as a table,
// apply.go what a difference means: it makes the one side of the other, and
// attribute.go which step on the way between them made which change.
//
// It is pure and judges nothing: what a change breaks is engine/risk's to say,
// what a reviewer sees of it engine/review's. Changes carry whatever the objects
// hold; Mask takes secrets out (mask.go, with secret.go, sensitive.go and beside.go
// for what is one), and nothing that a person reads may be made of changes that did
// not go through it.
package diff

import (
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// Pair is one release of one target, before and after: what is to be compared.
type Pair struct {
	Cluster     string
	Environment string
	Release     string     // its name after; before, where it is removed
	From        string     // the name it had before, where it was moved
	Declared    diag.Range // where the project declares it; may be zero
	Before      *Version   // nil where it is created
	After       *Version   // nil where it is removed
	Undeclared  bool       // it is removed, and nothing says that it is meant to be: a hydration will refuse
}

// Version is a release as one side has it.
type Version struct {
	Chart      Chart // zero for plain manifests
	Kubernetes string
	Namespace  string
	Keep       bool // what disappears from it stays in the cluster (sync.prune is off)
	Objects    manifest.Set
}

// Chart names a chart.
type Chart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Source  string `json:"source,omitempty"` // as the project wrote it
}

// Release is a pair with what changed in it.
type Release struct {
	Pair
	Changes   []Change // in the order of a Set, by what is there after, else before
	Unchanged int      // objects that are the same
	Causes    []Cause  // empty where nobody looked for them
}

// Change is what becomes of one object.
type Change struct {
	Status     manifest.Status // created, changed or removed
	Before     manifest.Object // the zero Object where it is created
	After      manifest.Object // the zero Object where it is removed
	Rename     Rename          // how the two were found to be one, where their names differ
	Similarity float64         // of a Guess, in [0,1]
	Fields     []Field         // of a changed object, in the order of its canonical YAML
	Cause      int             // of a created or removed object: index into Release.Causes
}

// Object is the object's identity: the one after, or before where it is removed.
func (c Change) Object() manifest.ID {
	if c.Status == manifest.Removed {
		return c.Before.ID
	}
	return c.After.ID
}

// Hook tells whether the object is a hook of Helm's.
func (c Change) Hook() bool { return c.Before.Hook != nil || c.After.Hook != nil }

// Rename says how an object was found again under another name.
type Rename string

const (
	NoRename Rename = ""
	Hash     Rename = "hash"  // the same but for the hash that kustomize appends
	Moved    Rename = "moved" // the same but for the release's name, which was moved
	Guess    Rename = "guess" // so alike that it is probably the same
)

// Field is the smallest part of an object that tells a change: a leaf that has
// another value, or a whole subtree that came or went.
type Field struct {
	Path   Path            `json:"path"`
	Status manifest.Status `json:"status"` // created, changed or removed
	Class  Class           `json:"class"`
	Before any             `json:"before,omitempty"` // JSON-typed, or Masked
	After  any             `json:"after,omitempty"`
	// Order tells that a list has the same items in another order; Before and
	// After are then lists of what the items are known by.
	Order bool `json:"order,omitempty"`
	// Place is where a created item stands in its list after the change, and
	// where a removed one stood before.
	Place int `json:"-"`
	// Moved is, of an Order, where in Before each item of After stood.
	Moved []int `json:"-"`
	// Inner is what changed inside of a text that has lines, or that is YAML or
	// JSON.
	Inner *Inner `json:"inner,omitempty"`
	Cause int    `json:"cause"` // index into Release.Causes
}

// Inner is a text's own difference.
type Inner struct {
	Format string  `json:"format"`           // yaml, json or text
	Fields []Field `json:"fields,omitempty"` // of yaml and json
	Text   string  `json:"text"`             // unified hunks, without file names
}

// Masked stands for a value that nobody may read: "value A", "value B".
type Masked string

// Class is the kind of a field's change.
type Class string

const (
	Image     Class = "image"
	Replicas  Class = "replicas"
	Resources Class = "resources"
	Env       Class = "env"
	Config    Class = "config" // data of a ConfigMap
	Secret    Class = "secret" // data of a Secret
	RBAC      Class = "rbac"
	Network   Class = "network"
	Storage   Class = "storage"
	CRD       Class = "crd"
	Docs      Class = "docs"     // descriptions in a CRD's schema
	Label     Class = "label"    // labels and annotations that only tell versions
	Checksum  Class = "checksum" // annotations that follow other objects
	Order     Class = "order"    // of a list whose order has no meaning
	Other     Class = "other"
)

// Routine tells whether changes of the class are folded: a reviewer wants to
// know that they are there, and how many, not to read them.
func (c Class) Routine() bool {
	switch c {
	case Label, Checksum, Order, Docs:
		return true
	}
	return false
}

// Cause is where changes of a release come from.
type Cause struct {
	Kind CauseKind `json:"kind"`
	From string    `json:"from,omitempty"` // version of chart, Kubernetes or Weir
	To   string    `json:"to,omitempty"`
	// Attribute is the one of the release that differs: namespace, sync.prune.
	Attribute string `json:"attribute,omitempty"`
	// Place is the line that a person edited; of manifests and kustomize the file,
	// without a line, where that is what differs.
	Place diag.Range `json:"place,omitzero"`
	More  int        `json:"more,omitempty"` // how many files, or lines, differ besides the Place
	// With is what could not be told apart from it, for a release with that alone
	// does not render: "chart 1.0.0 -> 2.0.0"; several are joined with commas.
	With   string `json:"with,omitempty"`
	Fields int    `json:"fields"` // how many changes reach their final value by it
}

// String names the cause for people, without its place.
func (c Cause) String() string {
	text := string(c.Kind)
	if c.Attribute != "" {
		text = c.Attribute
	}
	if c.From != "" && c.From != c.To {
		text += " " + c.From + " ->"
	}
	if c.To != "" {
		text += " " + c.To
	}
	return text
}

// CauseKind is a step on the way from one rendering to another.
type CauseKind string

// The steps in the order in which they are taken.
const (
	ByChart      CauseKind = "chart"
	ByValues     CauseKind = "values"
	ByManifests  CauseKind = "manifests"
	ByKustomize  CauseKind = "kustomize"
	ByRelease    CauseKind = "release" // what else the project says of it
	ByKubernetes CauseKind = "kubernetes"
	ByWeir       CauseKind = "weir" // whatever is left
)

// Compare finds what changed from one side of a release to the other.
func Compare(p Pair) Release { return compare(p, nil) }
