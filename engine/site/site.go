// Package site works out what a run changes in the states of its clusters. A Group
// opens the states (group.go), has the releases of each made and staged (job.go),
// finishes those that need more than themselves (settle.go), lets go what
// disappears (disappear.go), and ends with a change per cluster and the message of
// its commit (change.go, message.go). Who only wants to read states does it with
// Read. Nothing is committed here: engine/land does that, engine/compare shows what
// would be.
package site

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Site is one cluster in a run: its committed state, what is staged on it, and
// the releases that are worked on.
type Site struct {
	Cluster    schema.Cluster
	At         state.Location
	Repository state.Repository // nil for plain files
	Base       *state.Snapshot  // what is committed; never nil once it is open
	Change     *state.Change
	Message    state.Message // of the change
	Jobs       []*Job
	Why        map[state.Key]string // of each removal
	Scopes     map[string]bool      // of kinds, as "Kind.group", that releases could not tell; nil where none asked
	Namespaces map[string][]byte    // Namespaces that are asked for, by path; nil but for who called Look

	in    *Group
	stage *state.Stage
}

// Remote tells whether the state is somewhere else.
func (s *Site) Remote() bool { return s.At.Remote != nil }

// Writes tells whether the run is to change the state.
func (s *Site) Writes() bool {
	o := s.in.Options
	return !o.Check && o.Out == "" && (!s.Remote() || o.Push)
}

// Environments are those that the change would write.
func (s *Site) Environments() []string {
	var names []string
	for _, r := range s.Change.Releases {
		if r.Status != state.Unchanged {
			names = append(names, r.Environment)
		}
	}
	for _, n := range s.Change.Namespaces {
		names = append(names, n.Environment())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Reopen reads a state and starts to stage on it, also once more: a repository that
// was open may not see what others have written since. What does not answer at once
// is tried again.
func (s *Site) Reopen(ctx context.Context) error {
	return s.in.Options.Try(ctx, func() error { return s.begin(ctx) })
}

func (s *Site) begin(ctx context.Context) error {
	if err := s.close(); err != nil {
		return err
	}
	s.Base, s.stage, s.Why = &state.Snapshot{}, nil, map[state.Key]string{}
	for _, j := range s.Jobs {
		j.Kept = 0
	}
	if s.At.Dir != "" {
		if err := s.read(ctx); err != nil {
			return err
		}
	}
	switch {
	case s.in.Options.Out != "":
		s.stage = state.NewPreview(&state.Snapshot{}) // only for the checks: plain files begin with nothing
	case s.Writes():
		s.stage = state.NewStage(s.Base)
	default:
		s.stage = state.NewPreview(s.Base)
	}
	return nil
}

func (s *Site) close() error {
	if s.Repository == nil {
		return nil
	}
	err := s.Repository.Close()
	s.Repository = nil
	return err
}

// read opens a state and reads its last commit.
func (s *Site) read(ctx context.Context) error {
	repository, err := state.Open(ctx, s.At)
	if err != nil {
		return s.Placed(err)
	}
	s.Repository = repository
	s.Base, err = repository.Head(ctx)
	return s.Placed(err)
}

// Restage works the change out once more after a Reopen: only what depends on the
// committed state, nothing is rendered twice.
func (s *Site) Restage(ctx context.Context) (diag.List, error) {
	for _, j := range s.Jobs {
		if !j.Product.Settled() {
			continue
		}
		if err := j.place(ctx); err != nil {
			return work.Refusal(err)
		}
	}
	if err := s.settle(ctx); err != nil {
		return work.Refusal(err)
	}
	return s.workOut(ctx, false)
}
