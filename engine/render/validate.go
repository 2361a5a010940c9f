package render

import (
	"context"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Validate is what can be said of a release without running its templates: its
// dependencies, its values against the chart's schemas, values that nobody
// reads. Warnings are in the list too.
func Validate(ctx context.Context, c *Chart, rel *plan.Release, o Options) diag.List {
	o.Limits = o.Limits.withDefaults()
	j := &job{ctx: ctx, chart: c, rel: rel, options: o}
	j.prepare()
	for _, n := range append(j.release.Notes, c.Lint(rel.Values)...) {
		j.fail(n.Diagnostic(rel, j.place))
	}
	return j.masked().Sorted()
}
