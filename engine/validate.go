package engine

import (
	"context"

	"github.com/weir-dev/weir/schema/diag"
)

// Valid counts what a validation looked at.
type Valid struct{ Targets, Releases int }

// Validate evaluates every selected release, finds its chart and what its
// kustomize block refers to, and checks its values, without rendering.
func Validate(ctx context.Context, run Run) (Valid, diag.List, error) {
	p, found, err := run.plan(ctx)
	if err != nil || found.HasErrors() {
		return Valid{}, found, err
	}
	for _, c := range p.Clusters {
		if c.State.Repository == "" {
			continue
		}
		_, err := run.remoteOf(c, nil)
		list, err := refusal(err)
		if found = append(found, list...); err != nil {
			return Valid{}, found, err
		}
	}
	found = append(found, sameState(run)...)
	var jobs []*job
	for i := range p.Targets {
		for _, r := range p.Targets[i].Releases {
			jobs = append(jobs, &job{target: &p.Targets[i], release: r})
		}
	}
	h := run.hydrator()
	lists := make([]diag.List, len(jobs))
	err = each(ctx, run.Jobs, len(jobs), func(i int) string { return jobs[i].String() }, func(ctx context.Context, i int) error {
		lists[i] = h.validate(ctx, jobs[i].release)
		return nil
	})
	return Valid{Targets: len(p.Targets), Releases: len(jobs)}, append(found, gather(lists)...), err
}
