package engine

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// sourceOf is the commit of the project that a run is of, and when it was made;
// zero values where there is none.
func sourceOf(run Run) (state.Source, time.Time, error) {
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

// order keeps a run of an older commit of the project from undoing what a newer
// one deployed, environment by environment: a tag may deploy production while
// the main branch deploys staging into the same repository.
type order struct {
	source  state.Source
	made    time.Time // the commit of source
	lineage func(ctx context.Context, other state.Source) (checkout.Lineage, error)
	changed func() ([]string, error) // files of the project that this run read and source has otherwise

	mu    sync.Mutex
	known map[state.Source]checkout.Lineage
}

// to says how the run's commit stands to another; each is looked up once.
func (o *order) to(ctx context.Context, other state.Source) (checkout.Lineage, error) {
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

// orderOf is that of the project's repository: of its history here and, where that
// is not enough, of the one it was cloned from.
func orderOf(run Run, o HydrateOptions) (*order, error) {
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
		origin, err := remote.New(repository.Origin(), run.Dir, o.Access)
		if err != nil {
			return checkout.Unknown, nil //nolint:nilerr // an address of a form that is not ours to correct
		}
		return askOrigin(ctx, origin, source, other)
	}
	changed := func() ([]string, error) {
		if run.Origin != nil || source.Commit == "" {
			return nil, nil
		}
		repository, err := checkout.Of(run.Dir)
		if err != nil {
			return nil, err
		}
		files, dirs := run.Project.Opened()
		return repository.Changed(run.Dir, source.Commit, files, dirs)
	}
	return &order{source: source, made: made, known: map[state.Source]checkout.Lineage{}, lineage: lineage, changed: sync.OnceValues(changed)}, nil
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

// check refuses to write environments whose state is of a newer commit, or of
// one of which nobody knows.
func (o *order) check(ctx context.Context, s *site, environments []string) (diag.List, error) {
	findings, err := o.look(ctx, s.base, environments)
	var found diag.List
	for f, names := range findings {
		found = append(found, f.diagnostic(s.at, o.source, names))
	}
	return found.Sorted(), err
}

// uncommitted warns who pushes of changes to the project that nobody else has.
func (all *sites) uncommitted(o HydrateOptions) (diag.List, error) {
	if !o.Push || !slices.ContainsFunc(all.all, func(s *site) bool { return s.remote() && !s.change.Empty() }) {
		return nil, nil
	}
	changed, err := all.order.changed()
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	names := strings.Join(changed[:min(len(changed), 5)], ", ")
	if more := len(changed) - 5; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return diag.List{diag.Warningf(diag.Range{File: changed[0]}, "What is pushed is of a project with uncommitted changes").
		Detailf("Commit %s of the project does not have these as this run read them: %s. Nobody else can hydrate the same; the commits say so with -dirty behind the project's.", state.Hash(all.order.source.Commit).Short(), names).
		Remedyf("Commit them and hydrate again.")}, nil
}

// foresee tells of changes that are not written now why they could not be: a
// check fails where the run that it stands for would, anything else is warned.
func foresee(ctx context.Context, run Run, all *sites, o HydrateOptions) error {
	if o.ForceOlder || o.Out != "" {
		return nil
	}
	name := func(i int) string { return "the history of cluster " + all.all[i].cluster.Name }
	return work.Each(ctx, connections, len(all.all), name, func(ctx context.Context, i int) error {
		s := all.all[i]
		if s.writes(o) || s.change.Empty() {
			return nil
		}
		found, err := all.order.check(ctx, s, s.environments())
		if err != nil {
			found, err = work.Refusal(err)
		}
		for i, d := range found {
			if d.Severity == diag.Error && !o.Check {
				found[i].Severity = diag.Warning
				found[i].Detail += " A push would be refused."
			}
		}
		s.found = found
		return err
	})
}

// look compares with the commit that each environment is of; it returns the
// environments of each finding.
func (o *order) look(ctx context.Context, base *state.Snapshot, environments []string) (map[finding][]string, error) {
	if o.source.Commit == "" {
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
			case lineage == checkout.Unknown && !sameProject(o.source.URL, from.URL): // between two projects there is no order
			case !slices.Contains(findings[f], h.Environment):
				findings[f] = append(findings[f], h.Environment)
			}
		}
	}
	return findings, nil
}

// blame puts the reason in the place of complaints about what is committed: an
// older commit of the project does not know what a newer one deployed.
func (o *order) blame(ctx context.Context, run Run, p *plan.Plan, s *site, complaints diag.List) (diag.List, error) {
	if !complaints.HasErrors() {
		return complaints, nil
	}
	environments, err := s.base.Environments()
	if err != nil {
		return complaints, err
	}
	environments = slices.DeleteFunc(environments, func(e string) bool {
		return run.Partial() && !slices.ContainsFunc(p.Targets, func(t plan.Target) bool {
			return t.Environment == e && t.Cluster.Name == s.cluster.Name
		})
	})
	findings, err := o.look(ctx, s.base, environments)
	if err != nil {
		return complaints, err
	}
	var reasons diag.List
	for f, names := range findings {
		if f.lineage == checkout.Older {
			reasons = append(reasons, f.diagnostic(s.at, o.source, names))
		}
	}
	if reasons == nil {
		return complaints, nil
	}
	return reasons.Sorted(), nil
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
	return one != "" && other != "" && repositoryName(one) == repositoryName(other)
}

// repositoryName is an address in a form to compare: host and path, or a path.
func repositoryName(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host := strings.TrimSuffix(u.Host, ":"+map[string]string{"https": "443", "http": "80", "ssh": "22"}[u.Scheme])
		return withoutSuffix(strings.ToLower(host + "/" + strings.Trim(u.Path, "/")))
	}
	if host, path, ok := strings.Cut(address, ":"); ok && !strings.Contains(host, "/") && !strings.HasPrefix(path, "//") {
		host = host[strings.LastIndexByte(host, '@')+1:]
		return withoutSuffix(strings.ToLower(host + "/" + strings.Trim(path, "/")))
	}
	return withoutSuffix(path.Clean(strings.TrimPrefix(address, "file://")))
}

func withoutSuffix(name string) string { return strings.TrimSuffix(name, ".git") }

// environments that a site's change would write.
func (s *site) environments() []string {
	var names []string
	for _, r := range s.change.Releases {
		if r.Status != state.Unchanged {
			names = append(names, r.Environment)
		}
	}
	for _, n := range s.change.Namespaces {
		names = append(names, n.Environment())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
