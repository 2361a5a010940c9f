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
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

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
	clusters, _, found := site.AskedFor(run)
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
	more, err := site.Read(ctx, run, o.Reading, clusters, func(ctx context.Context, i int, s *site.Site) error {
		at, commit, err := state.SnapshotAt(ctx, s.Repository, s.Base, o.Rev)
		if rev := (*state.UnknownRevError)(nil); errors.As(err, &rev) || s.Base.Commit() == "" {
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
			if len(environments) > 0 && !plan.AnyGlob(environments, k.Environment) {
				continue
			}
			if k.Release != name {
				others[i] = append(others[i], k.Release)
				continue
			}
			hits[i] = append(hits[i], Shown{
				Cluster: s.Cluster.Name, State: s.At.Name, Environment: k.Environment, Release: k.Release,
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
