package render

import (
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Note is a fact about a render that a person is warned of in every run, cached
// or not. It holds no place of the project: those may move while everything
// that goes into the render stays as it is.
type Note struct {
	Summary string           `json:"summary"`
	Detail  string           `json:"detail,omitempty"`
	Remedy  string           `json:"remedy,omitempty"`
	Value   []string         `json:"value,omitempty"`  // the path of a value, whose own line is the subject
	Source  *manifest.Source `json:"source,omitempty"` // else a line of the chart
}

// Diagnostic is the warning for a release as it is now. place finds lines of
// the chart, see Options.Place; it may be nil where no note has a Source.
func (n Note) Diagnostic(rel *plan.Release, place func(manifest.Source) diag.Range) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Warning, Summary: n.Summary, Detail: n.Detail, Remedy: n.Remedy, Subject: subject(rel)}
	switch {
	case n.Source != nil && place != nil:
		release := d.Subject
		d.Subject = place(*n.Source)
		return d.Also(release, "rendered for this release")
	case len(n.Value) > 0:
		d.Subject = origin(rel.Values, n.Value, d.Subject)
	}
	return d
}
