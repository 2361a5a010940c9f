// Package review is what a person looks at before a change is merged: one value
// (Review) made of compared releases and the risks in them, and its views, one
// file each: terminal, Markdown for a pull request, a single HTML page, JSON,
// SARIF, JUnit.
//
// Every view shows the same Review; none decides anything. Routine changes are
// folded here, after the rules have seen all of them: folding hides lines, never
// a hit. It is pure, and the same Review gives the same bytes.
//
// make.go brings what is equal on many targets together, each release by
// make_release.go (digest.go says what is equal, home.go what a namespace is to it);
// fold.go makes of it the sheets that the views for people show, ways.go says where
// they differ. What these views say in the same words is made in one place:
// summary.go, gone.go, restarts.go, names.go, letters.go, where.go and text.go.
// page.go makes of them the data that the script of the HTML page shows, cause.go
// says at which line of the project SARIF and JUnit see a hit.
// Markdown stays in its budget by layout.go, and escape.go and text.go keep what a
// repository says from being markup. Secrets are gone before: see engine/diff's
// Mask.
package review

import (
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// Format is the version of the JSON form. Fields may be added within one.
const Format = 1

// Review is the answer of `weir diff`.
type Review struct {
	Format   int       `json:"format"` // the version of this form; fields may be added within one
	Project  string    `json:"project"`
	Base     Point     `json:"base"`
	Head     Point     `json:"head"`
	Command  string    `json:"command"` // that makes this review again
	Verdict  Verdict   `json:"verdict"`
	Totals   Totals    `json:"totals"`
	Targets  []Target  `json:"targets"`  // every target that was compared, in the plan's order; Where counts in it
	Hits     []Hit     `json:"hits"`     // by level, then as the rules found them; waived ones too
	Restarts []Restart `json:"restarts"` // workloads whose pods are replaced
	Images   []Image   `json:"images"`
	Charts   []Chart   `json:"charts"`
	Releases []Release `json:"releases"`        // that change, by name; riskiest first is the views' order
	Stale    []string  `json:"stale,omitempty"` // accept blocks that expired or met nothing, a sentence each
	Notes    []string  `json:"notes,omitempty"` // what could not be told, a sentence each
}

// Point is one side of the comparison.
type Point struct {
	Kind   PointKind `json:"kind"`
	Ref    string    `json:"ref,omitempty"`    // as it was asked for
	Commit string    `json:"commit,omitempty"` // whole id; of several state repositories: none

	Uncommitted bool `json:"uncommitted,omitempty"` // of a directory: what was read of it is not all as Commit has it
}

// PointKind says what a side is.
type PointKind string

const (
	Directory PointKind = "directory" // the project as it is on disk
	Revision  PointKind = "revision"  // of the project
	State     PointKind = "state"     // the canonical-state repositories
)

// Verdict is the whole review in a word: unchanged; routine, where only what is
// folded changes, such as version labels, and nothing restarts; changes, where
// nothing above info was found in them; review, where there are cautions; blocked.
type Verdict string

const (
	Same    Verdict = "unchanged"
	Routine Verdict = "routine" // only what is folded, such as version labels, and nothing restarts
	Changes Verdict = "changes" // real changes, and nothing above info was found in them
	Careful Verdict = "review"  // cautions
	Blocked Verdict = "blocked" // blockers
)

// Totals counts over all targets.
type Totals struct {
	Clusters int         `json:"clusters"` // that change
	Releases int         `json:"releases"` // that change, one of several targets counted for each; without those that are none, see createNamespace
	Objects  Counts      `json:"objects"`
	Fields   int         `json:"fields"`   // changed fields, a created or removed object counted as one
	Routine  int         `json:"routine"`  // of these objects, those in which only routine fields changed
	Restarts int         `json:"restarts"` // workloads
	Pods     int64       `json:"pods"`     // without those that run once for each node
	Images   int         `json:"images"`   // distinct steps from one to another
	Hits     LevelCounts `json:"hits"`     // not waived, those of several targets once
	Waived   int         `json:"waived"`
	Recorded int         `json:"recorded,omitempty"` // releases in which no object changes; what a state records of them does
}

// Counts counts objects by what happens to them.
type Counts struct {
	Created int `json:"created"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
}

// LevelCounts counts hits.
type LevelCounts struct {
	Block   int `json:"block"`
	Caution int `json:"caution"`
	Info    int `json:"info"`
}

// Target is a column of the fleet matrix.
type Target struct {
	Cluster     string `json:"cluster"`
	Environment string `json:"environment"`
	Change      bool   `json:"change"`
}

// Where names targets by their index in Review.Targets, ascending.
type Where []int

// Namespace is one of several in which the same happens.
type Namespace struct {
	Name  string `json:"name"`
	Where Where  `json:"where"` // the targets on which it is this one
}

// Hit is a risk, once for all targets that have it in the same words.
type Hit struct {
	risk.Hit       // of the first target
	Where    Where `json:"where"`
	// Namespaces are those of the object where they are several: each target has
	// it in the namespace of the release there.
	Namespaces []Namespace `json:"namespaces,omitempty"`

	Own bool `json:"-"` // the object is in the namespace of its release
}

// Restart is a workload that rolls, once for all targets where it does so for
// the same reasons: its pods are the sum over all of them.
type Restart struct {
	risk.Restart       // of the first target; Pods is the sum over all
	Where        Where `json:"where"`
}

// Image is an image's step, once for all workloads and targets that take it.
type Image struct {
	Repository string        `json:"repository"`
	Was        string        `json:"was,omitempty"`
	From       string        `json:"from,omitempty"`
	To         string        `json:"to,omitempty"`
	Step       string        `json:"step"` // major, minor, patch, downgrade, digest (same tag), retag (same digest), pinned, unpinned, other, new, gone
	Workloads  []manifest.ID `json:"workloads"`
	Where      Where         `json:"where"`
}

// Chart is a chart's step, once for all releases and targets that take it.
type Chart struct {
	Name     string   `json:"name"`
	Was      string   `json:"was,omitempty"` // the chart before, where it is another
	From     string   `json:"from,omitempty"`
	To       string   `json:"to,omitempty"`
	Step     string   `json:"step"` // major, minor, patch, downgrade, other, new, gone
	Releases []string `json:"releases"`
	Where    Where    `json:"where"`
	Fields   int      `json:"fields"` // changed fields of these releases, over all targets
	Caused   int      `json:"caused"` // of these, those that the chart caused; -1 where nobody looked
}

// Release is one release name over all targets where it changes.
type Release struct {
	Name    string       `json:"name"`
	Groups  []Group      `json:"groups"` // targets with the very same changes, but for the namespace of the release; the largest first
	Causes  []diff.Cause `json:"causes"` // each once, fields counted over all targets; empty where nobody looked
	Changes []Change     `json:"changes"`
	// CreateNamespace tells that it is no release: its objects are the Namespaces
	// that create_namespace asks for, and its name is _namespaces.
	CreateNamespace bool `json:"createNamespace,omitempty"`
}

// Group is the targets in which a release changes in the same way.
type Group struct {
	Status manifest.Status `json:"status"`         // of the release
	From   string          `json:"from,omitempty"` // the name it had before
	Where  Where           `json:"where"`
	Causes []Cause         `json:"causes,omitempty"`
	Counts Counts          `json:"counts"` // of one target
	Fields int             `json:"fields"` // of one target
}

// Cause is what caused as many fields of a release on each target in Where.
type Cause struct {
	diff.Cause
	Where Where `json:"where"`
}

// Change is one object's change, once for all targets that have the very same.
// The namespace of the release may be another one on each: object, fields and
// paths name that of the first, and are the same elsewhere but for it.
type Change struct {
	Status  manifest.Status `json:"status"`
	Object  manifest.ID     `json:"object"`
	Hook    bool            `json:"hook,omitempty"`
	Was     *manifest.ID    `json:"was,omitempty"` // where it was renamed
	Rename  diff.Rename     `json:"rename,omitempty"`
	Keep    bool            `json:"keep,omitempty"`    // it is removed, and stays in the cluster
	Fields  []diff.Field    `json:"fields,omitempty"`  // their causes count in Release.Causes
	Cause   int             `json:"cause"`             // of a created or removed object: index into Release.Causes
	Routine bool            `json:"routine,omitempty"` // nothing but routine fields: to be folded, unless there is a hit
	Where   Where           `json:"where"`
	// Namespaces are those of the object where they are several: each target has
	// it in the namespace of the release there.
	Namespaces []Namespace `json:"namespaces,omitempty"`
	Hits       []int       `json:"hits,omitempty"` // indices into Review.Hits

	Own bool `json:"-"` // the object is in the namespace of its release

	// Masked canonical YAML, for unified views and side by side.
	Before []byte `json:"-"`
	After  []byte `json:"-"`
}

// Input is what a review is made of.
type Input struct {
	Project    string
	Base, Head Point
	Command    string
	Targets    []Target       // Change is filled by Make
	Releases   []diff.Release // in the plan's order, compared and masked, only those that changed
	Hits       []risk.Hit
	Restarts   []risk.Restart
	Images     []Images
	Recorded   int // releases of which nothing but what is recorded of them changes
	Stale      []string
	Notes      []string
}

// Images are those of one release of one target.
type Images struct {
	Cluster, Environment, Release string
	Images                        []risk.ImageChange
}
