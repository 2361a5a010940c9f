package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema/diag"
)

// land writes every cluster's change, many at once. Each lands or not on its
// own: a site that did not holds why, and the others go on.
func (run Run) land(ctx context.Context, all *sites, p *plan.Plan, o HydrateOptions) error {
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
	l := landing{run: run, plan: p, sites: all, options: o, patience: o.patience()}
	name := func(i int) string { return "the commit for cluster " + writing[i].cluster.Name }
	return each(ctx, connections, len(writing), name, func(ctx context.Context, i int) error {
		s := writing[i]
		verb := "commit "
		if s.remote() {
			verb = "push "
		}
		defer run.watch(verb + s.cluster.Name)()
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
	run     Run
	plan    *plan.Plan
	sites   *sites
	options HydrateOptions
	patience
}

// land commits a site's change. Where somebody else was faster, or a connection
// failed, the change is worked out again on the branch as it is then: only what
// depends on the committed state, nothing is rendered twice.
func (l landing) land(ctx context.Context, s *site) (diag.List, error) {
	began := s.base.Commit()
	var made state.Hash // a commit of which nobody knows whether it arrived
	for try := 1; ; try++ {
		found, err := l.commit(ctx, s)
		if err == nil || !l.again(err, try) || ctx.Err() != nil {
			list, err := refusal(gaveUp(s, err, began, try))
			return append(found, list...), err
		}
		if s.commit != nil {
			made = s.commit.New
		}
		if err := l.wait(ctx, try); err != nil {
			return found, err
		}
		if err := l.open(ctx, s, l.options); err != nil {
			list, err := refusal(err)
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
		if !j.product.settled() {
			continue
		}
		if err := j.place(ctx, l.sites.h, nil); err != nil {
			return refusal(err)
		}
	}
	if err := s.settle(ctx, l.sites.h, nil, l.options); err != nil {
		return refusal(err)
	}
	return l.sites.compareOne(ctx, l.run, l.plan, s, l.options, false)
}

// patience says how often and after which pauses a thing that failed for reasons
// that pass is tried again.
type patience struct {
	pause  func(ctx context.Context, d time.Duration) error
	random func() float64 // in [0,1)
}

func (o HydrateOptions) patience() patience {
	p := patience{o.Pause, o.Random}
	if p.pause == nil {
		p.pause = wire.Pause
	}
	if p.random == nil {
		p.random = rand.Float64
	}
	return p
}

// Somebody who commits in between has made progress, so it is worth to try for
// long: of n writers one succeeds each time, and the pauses spread the others.
// A server that does not answer is given up sooner. The pauses of the longest
// way are a minute and a half together, on the average.
const (
	triesMoved     = 12
	triesTemporary = 5
	firstPause     = 500 * time.Millisecond
	longestPause   = 30 * time.Second
)

// again tells whether to go on after the try-th try failed.
func (p patience) again(err error, try int) bool {
	switch moved := (*state.MovedError)(nil); {
	case errors.As(err, &moved):
		return try < triesMoved
	case remote.Temporary(err):
		return try < triesTemporary
	}
	return false
}

// wait pauses after the try-th try: up to twice as long each time, anything
// between nothing and that, so that those who collided do not meet again.
func (p patience) wait(ctx context.Context, try int) error {
	d := min(firstPause<<(try-1), longestPause)
	return p.pause(ctx, time.Duration(p.random()*float64(d)))
}

// open begins a site, and again where its remote does not answer at once.
func (p patience) open(ctx context.Context, s *site, o HydrateOptions) error {
	for try := 1; ; try++ {
		err := s.begin(ctx, o)
		if err == nil || !p.again(err, try) || ctx.Err() != nil {
			return tried(err, try)
		}
		if err := p.wait(ctx, try); err != nil {
			return err
		}
	}
}

// gaveUp says what a person has to know of a branch that would not hold still.
func gaveUp(s *site, err error, began state.Hash, tries int) error {
	moved := (*state.MovedError)(nil)
	if !errors.As(err, &moved) || tries == 1 {
		return tried(err, tries)
	}
	return diag.RefuseFor(err, diag.Diagnostic{
		Summary: "The state repository moved on each time this run was about to write",
		Subject: diag.Range{File: s.at.Name},
		Detail: fmt.Sprintf("Branch %s was at %s when the run began and is at %s now: others hydrate or commit all the time. Weir gave up after %d tries; nothing was written for cluster %q.",
			s.at.Branch, shown(began), moved.To, tries, s.cluster.Name),
		Remedy: "Hydrate again when there is less going on.",
	})
}

// tried adds to an error that it came more than once.
func tried(err error, tries int) error {
	if tries == 1 || !remote.Temporary(err) {
		return err
	}
	list, ok := diag.Refused(err)
	if !ok {
		return fmt.Errorf("%w (tried %d times)", err, tries)
	}
	list = slices.Clone(list)
	last := &list[len(list)-1]
	last.Detail = strings.TrimSpace(fmt.Sprintf("%s Weir tried %d times.", last.Detail, tries))
	return diag.RefuseFor(err, list...)
}

// shown is a commit as a person reads it.
func shown(commit state.Hash) string {
	if commit == "" {
		return "no commit"
	}
	return string(commit[:min(len(commit), 12)])
}
