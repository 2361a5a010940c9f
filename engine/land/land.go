// Package land commits what engine/site worked out, and pushes it: each cluster on
// its own, and again on a new commit where somebody else was faster. Nothing else in
// a run writes to a state. Before, it says of what is not written now why it could
// not be (foresee.go).
package land

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// Outcome is what became of one cluster's change.
type Outcome struct {
	*site.Site
	Commit *state.Result // nil where none was tried or it failed
	Found  diag.List     // while it landed, or why it would not
	Failed error         // likewise, of the machine
}

// Landed tells whether everything that was to be written is.
func (o *Outcome) Landed() bool { return o.Failed == nil && !o.Found.HasErrors() }

// errUnwritten is why a site did not land whose turn never came.
var errUnwritten = errors.New("the run ended before")

// All writes every cluster's change that the run is to write, many at once. Each
// lands or not on its own: what did not holds why, and the others go on. Outcomes
// are in the order of the group; there are none where nothing was tried.
func All(ctx context.Context, g *site.Group) ([]*Outcome, diag.List, error) {
	if g.Plain != nil {
		if list, err := work.Refusal(g.Plain.Commit()); err != nil || list.HasErrors() {
			return nil, list, err
		}
	}
	found, err := uncommittedIn(g)
	if err != nil {
		return nil, found, err
	}
	all := make([]*Outcome, len(g.Sites))
	for i, s := range g.Sites {
		all[i] = &Outcome{Site: s}
	}
	if err := foresee(ctx, g, all); err != nil {
		return nil, found, err
	}
	err = write(ctx, g, all)
	for _, o := range all {
		found = append(found, o.Found...)
		if !errors.Is(o.Failed, errUnwritten) {
			err = errors.Join(err, o.Failed)
		}
	}
	return all, found, err
}

func write(ctx context.Context, g *site.Group, all []*Outcome) error {
	var writing []*Outcome
	for _, o := range all {
		if o.Writes() {
			o.Failed = errUnwritten
			writing = append(writing, o)
		}
	}
	if len(writing) == 0 {
		return nil
	}
	name := func(i int) string { return "the commit for cluster " + writing[i].Cluster.Name }
	return work.Each(ctx, site.Connections, len(writing), name, func(ctx context.Context, i int) error {
		o := writing[i]
		verb := "commit "
		if o.Remote() {
			verb = "push "
		}
		defer g.Run.Watch(verb + o.Cluster.Name)()
		found, err := o.land(ctx, g)
		if err != nil {
			err = fmt.Errorf("%s%s: %w", verb, o.Cluster.Name, err)
		}
		o.Found, o.Failed = found, err
		return nil
	})
}

// land commits a site's change. Where somebody else was faster, or a connection
// failed, the change is worked out again on the branch as it is then.
func (o *Outcome) land(ctx context.Context, g *site.Group) (diag.List, error) {
	began := o.Base.Commit()
	var made state.Hash // a commit of which nobody knows whether it arrived
	for try := 1; ; try++ {
		found, err := o.commit(ctx, g)
		if err == nil || !g.Options.Again(err, try) || ctx.Err() != nil {
			list, err := work.Refusal(o.gaveUp(err, began, try))
			return append(found, list...), err
		}
		if o.Commit != nil {
			made = o.Commit.New
		}
		if err := g.Options.Wait(ctx, try); err != nil {
			return found, err
		}
		if err := o.Reopen(ctx); err != nil {
			list, err := work.Refusal(err)
			return append(found, list...), err
		}
		if made != "" && o.Base.Commit() == made {
			return found, nil // it had arrived
		}
		list, err := o.Restage(ctx)
		if found = append(found, list...); err != nil || list.HasErrors() {
			return found, err
		}
	}
}

// commit does what is left to do with a change that is worked out. One without
// anything to write may still finish a work tree.
func (o *Outcome) commit(ctx context.Context, g *site.Group) (found diag.List, err error) {
	o.Commit = nil
	var record state.Record
	if !o.Change.Empty() {
		if !g.Options.ForceOlder {
			found, err = g.Order.Check(ctx, o.At, o.Base, o.Environments())
			if err != nil || found.HasErrors() {
				return found, err
			}
		}
		who, sign, err := g.Options.Committer.In(ctx, o.Repository.ConfigDir())
		if err != nil {
			return found, err
		}
		record = state.Record{Message: o.Message.Text(o.Change), Who: who, Sign: sign, Review: g.Options.Review}
	}
	result, err := o.Repository.Commit(ctx, o.Change, record)
	if err == nil || result.New != "" {
		o.Commit = &result
	}
	return found, o.Placed(err)
}

// gaveUp says what a person has to know of a branch that would not hold still.
func (o *Outcome) gaveUp(err error, began state.Hash, tries int) error {
	moved := (*state.MovedError)(nil)
	if !errors.As(err, &moved) || tries == 1 {
		return work.Tried(err, tries)
	}
	return diag.RefuseFor(err, diag.Diagnostic{
		Summary: "The state repository moved on each time this run was about to write",
		Subject: diag.Range{File: o.At.Name},
		Detail: fmt.Sprintf("Branch %s was at %s when the run began and is at %s now: others hydrate or commit all the time. Weir gave up after %d tries; nothing was written for cluster %q.",
			o.At.Branch, began.Short(), moved.To, tries, o.Cluster.Name),
		Remedy: "Hydrate again when there is less going on.",
	})
}
