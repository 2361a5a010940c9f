package render

import (
	"context"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Validate is what Render says before it runs a template: whether the chart
// runs on the cluster's Kubernetes, whether its dependencies and values go
// together, and what its schemas think of the values.
func Validate(ctx context.Context, c *Chart, rel *plan.Release) diag.List {
	j := &job{ctx: ctx, chart: c, rel: rel, options: Options{Limits: Limits{}.withDefaults()}}
	j.prepare()
	return j.found
}
