package site

import (
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Asked is what a selection says of releases that were.
type Asked struct {
	plan.Selection
	declared map[string]bool // by cluster, environment and release; true where -l picks it
	Nothing  diag.List       // why the selection may pick nothing
}

// AskedFor are those whose history a selection may ask for: also for an
// environment or a release that the project no longer has.
func AskedFor(run work.Run) ([]schema.Cluster, Asked, diag.List) {
	p := Asked{Selection: run.Selection, declared: map[string]bool{}}
	all, found := plan.Draw(run.Project, plan.Selection{Clusters: run.Selection.Clusters}, plan.Serially)
	if found.HasErrors() {
		return nil, p, found
	}
	drawn, nothing := plan.Draw(run.Project, run.Selection, plan.Serially)
	clusters := drawn.Clusters
	if nothing.HasErrors() || len(clusters) == 0 {
		clusters, p.Nothing = all.Clusters, nothing
	}
	for _, t := range all.Targets {
		for _, h := range t.Headers {
			p.declared[t.Cluster.Name+"/"+t.Environment+"/"+h.Name] = false
		}
	}
	for _, t := range drawn.Targets {
		for _, h := range t.Selected {
			p.declared[t.Cluster.Name+"/"+t.Environment+"/"+h.Name] = true
		}
	}
	return clusters, p, found
}

// Selects tells whether a release of a cluster is asked for.
func (p Asked) Selects(cluster string, k state.Key) bool {
	if len(p.Environments) > 0 && !plan.AnyGlob(p.Environments, k.Environment) {
		return false
	}
	if picked, declared := p.declared[cluster+"/"+k.String()]; declared && !p.Selector.Empty() {
		return picked
	}
	return p.Selector.MatchesName(k.Release)
}
