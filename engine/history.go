package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Reading is what a verb that reads states needs of the machine.
type Reading struct {
	Access *remote.Access // what connections may use
	Clones string         // where copies of remotes are kept between runs
}

// LogOptions say how much of the history to list.
type LogOptions struct {
	Reading
	Limit int // the newest of all clusters together; 0: everything
}

// Deployed is one move of a cluster's state: who deployed what, when.
type Deployed struct {
	Cluster  string                 `json:"cluster"`
	State    string                 `json:"state"`
	Commit   state.Hash             `json:"commit"`
	Date     time.Time              `json:"date"` // when it was committed to the state's branch
	Author   string                 `json:"author"`
	Subject  string                 `json:"subject"`
	Weir     []string               `json:"weir,omitempty"`    // the versions that made it; none: it is not by Weir
	Sources  []string               `json:"sources,omitempty"` // commits of the project, <url>@<id>
	Releases []state.TrailerRelease `json:"releases,omitempty"`
}

// Log lists what was deployed to the selected clusters, newest first, from the
// trailers of the commits: a merge with those that it brought. -e selects by the
// environments of the commits, -l by the labels that the project gives its
// releases today; what the project no longer declares is selected by name only.
// With either, commits that touched nothing of that are left out.
func Log(ctx context.Context, run Run, o LogOptions) ([]Deployed, diag.List, error) {
	clusters, known, found := clustersOfThePast(run)
	if found.HasErrors() {
		return nil, found, nil
	}
	logs := make([][]Deployed, len(clusters))
	more, err := readStates(ctx, run, o.Reading, clusters, func(ctx context.Context, i int, s *site) error {
		if s.base.Commit() == "" {
			return diag.Refuse(diag.Warningf(diag.Range{File: s.at.Name}, "The state of cluster %q has no commit yet", s.cluster.Name).
				Remedyf("`weir hydrate` makes the first one."))
		}
		for d, err := range s.base.Deployments(ctx) {
			if err != nil {
				return err
			}
			if entry, ok := known.deployed(s, d); ok {
				logs[i] = append(logs[i], entry)
			}
			if o.Limit > 0 && len(logs[i]) == o.Limit {
				break
			}
		}
		return nil
	})
	found = append(found, more...)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	all := slices.Concat(logs...)
	slices.SortStableFunc(all, func(a, b Deployed) int { return b.Date.Compare(a.Date) })
	if o.Limit > 0 && len(all) > o.Limit {
		all = all[:o.Limit]
	}
	if len(all) == 0 {
		found = append(found, known.nothing...)
	}
	return all, found, nil
}

// asked is what a selection says of releases that were.
type asked struct {
	plan.Selection
	declared map[string]bool // by cluster, environment and release; true where -l picks it
	nothing  diag.List       // why the selection may pick nothing
}

// clustersOfThePast are those whose history a selection may ask for: also for an
// environment or a release that the project no longer has.
func clustersOfThePast(run Run) ([]schema.Cluster, asked, diag.List) {
	p := asked{Selection: run.Selection, declared: map[string]bool{}}
	all, found := plan.Draw(run.Project, plan.Selection{Clusters: run.Selection.Clusters}, plan.Serially)
	if found.HasErrors() {
		return nil, p, found
	}
	drawn, nothing := plan.Draw(run.Project, run.Selection, plan.Serially)
	clusters := drawn.Clusters
	if nothing.HasErrors() || len(clusters) == 0 {
		clusters, p.nothing = all.Clusters, nothing
	}
	for _, t := range all.Targets {
		for _, h := range t.Headers {
			p.declared[t.Cluster.Name+"/"+t.Environment+"/"+h.Name] = false
		}
	}
	for _, t := range drawn.Targets {
		for _, h := range t.Selected {
			p.declared[t.Cluster.Name+"/"+t.Environment+"/"+h.Name] = true
		}
	}
	return clusters, p, found
}

func (p asked) selects(cluster string, k state.Key) bool {
	if len(p.Environments) > 0 && !slices.ContainsFunc(p.Environments, func(glob string) bool { return matches(glob, k.Environment) }) {
		return false
	}
	if picked, declared := p.declared[cluster+"/"+k.String()]; declared && !p.Selector.Empty() {
		return picked
	}
	return p.Selector.MatchesName(k.Release)
}

// deployed is a line of the log; false where the selection leaves it out.
func (p asked) deployed(s *site, d state.Deployment) (Deployed, bool) {
	t := d.Trailers()
	entry := Deployed{
		Cluster: s.cluster.Name, State: s.at.Name, Commit: d.ID, Date: d.Committer.When,
		Author: d.Author.Name + " <" + d.Author.Email + ">", Subject: d.Subject(), Weir: t.Versions,
	}
	for _, source := range t.Sources {
		entry.Sources = append(entry.Sources, source.String())
	}
	for _, r := range t.Releases {
		if p.selects(s.cluster.Name, r.Key) {
			entry.Releases = append(entry.Releases, r)
		}
	}
	return entry, len(entry.Releases) > 0 || len(p.Environments) == 0 && p.Selector.Empty()
}

// readStates opens the states of clusters, many at once, and does something with each.
func readStates(ctx context.Context, run Run, o Reading, clusters []schema.Cluster, do func(ctx context.Context, i int, s *site) error) (diag.List, error) {
	found := make([]diag.List, len(clusters))
	name := func(i int) string { return "the state of cluster " + clusters[i].Name }
	run.Expect(len(clusters))
	err := work.Each(ctx, connections, len(clusters), name, func(ctx context.Context, i int) (err error) {
		defer run.Watch("read " + clusters[i].Name)()
		s := &site{cluster: clusters[i]}
		found[i], err = work.Refusal(s.look(ctx, run, o, func() error { return do(ctx, i, s) }))
		if err != nil {
			return fmt.Errorf("read the state of cluster %s: %w", clusters[i].Name, err)
		}
		return nil
	})
	return work.Gather(found), err
}

func (s *site) look(ctx context.Context, run Run, o Reading, do func() error) (err error) {
	if err := s.locate(run, HydrateOptions{Access: o.Access, Clones: o.Clones}); err != nil {
		return err
	}
	err = s.read(ctx)
	if s.repository != nil {
		defer func() { err = errors.Join(err, s.repository.Close()) }()
	}
	if err != nil {
		return err
	}
	return do()
}

// ShowOptions name a release of a commit.
type ShowOptions struct {
	Reading
	Rev     string // as git rev-parse has it: HEAD, HEAD~2, a branch, the beginning of an id
	Release string // <release> or <environment>/<release>
}

// Shown is a release as a commit has it.
type Shown struct {
	Cluster     string          `json:"cluster"`
	State       string          `json:"state"`
	Environment string          `json:"environment"`
	Release     string          `json:"release"`
	Commit      state.Hash      `json:"commit"`
	Date        time.Time       `json:"date"`
	Author      string          `json:"author"`
	Metadata    *state.Metadata `json:"metadata"`
	Files       []ShownFile     `json:"files"` // hooks behind objects, by path
}

// ShownFile is one file of a release.
type ShownFile struct {
	Path    string      `json:"path"`
	Object  manifest.ID `json:"object"`
	Hook    string      `json:"hook,omitempty"` // the phase
	Content string      `json:"content"`
}

// Show finds a release in a commit of the selected clusters' states. It is an
// answer where there is exactly one.
func Show(ctx context.Context, run Run, o ShowOptions) (Shown, diag.List, error) {
	clusters, _, found := clustersOfThePast(run)
	if found.HasErrors() {
		return Shown{}, found, nil
	}
	environments, name := run.Selection.Environments, o.Release
	if environment, release, ok := strings.Cut(o.Release, "/"); ok {
		environments, name = []string{environment}, release
	}
	hits := make([][]Shown, len(clusters))
	others := make([][]string, len(clusters))
	unknown := make([]error, len(clusters))
	more, err := readStates(ctx, run, o.Reading, clusters, func(ctx context.Context, i int, s *site) error {
		at, commit, err := state.SnapshotAt(ctx, s.repository, s.base, o.Rev)
		if rev := (*state.UnknownRevError)(nil); errors.As(err, &rev) || s.base.Commit() == "" {
			unknown[i] = err
			return nil
		}
		if err != nil {
			return err
		}
		keys, err := at.Keys()
		if err != nil {
			return err
		}
		for _, k := range keys {
			if len(environments) > 0 && !slices.ContainsFunc(environments, func(glob string) bool { return matches(glob, k.Environment) }) {
				continue
			}
			if k.Release != name {
				others[i] = append(others[i], k.Release)
				continue
			}
			hits[i] = append(hits[i], Shown{
				Cluster: s.cluster.Name, State: s.at.Name, Environment: k.Environment, Release: k.Release,
				Commit: commit.ID, Date: commit.Committer.When, Author: commit.Author.Name + " <" + commit.Author.Email + ">",
			})
		}
		if len(hits[i]) != 1 {
			return nil
		}
		return hits[i][0].fill(at)
	})
	found = append(found, more...)
	if err != nil || found.HasErrors() {
		return Shown{}, found, err
	}
	all := slices.Concat(hits...)
	switch {
	case len(all) == 1:
		return all[0], found, nil
	case len(all) > 1:
		return Shown{}, append(found, severalReleases(o, all)), nil
	case !slices.Contains(unknown, nil):
		list, err := work.Refusal(errors.Join(unknown...))
		return Shown{}, append(found, list...), err
	}
	names := slices.Concat(others...)
	slices.Sort(names)
	names = slices.Compact(names)
	d := diag.Errorf(diag.Range{}, "No release %q at %s", o.Release, o.Rev).
		Detailf("No selected cluster has it there in a selected environment.").Suggest(name, names)
	switch {
	case len(names) == 0:
		d = d.Remedyf("There is no release at all: see `weir state log`.")
	case len(names) <= 12:
		d = d.Remedyf("Releases: %s.", strings.Join(names, ", "))
	default:
		d = d.Remedyf("Releases: %s and %d more.", strings.Join(names[:12], ", "), len(names)-12)
	}
	return Shown{}, append(found, d), nil
}

// fill reads the metadata and the files.
func (s *Shown) fill(at *state.Snapshot) error {
	var err error
	k := state.Key{Environment: s.Environment, Release: s.Release}
	if s.Metadata, err = at.Metadata(k); err != nil {
		return err
	}
	ids, err := at.Files(k)
	if err != nil {
		return err
	}
	s.Files = []ShownFile{}
	for _, f := range s.Metadata.Files {
		id, ok := ids[f.Path]
		if !ok {
			continue // weir state verify tells
		}
		data, err := at.Blob(id)
		if err != nil {
			return err
		}
		file := ShownFile{Path: f.Path, Object: f.Object, Content: string(data)}
		if f.Hook != nil {
			file.Hook = f.Hook.Phase
		}
		s.Files = append(s.Files, file)
	}
	slices.SortStableFunc(s.Files, func(a, b ShownFile) int {
		return cmp.Or(cmp.Compare(len(a.Hook), 0)-cmp.Compare(len(b.Hook), 0), strings.Compare(a.Path, b.Path))
	})
	return nil
}

func severalReleases(o ShowOptions, all []Shown) diag.Diagnostic {
	var places []string
	for _, s := range all {
		places = append(places, fmt.Sprintf("%s/%s@%s", s.Environment, s.Release, s.Cluster))
	}
	return diag.Errorf(diag.Range{}, "Release %q is there more than once", o.Release).
		Detailf("At %s: %s.", o.Rev, strings.Join(places, ", ")).
		Remedyf("Choose one with -e and -c.")
}
