// Package plan decides what a run is about: which targets, which releases in
// which order, with which values. After it there is nothing left to look up. It
// does no I/O; the project it asks has read its files already.
package plan

import (
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
)

// Plan is all work of one run, targets in the order of the project.
type Plan struct {
	Project  string
	Clusters []schema.Cluster // every cluster that the selection touches, with or without targets
	Targets  []Target
	Removed  []schema.Removed
	Moved    []schema.Moved
}

// Removal is the removed block that lets a release go from an environment, if there
// is one.
func (p *Plan) Removal(environment, release string) (schema.Removed, bool) {
	for _, r := range p.Removed {
		if glob(r.Release, release) && AnyGlob(r.Environments, environment) {
			return r, true
		}
	}
	return schema.Removed{}, false
}

// Target is one (environment, cluster) pair with what is to be rendered for it.
type Target struct {
	Environment string
	Cluster     schema.Cluster
	Namespaces  map[string]schema.Namespace // namespace blocks by name
	Headers     []schema.Header             // every release that the project declares for the target, selected or not, planned or not; by name
	Selected    []schema.Header             // those of them that the selector picks, planned or not; by name
	Releases    []*Release                  // selected and planned, in needs order, then by name
}

// Release is one release of one target, final: values merged, needs resolved.
type Release struct {
	schema.Release
	Environment string
	Cluster     schema.Cluster
	Values      *values.Node // a map; never nil
	After       []string     // needs, resolved to "<environment>/<release>", sorted
	Mistaken    bool         // the project has mistakes in it: there is no release to make of it
}

// String names a release of a target where a person reads it.
func (r *Release) String() string { return r.Environment + "/" + r.Name + "@" + r.Cluster.Name }
