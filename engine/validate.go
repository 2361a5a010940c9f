package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Valid counts what a validation looked at.
type Valid struct {
	Targets, Releases int
	Fetched           []fetch.Fetched // charts that were not at hand
}

// Validate evaluates every selected release, finds its chart and what its
// kustomize block refers to, and checks its values, without rendering. A chart
// that is not locked yet is a warning: a project can be looked at before anybody
// has asked a server for anything. today decides which accept blocks have expired.
func Validate(ctx context.Context, run Run, today time.Time) (Valid, diag.List, error) {
	p, found, err := run.Plan(ctx)
	found = append(found, risk.CheckPolicy(run.Project.Policy(), today)...)
	if err != nil || found.HasErrors() {
		return Valid{}, found, err
	}
	for _, c := range p.Clusters {
		if c.State.Repository == "" {
			continue
		}
		_, err := site.RemoteOf(run, c, nil)
		list, err := work.Refusal(err)
		if found = append(found, list...); err != nil {
			return Valid{}, found, err
		}
	}
	found = append(found, site.SameState(run)...)
	if access := run.Outside.Access; access != nil {
		for _, r := range run.Project.Repositories() {
			found = append(found, access.Files(r)...)
		}
	}
	var releases []*plan.Release
	for _, target := range p.Targets {
		releases = append(releases, target.Releases...)
	}
	h := product.NewMaker(run)
	unlocked := unlockedIn(run)
	lists := make([]diag.List, len(releases))
	err = work.Each(ctx, run.Jobs, len(releases), func(i int) string { return releases[i].String() }, func(ctx context.Context, i int) error {
		r := releases[i]
		if r.Chart != nil && unlocked(*r.Chart) {
			lists[i] = h.Reach(r)
			return nil
		}
		lists[i] = h.Validate(ctx, r)
		return nil
	})
	return Valid{len(p.Targets), len(releases), h.Fetched()}, append(append(found, notLocked(releases, unlocked)...), work.Together(work.Gather(lists))...), err
}

// notLocked is one warning about all charts that are not locked.
func notLocked(releases []*plan.Release, unlocked func(schema.Chart) bool) diag.List {
	var first diag.Range
	var names []string
	for _, r := range releases {
		c := r.Chart
		if c == nil || !unlocked(*c) || slices.Contains(names, c.Source) {
			continue
		}
		if names = append(names, c.Source); len(names) == 1 {
			first = c.Range
		}
	}
	if len(names) == 0 {
		return nil
	}
	d := diag.Warningf(first, "chart %q is not locked, so nothing is known of it", names[0])
	if len(names) > 1 {
		slices.Sort(names)
		d.Summary = fmt.Sprintf("%d charts are not locked, so nothing is known of them", len(names))
		d = d.Detailf("They are %s.", strings.Join(names, ", "))
	}
	return diag.List{d.Remedyf("Run `weir lock` and commit %s; values are then compared with what their charts take.", schema.LockFile)}
}

// unlockedIn tells which charts the lock does not have. It is read when first one
// is asked for that is not in the project; what is wrong with it is left to
// whoever wants a chart of it.
func unlockedIn(run Run) func(schema.Chart) bool {
	read := sync.OnceValues(run.Project.Lock)
	return func(c schema.Chart) bool {
		if c.Kind == schema.Local {
			return false
		}
		lock, bad := read()
		_, found, _ := lock.Find(c)
		return !found && !bad.HasErrors()
	}
}
