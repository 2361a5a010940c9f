package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// landAll writes every cluster's change, many at once. Each lands or not on its
// own: a site that did not holds why, and the others go on.
func landAll(ctx context.Context, run Run, all *sites, p *plan.Plan, o HydrateOptions) error {
	var writing []*site
	for _, s := range all.all {
		if s.writes(o) {
			s.failed = errUnwritten
			writing = append(writing, s)
		}
	}
	if len(writing) == 0 {
		return nil
	}
	l := landing{run: run, plan: p, sites: all, options: o}
	name := func(i int) string { return "the commit for cluster " + writing[i].cluster.Name }
	return work.Each(ctx, connections, len(writing), name, func(ctx context.Context, i int) error {
		s := writing[i]
		verb := "commit "
		if s.remote() {
			verb = "push "
		}
		defer run.Watch(verb + s.cluster.Name)()
		found, err := l.land(ctx, s)
		if err != nil {
			err = fmt.Errorf("%s%s: %w", verb, s.cluster.Name, err)
		}
		s.found, s.failed = found, err
		return nil
	})
}

// errUnwritten is why a site did not land whose turn never came.
var errUnwritten = errors.New("the run ended before")

// landing is what the sites of a run need to land.
type landing struct {
	run     work.Run
	plan    *plan.Plan
	sites   *sites
	options HydrateOptions
}

// land commits a site's change. Where somebody else was faster, or a connection
// failed, the change is worked out again on the branch as it is then: only what
// depends on the committed state, nothing is rendered twice.
func (l landing) land(ctx context.Context, s *site) (diag.List, error) {
	began := s.base.Commit()
	var made state.Hash // a commit of which nobody knows whether it arrived
	for try := 1; ; try++ {
		found, err := l.commit(ctx, s)
		if err == nil || !l.options.Again(err, try) || ctx.Err() != nil {
			list, err := work.Refusal(gaveUp(s, err, began, try))
			return append(found, list...), err
		}
		if s.commit != nil {
			made = s.commit.New
		}
		if err := l.options.Wait(ctx, try); err != nil {
			return found, err
		}
		if err := s.open(ctx, l.options); err != nil {
			list, err := work.Refusal(err)
			return append(found, list...), err
		}
		if made != "" && s.base.Commit() == made {
			return found, nil // it had arrived
		}
		list, err := l.stage(ctx, s)
		if found = append(found, list...); err != nil || list.HasErrors() {
			return found, err
		}
	}
}

// commit does what is left to do with a change that is worked out. One without
// anything to write may still finish a work tree.
func (l landing) commit(ctx context.Context, s *site) (found diag.List, err error) {
	s.commit = nil
	var record state.Record
	if !s.change.Empty() {
		if !l.options.ForceOlder {
			found, err = l.sites.order.check(ctx, s, s.environments())
			if err != nil || found.HasErrors() {
				return found, err
			}
		}
		who, sign, err := l.options.Committer.In(ctx, s.repository.ConfigDir())
		if err != nil {
			return found, err
		}
		record = state.Record{Message: s.message.Text(s.change), Who: who, Sign: sign, Review: l.options.Review}
	}
	result, err := s.repository.Commit(ctx, s.change, record)
	if err == nil || result.New != "" {
		s.commit = &result
	}
	return found, s.placed(err)
}

// stage works a site's change out again, after begin has read the new head.
func (l landing) stage(ctx context.Context, s *site) (diag.List, error) {
	for _, j := range s.jobs {
		if !j.product.Settled() {
			continue
		}
		if err := j.place(ctx, l.sites.h, nil); err != nil {
			return work.Refusal(err)
		}
	}
	if err := s.settle(ctx, l.sites.h, nil, l.options); err != nil {
		return work.Refusal(err)
	}
	return l.sites.compareOne(ctx, l.run, l.plan, s, l.options, false)
}

// gaveUp says what a person has to know of a branch that would not hold still.
func gaveUp(s *site, err error, began state.Hash, tries int) error {
	moved := (*state.MovedError)(nil)
	if !errors.As(err, &moved) || tries == 1 {
		return work.Tried(err, tries)
	}
	return diag.RefuseFor(err, diag.Diagnostic{
		Summary: "The state repository moved on each time this run was about to write",
		Subject: diag.Range{File: s.at.Name},
		Detail: fmt.Sprintf("Branch %s was at %s when the run began and is at %s now: others hydrate or commit all the time. Weir gave up after %d tries; nothing was written for cluster %q.",
			s.at.Branch, began.Short(), moved.To, tries, s.cluster.Name),
		Remedy: "Hydrate again when there is less going on.",
	})
}
