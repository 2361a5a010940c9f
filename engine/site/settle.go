package site

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// settle finishes the releases that could not be placed alone: those with kinds
// whose scope only another release's CRD tells, and those whose unstable fields
// are kept from the committed state.
func (s *Site) settle(ctx context.Context) error {
	waiting := slices.DeleteFunc(slices.Clone(s.Jobs), func(j *Job) bool { return j.Product.Settled() })
	if len(waiting) == 0 {
		return nil
	}
	if slices.ContainsFunc(waiting, func(j *Job) bool { return len(j.Product.Unknown) > 0 }) {
		var err error
		if s.Scopes, err = s.scopes(); err != nil {
			return err
		}
	}
	for _, j := range waiting {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) settle(ctx context.Context) error {
	if !j.moves() && len(j.Product.Unstable) == 0 {
		return j.place(ctx)
	}
	release, err := j.Final(ctx)
	if err != nil {
		return err
	}
	return j.put(release)
}

// moves tells whether an object leaves its namespace. Kinds that nobody knows are
// taken as namespaced, so only the others matter.
func (j *Job) moves() bool {
	return slices.ContainsFunc(j.Product.Unknown, func(kind string) bool {
		namespaced, known := j.site.Scopes[kind]
		return known && !namespaced
	})
}

// Final are the files of a job as they are committed.
func (j *Job) Final(ctx context.Context) (state.Release, error) {
	release, err := j.files(ctx)
	if err != nil {
		return release, err
	}
	if j.moves() {
		if release, err = product.Rescope(release, j.site.Scopes); err != nil {
			return release, err
		}
	}
	if len(j.Product.Unstable) > 0 && !slices.Contains(j.site.in.Options.Regenerate, j.Release.Name) {
		if release, err = j.keep(ctx, release); err != nil {
			return release, err
		}
		if j.Kept > 0 && j.Release.RestartOnConfigChange { // of what is kept, not of what was made up
			if release, err = product.HashAgain(release); err != nil {
				return release, err
			}
		}
	}
	return release, nil
}

// keep carries what is committed into the job's unstable fields.
func (j *Job) keep(ctx context.Context, r state.Release) (state.Release, error) {
	before := j.past()
	kept, err := product.Carry(before, r, j.Product.Unstable)
	if err != nil || kept.Whole() {
		j.Kept = kept.Count
		return kept.Release, err
	}
	chart, found := j.site.in.Maker.Chart(ctx, j.Release)
	if !found.HasErrors() {
		found, err = kept.Refuse(before, j.Release, chart)
	}
	if err == nil && found.HasErrors() {
		err = diag.Refuse(found...)
	}
	return r, err
}

// past is what an earlier run left of a release: the last commit or, where there
// is none of it, the plain files that are about to be replaced.
func (j *Job) past() product.Past {
	here := product.Past{Key: j.Key(), Read: j.site.Base.Read}
	committed, err := j.site.Base.Fingerprint(j.Key())
	if err != nil || committed != (state.Fingerprint{}) {
		return here
	}
	for _, moved := range j.site.in.Plan.Moved {
		if moved.To == j.Release.Name {
			here.Release = moved.From
			return here
		}
	}
	if out := j.site.in.Options.Out; out != "" {
		here.Read = func(path string) ([]byte, error) {
			return os.ReadFile(filepath.Join(out, j.site.Cluster.Name, filepath.FromSlash(path)))
		}
	}
	return here
}

// scopes gathers what the CRDs of the cluster say, by "Kind.group": those of
// this run and, of releases that it leaves alone, those that are committed.
func (s *Site) scopes() (map[string]bool, error) {
	scopes := map[string]bool{}
	mine := map[state.Key]bool{}
	for _, j := range s.Jobs {
		mine[j.Key()] = true
	}
	err := s.committed(mine, func(_ state.Key, m *state.Metadata) error {
		for _, file := range m.Files {
			if file.Object.Kind != "CustomResourceDefinition" {
				continue
			}
			data, err := s.Base.Read(file.Path)
			if err != nil {
				return err
			}
			tree, err := manifest.Decode(data)
			if err != nil {
				return fmt.Errorf("read %s: %w", file.Path, err)
			}
			if kind, ok := product.DefinedBy(tree); ok {
				scopes[kind.Kind+"."+kind.Group] = kind.Namespaced
			}
		}
		return nil
	})
	for _, j := range s.Jobs { // what this run renders counts for more than what is committed
		for _, kind := range j.Product.Defines {
			scopes[kind.Kind+"."+kind.Group] = kind.Namespaced
		}
	}
	return scopes, err
}

// committed visits the metadata of every committed release that is not one of mine.
func (s *Site) committed(mine map[state.Key]bool, visit func(state.Key, *state.Metadata) error) error {
	environments, err := s.Base.Environments()
	if err != nil {
		return err
	}
	for _, environment := range environments {
		releases, err := s.Base.Releases(environment)
		if err != nil {
			return err
		}
		for _, release := range releases {
			key := state.Key{Environment: environment, Release: release}
			if mine[key] {
				continue
			}
			metadata, err := s.Base.Metadata(key)
			if err != nil {
				return err
			}
			if err := visit(key, metadata); err != nil {
				return err
			}
		}
	}
	return nil
}
