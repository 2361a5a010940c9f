package charts

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Want is one chart reference with the releases that have it.
type Want struct {
	Ref      schema.Chart
	Releases []string
}

// Named tells whether one of its releases is.
func (w Want) Named(names map[string]bool) bool {
	for _, release := range w.Releases {
		if names[release] {
			return true
		}
	}
	return false
}

// Wants is every chart of a plan, once.
func Wants(p *plan.Plan) []Want {
	var wants []Want
	at := map[string]int{}
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			if r.Chart == nil {
				continue
			}
			key := r.Chart.LockKey() + "\x00" + r.Chart.Path
			i, known := at[key]
			if !known {
				i = len(wants)
				at[key] = i
				wants = append(wants, Want{Ref: *r.Chart})
			}
			if !slices.Contains(wants[i].Releases, r.Name) {
				wants[i].Releases = append(wants[i].Releases, r.Name)
			}
		}
	}
	return wants
}

// LoadAll loads charts and all that they depend on through a library.
func LoadAll(ctx context.Context, run work.Run, library fetch.Library, wants []Want) (diag.List, error) {
	from := fetch.From{
		Project:      run.Project.FS(),
		Repositories: run.Project.Repositories(),
		Library:      library,
	}
	run.Expect(len(wants))
	lists := make([]diag.List, len(wants))
	err := work.Each(ctx, max(run.Jobs, AtOnce), len(wants), func(i int) string { return wants[i].Ref.Source }, func(ctx context.Context, i int) error {
		defer run.Watch(wants[i].Ref.Source)()
		_, lists[i] = Load(ctx, from, wants[i].Ref)
		return ctx.Err()
	})
	return work.Together(work.Gather(lists)), err
}

// Missing is what a run that cannot render can still say of its charts, so
// that a person hears of all mistakes at once.
func Missing(ctx context.Context, run work.Run, p *plan.Plan) diag.List {
	var found diag.List
	pool := NewPool(run)
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			if r.Chart != nil {
				_, list := pool.Fetch(ctx, *r.Chart)
				found = append(found, list...)
			}
		}
	}
	return work.Together(found)
}
