// Package order keeps a run of an older commit of the project from undoing what a
// newer one deployed: it knows which commit a run is of, and how it stands to those
// that states name. It asks the project's history here and, where that is not
// enough, the repository that it was cloned from. It never writes; engine/site and
// engine/land refuse by what it says.
package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// sourceOf is the commit of the project that a run is of, and when it was made;
// zero values where there is none.
func sourceOf(run work.Run) (state.Source, time.Time, error) {
	if run.Origin != nil {
		return run.Origin.Source, run.Origin.Made, nil
	}
	repository, err := checkout.Of(run.Dir)
	if err != nil {
		return state.Source{}, time.Time{}, err
	}
	commit, err := repository.Head()
	if err != nil || commit == "" {
		return state.Source{}, time.Time{}, err
	}
	made, err := repository.TimeOf(commit)
	return state.Source{URL: checkout.WithoutCredentials(repository.Origin()), Commit: commit}, made, err
}

// Order keeps a run of an older commit of the project from undoing what a newer
// one deployed, environment by environment: a tag may deploy production while
// the main branch deploys staging into the same repository.
type Order struct {
	Source  state.Source             // what the run is of; zero without a commit
	Changed func() ([]string, error) // files of the project that this run read and Source has otherwise

	made    time.Time // the commit of Source
	lineage func(ctx context.Context, other state.Source) (checkout.Lineage, error)

	mu    sync.Mutex
	known map[state.Source]checkout.Lineage
}

// to says how the run's commit stands to another; each is looked up once.
func (o *Order) to(ctx context.Context, other state.Source) (checkout.Lineage, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if lineage, ok := o.known[other]; ok {
		return lineage, nil
	}
	lineage, err := o.lineage(ctx, other)
	if err == nil {
		o.known[other] = lineage
	}
	return lineage, err
}

// Of is the order of the project's repository: of its history here and, where that
// is not enough, of the one it was cloned from.
func Of(run work.Run, access *remote.Access) (*Order, error) {
	source, made, err := sourceOf(run)
	if err != nil {
		return nil, err
	}
	lineage := func(ctx context.Context, other state.Source) (checkout.Lineage, error) {
		if run.Origin != nil {
			return askOrigin(ctx, run.Origin.Remote, source, other)
		}
		repository, err := checkout.Of(run.Dir)
		if err != nil {
			return checkout.Unknown, err
		}
		lineage, err := repository.Lineage(source.Commit, other.Commit)
		if err != nil || lineage != checkout.Unknown || !sameProject(source.URL, other.URL) {
			return lineage, err
		}
		origin, err := remote.New(repository.Origin(), run.Dir, access)
		if err != nil {
			return checkout.Unknown, nil //nolint:nilerr // an address of a form that is not ours to correct
		}
		return askOrigin(ctx, origin, source, other)
	}
	changed := func() ([]string, error) { return run.ChangedSince(source.Commit) }
	return &Order{Source: source, made: made, known: map[state.Source]checkout.Lineage{}, lineage: lineage, Changed: sync.OnceValues(changed)}, nil
}

// askOrigin asks the server that has the whole history. One that cannot be asked,
// or does not have one of the commits any more, knows nothing.
func askOrigin(ctx context.Context, origin *remote.Remote, source, other state.Source) (checkout.Lineage, error) {
	if source.Commit == other.Commit {
		return checkout.Same, nil
	}
	newer, err := origin.IsAncestor(ctx, other.Commit, source.Commit)
	if err == nil && newer == remote.Before {
		return checkout.Newer, nil
	}
	if ctx.Err() != nil {
		return checkout.Unknown, ctx.Err()
	}
	older, failed := origin.IsAncestor(ctx, source.Commit, other.Commit)
	switch {
	case failed == nil && older == remote.Before:
		return checkout.Older, nil
	case err == nil && failed == nil && newer == remote.NotBefore && older == remote.NotBefore:
		return checkout.Unrelated, nil
	}
	return checkout.Unknown, ctx.Err()
}

// Check refuses to write environments whose state is of a newer commit, or of one
// of which nobody knows; what is merely odd is a warning.
func (o *Order) Check(ctx context.Context, at state.Location, base *state.Snapshot, environments []string) (diag.List, error) {
	findings, err := o.look(ctx, base, environments)
	var found diag.List
	for f, names := range findings {
		found = append(found, f.diagnostic(at, o.Source, names))
	}
	return found.Sorted(), err
}

// Older says which environments' state is of a newer commit; nil where none is.
func (o *Order) Older(ctx context.Context, at state.Location, base *state.Snapshot, environments []string) (diag.List, error) {
	findings, err := o.look(ctx, base, environments)
	var found diag.List
	for f, names := range findings {
		if f.lineage == checkout.Older {
			found = append(found, f.diagnostic(at, o.Source, names))
		}
	}
	return found.Sorted(), err
}

// look compares with the commit that each environment is of; it returns the
// environments of each finding.
func (o *Order) look(ctx context.Context, base *state.Snapshot, environments []string) (map[finding][]string, error) {
	if o.Source.Commit == "" {
		return nil, nil
	}
	there, err := base.Environments()
	if err != nil {
		return nil, err
	}
	environments = slices.DeleteFunc(environments, func(e string) bool { return !slices.Contains(there, e) })
	// What was deployed before this commit was made did not come out of it. The
	// day is for clocks that are wrong.
	hydrations, err := base.HydratedFrom(ctx, environments, o.made.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	findings := map[finding][]string{}
	for _, h := range hydrations {
		for _, from := range h.Sources {
			lineage, err := o.to(ctx, from)
			if err != nil {
				return nil, err
			}
			f := finding{lineage, from.Commit}
			switch {
			case lineage == checkout.Same || lineage == checkout.Newer:
			case lineage == checkout.Unknown && !sameProject(o.Source.URL, from.URL): // between two projects there is no order
			case !slices.Contains(findings[f], h.Environment):
				findings[f] = append(findings[f], h.Environment)
			}
		}
	}
	return findings, nil
}

// finding is why a run cannot go on, or what a person should know.
type finding struct {
	lineage checkout.Lineage
	from    string // the commit that the state is of
}

func (f finding) diagnostic(at state.Location, source state.Source, environments []string) diag.Diagnostic {
	place := diag.Range{File: at.Name}
	names := fmt.Sprintf("environment %q", environments[0])
	if len(environments) > 1 {
		names = fmt.Sprintf("environments %s", quoted(environments))
	}
	of := fmt.Sprintf("Its state is of the project's commit %s; this run is of %s", state.Hash(f.from).Short(), state.Hash(source.Commit).Short())
	switch f.lineage {
	case checkout.Older:
		return diag.Errorf(place, "A newer commit of the project is deployed to %s", names).
			Detailf("%s, which came before it.", of).
			Remedyf("Hydrate the project's newest commit. If going back is what you want, add --force-older.")
	case checkout.Unknown:
		return diag.Errorf(place, "Nobody can tell whether this run is older than what is deployed to %s", names).
			Detailf("%s. Neither the history that is here nor the repository it came from tells which came first.", of).
			Remedyf("Fetch more of the history: `git fetch --unshallow`, or fetch-depth: 0 of a CI's checkout. To write in any case, add --force-older.")
	}
	return diag.Warningf(place, "What is deployed to %s is not part of this run's history", names).
		Detailf("%s, and neither came out of the other: what only the other one has is undone.", of)
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(all, ", ")
}

// sameProject tells whether two addresses are of one repository, however it is
// reached: a person has it over SSH where a pipeline has it over HTTPS. Without
// an address nobody knows.
func sameProject(one, other string) bool {
	return one != "" && other != "" && remote.Comparable(one) == remote.Comparable(other)
}
