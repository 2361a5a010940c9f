// Package render turns a chart and a release's values into the objects of that
// release, without any cluster: Helm's SDK loads the chart and combines values
// and dependencies, an executor of our own runs the templates, parsed once per
// chart, within limits. Chart code is not trusted: it reads no file outside of
// the chart, no clock that matters, no network. The package starts no goroutine
// and keeps nothing between calls but what is in a Chart. Go on with
// engine/transform, which changes the objects, or with execute.go for the
// executor.
package render

import (
	"context"
	"time"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Options is what a render takes beside the chart and the release. The zero
// value is the normal case.
type Options struct {
	Limits Limits
	// Memo remembers objects of rendered documents between renders; may be nil.
	Memo *manifest.Memo
	// Scope answers for kinds that neither Kubernetes nor the release's own CRDs
	// define: CRDs of other releases. May be nil.
	Scope func(group, kind string) (namespaced, known bool)
	// Place is where a person finds a line of the chart; nil is Chart.Place.
	Place func(manifest.Source) diag.Range
}

// Limits bounds what a chart may take. Zero fields have the defaults.
type Limits struct {
	Time       time.Duration // 1 minute
	Output     int           // bytes that a release renders to, and of any one text on the way: 64 MiB
	Iterations int           // of all ranges together: 1,000,000
	Depth      int           // of nested includes and templates: 1,000
}

// Release is what a chart renders to: plain data.
type Release struct {
	Objects      []manifest.Object // in no particular order
	ChartName    string
	ChartVersion string
	AppVersion   string
	Defines      []Kind     // kinds that the release's own CRDs define, sorted
	Unknown      []Kind     // kinds whose scope nobody knows: taken as namespaced, sorted
	Unstable     []Unstable // what another clock and random source would change
	Notes        []Note     // what becomes a warning in every run
	// Variation is what another clock and random source would make of Objects;
	// nil where nothing is Unstable.
	Variation []manifest.Object
}

// Kind is a kind with its scope.
type Kind struct {
	Group      string `json:"group,omitempty"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// Unstable is one value of one object that is different in every render. Path
// is a JSON pointer, empty where the whole object comes and goes.
type Unstable struct {
	ID       manifest.ID `json:"id"`
	Path     string      `json:"path"`
	Template string      `json:"template"` // relative to the chart
	Line     int         `json:"line,omitempty"`
	Value    any         `json:"-"` // in Objects
}

// Render renders a release. The objects are final but for the steps of
// engine/transform: Lists expanded, tests dropped, namespaces filled in.
// Warnings are in Release.Notes; the list holds errors only.
func Render(ctx context.Context, c *Chart, rel *plan.Release, o Options) (Release, diag.List) {
	o.Limits = o.Limits.withDefaults()
	j := &job{ctx: ctx, chart: c, rel: rel, options: o}
	j.release = Release{
		ChartName:    c.top.chart.Metadata.Name,
		ChartVersion: c.top.chart.Metadata.Version,
		AppVersion:   c.top.chart.Metadata.AppVersion,
	}
	prepared, ok := j.prepare()
	if !ok {
		return Release{}, j.masked().Sorted()
	}
	first := &variation{now: time.Now().UTC(), cheap: rel.Nondeterminism != "keep"}
	texts, err := j.execute(prepared, first)
	if err != nil {
		j.fail(j.executionError(prepared, err))
		return Release{}, j.masked()
	}
	r := &reading{job: j}
	if j.release.Objects, ok = r.all(prepared, texts); ok && first.asked {
		j.compare(prepared, first, texts, r.kinds)
	}
	if j.found.HasErrors() {
		return Release{}, j.masked().Sorted()
	}
	j.release.Notes = append(j.release.Notes, c.Lint(rel.Values)...)
	return j.release, nil
}

func (l Limits) withDefaults() Limits {
	if l.Time == 0 {
		l.Time = time.Minute
	}
	if l.Output == 0 {
		l.Output = 64 << 20
	}
	if l.Iterations == 0 {
		l.Iterations = 1_000_000
	}
	if l.Depth == 0 {
		l.Depth = 1_000
	}
	return l
}

// job is one call of Render.
type job struct {
	ctx     context.Context
	chart   *Chart
	rel     *plan.Release
	options Options
	release Release
	found   diag.List
}

func (j *job) fail(d diag.Diagnostic) { j.found = append(j.found, d) }
func (j *job) note(n Note)            { j.release.Notes = append(j.release.Notes, n) }

func (j *job) place(source manifest.Source) diag.Range {
	if j.options.Place != nil {
		return j.options.Place(source)
	}
	return j.chart.Place(source)
}
