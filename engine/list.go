package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Listed is one release at one target, as a list shows it.
type Listed struct {
	Environment string            `json:"environment"`
	Cluster     string            `json:"cluster"`
	Release     string            `json:"release"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels,omitempty"`
	Chart       string            `json:"chart,omitempty"` // a local one relative to the project
	Planned     bool              `json:"planned"`
	Why         string            `json:"why,omitempty"` // where it is not planned
}

// List names the selected releases of every selected target, those that `when`
// or `environments` keep out included.
func List(ctx context.Context, run Run) ([]Listed, diag.List, error) {
	p, found, err := run.Plan(ctx)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	listed := []Listed{}
	for i := range p.Targets {
		target := &p.Targets[i]
		chart := map[string]string{}
		for _, r := range target.Releases {
			if r.Chart != nil {
				chart[r.Name] = r.Chart.Source
				if r.Chart.Kind == schema.Local {
					chart[r.Name] = "./" + r.Chart.Path
				}
			}
		}
		for _, h := range target.Selected {
			listed = append(listed, Listed{target.Environment, target.Cluster.Name, h.Name, h.Namespace, h.Labels, chart[h.Name], h.Planned, h.Why})
		}
	}
	return listed, found, nil
}

// Graph is what needs what among the selected releases.
func Graph(ctx context.Context, run Run) (plan.Graph, diag.List, error) {
	p, found, err := run.Plan(ctx)
	if err != nil || found.HasErrors() {
		return plan.Graph{}, found, err
	}
	return p.Graph(), found, nil
}
