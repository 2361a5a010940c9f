package product

import (
	"context"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// Plan plans a run. Where the project has mistakes, what has none is rendered all
// the same, for its own.
func Plan(ctx context.Context, run work.Run) (*plan.Plan, diag.List, error) {
	p, found, err := run.Plan(ctx)
	if err == nil && found.HasErrors() {
		var more diag.List
		more, err = others(ctx, run, p)
		found = append(found, more...)
	}
	return p, found, err
}

// others renders what the plan has no mistakes in, where it has some elsewhere,
// so that a person hears of all mistakes at once. It returns nothing but them.
func others(ctx context.Context, run work.Run, p *plan.Plan) (diag.List, error) {
	var releases []*plan.Release
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			if !r.Mistaken {
				releases = append(releases, r)
			}
		}
	}
	h := NewMaker(run)
	lists := make([]diag.List, len(releases))
	name := func(i int) string { return releases[i].String() }
	run.Expect(len(releases))
	err := work.Each(ctx, run.Jobs, len(releases), name, func(ctx context.Context, i int) (err error) {
		defer run.Watch(name(i))()
		_, lists[i], err = h.Make(ctx, releases[i])
		return err
	})
	var found diag.List
	for _, list := range lists {
		if list.HasErrors() {
			found = append(found, list...)
		}
	}
	return work.Together(found), err
}
