package compare

import (
	"context"
	"os"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/unstable"
)

// Values that a chart makes up and a hydration keeps are no change between two
// revisions: the base has those of the state, if that is on this machine, else
// what was made up just now; the head has the base's.

// states opens the states on this machine that have values to keep.
func (r *revisions) states(ctx context.Context) (at map[string]*state.Snapshot, close func()) {
	at = map[string]*state.Snapshot{}
	var open []state.Repository
	for _, c := range r.before.plan.Clusters {
		keeps := func(p *twoReleases) bool { return p.cluster == c.Name && p.before != nil && len(p.before.Unstable) > 0 }
		if c.State.Repository != "" || !slices.ContainsFunc(r.pairs, keeps) {
			continue
		}
		where := state.Default(r.run.Dir, c.Name, c.State.Branch)
		if _, err := os.Stat(where.Dir); err != nil {
			continue
		}
		repository, err := state.Open(ctx, where)
		if err != nil {
			continue // a comparison of revisions does without
		}
		open = append(open, repository)
		if snapshot, err := repository.Head(ctx); err == nil {
			at[c.Name] = snapshot
		}
	}
	return at, func() {
		for _, repository := range open {
			_ = repository.Close() // nothing was written
		}
	}
}

// keep gives a release of the base what is committed.
func (r *revisions) keep(cluster string, files state.Release, release *plan.Release, fields []unstable.Field) (state.Release, error) {
	at := r.kept[cluster]
	if at == nil || len(fields) == 0 {
		return files, nil
	}
	old, err := committed(at, files.Key)
	if err != nil || len(old.Files) == 0 {
		return files, err
	}
	return product.CarryOver(old, files, release, fields)
}
