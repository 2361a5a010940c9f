package engine

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
func (s *site) settle(ctx context.Context, h *product.Maker, plain *state.Plain, o HydrateOptions) error {
	waiting := slices.DeleteFunc(slices.Clone(s.jobs), func(j *job) bool { return j.product.Settled() })
	if len(waiting) == 0 {
		return nil
	}
	var scopes map[string]bool
	if slices.ContainsFunc(waiting, func(j *job) bool { return len(j.product.Unknown) > 0 }) {
		var err error
		if scopes, err = s.scopes(); err != nil {
			return err
		}
		s.kinds = scopes
	}
	for _, j := range waiting {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.settle(ctx, h, scopes, plain, o); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) settle(ctx context.Context, h *product.Maker, scopes map[string]bool, plain *state.Plain, o HydrateOptions) error {
	if !j.moves(scopes) && len(j.product.Unstable) == 0 {
		return j.place(ctx, h, plain)
	}
	release, err := j.finished(ctx, h, scopes, o)
	if err != nil {
		return err
	}
	return j.put(plain, release)
}

// moves tells whether an object leaves its namespace. Kinds that nobody knows are
// taken as namespaced, so only the others matter.
func (j *job) moves(scopes map[string]bool) bool {
	return slices.ContainsFunc(j.product.Unknown, func(kind string) bool {
		namespaced, known := scopes[kind]
		return known && !namespaced
	})
}

// finished are the files of a job as they are committed.
func (j *job) finished(ctx context.Context, h *product.Maker, scopes map[string]bool, o HydrateOptions) (state.Release, error) {
	release, err := h.Files(ctx, j.release, j.product)
	if err != nil {
		return release, err
	}
	if j.moves(scopes) {
		if release, err = product.Rescope(release, scopes); err != nil {
			return release, err
		}
	}
	if len(j.product.Unstable) > 0 && !slices.Contains(o.Regenerate, j.release.Name) {
		if release, err = j.keep(ctx, h, release, o); err != nil {
			return release, err
		}
		if j.kept > 0 && j.release.RestartOnConfigChange { // of what is kept, not of what was made up
			if release, err = product.HashAgain(release); err != nil {
				return release, err
			}
		}
	}
	return release, nil
}

// keep carries what is committed into the job's unstable fields.
func (j *job) keep(ctx context.Context, h *product.Maker, r state.Release, o HydrateOptions) (state.Release, error) {
	before := j.past(o)
	kept, err := product.Carry(before, r, j.product.Unstable)
	if err != nil || kept.Whole() {
		j.kept = kept.Count
		return kept.Release, err
	}
	chart, found := h.Chart(ctx, j.release)
	if !found.HasErrors() {
		found, err = kept.Refuse(before, j.release, chart)
	}
	if err == nil && found.HasErrors() {
		err = diag.Refuse(found...)
	}
	return r, err
}

// past is what an earlier run left of a release: the last commit or, where there
// is none of it, the plain files that are about to be replaced.
func (j *job) past(o HydrateOptions) product.Past {
	here := product.Past{Key: j.key(), Read: j.site.base.Read}
	committed, err := j.site.base.Fingerprint(j.key())
	if err != nil || committed != (state.Fingerprint{}) {
		return here
	}
	for _, moved := range j.site.moved {
		if moved.To == j.release.Name {
			here.Release = moved.From
			return here
		}
	}
	if o.Out != "" {
		here.Read = func(path string) ([]byte, error) {
			return os.ReadFile(filepath.Join(o.Out, j.site.cluster.Name, filepath.FromSlash(path)))
		}
	}
	return here
}

// scopes gathers what the CRDs of the cluster say, by "Kind.group": those of
// this run and, of releases that it leaves alone, those that are committed.
func (s *site) scopes() (map[string]bool, error) {
	scopes := map[string]bool{}
	mine := map[state.Key]bool{}
	for _, j := range s.jobs {
		mine[j.key()] = true
	}
	err := s.committed(mine, func(_ state.Key, m *state.Metadata) error {
		for _, file := range m.Files {
			if file.Object.Kind != "CustomResourceDefinition" {
				continue
			}
			data, err := s.base.Read(file.Path)
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
	for _, j := range s.jobs { // what this run renders counts for more than what is committed
		for _, kind := range j.product.Defines {
			scopes[kind.Kind+"."+kind.Group] = kind.Namespaced
		}
	}
	return scopes, err
}

// committed visits the metadata of every committed release that is not one of mine.
func (s *site) committed(mine map[state.Key]bool, visit func(state.Key, *state.Metadata) error) error {
	environments, err := s.base.Environments()
	if err != nil {
		return err
	}
	for _, environment := range environments {
		releases, err := s.base.Releases(environment)
		if err != nil {
			return err
		}
		for _, release := range releases {
			key := state.Key{Environment: environment, Release: release}
			if mine[key] {
				continue
			}
			metadata, err := s.base.Metadata(key)
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
