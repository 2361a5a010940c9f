package site

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// disappear stages the removal of committed releases that the project declares
// but no longer plans for their target. One that it does not declare at all is
// an error until a removed or moved block says that it was meant: a release must
// never vanish from a cluster because a file was not read.
func (s *Site) disappear() (diag.List, error) {
	run, p := s.in.Run, s.in.Plan
	environments, err := s.Base.Environments()
	if err != nil {
		return nil, err
	}
	var found diag.List
	for _, environment := range environments {
		at := slices.IndexFunc(p.Targets, func(t plan.Target) bool {
			return t.Environment == environment && t.Cluster.Name == s.Cluster.Name
		})
		if at < 0 && run.Partial() {
			continue // not selected
		}
		releases, err := s.Base.Releases(environment)
		if err != nil {
			return found, err
		}
		for _, release := range releases {
			key := state.Key{Environment: environment, Release: release}
			if at >= 0 {
				list, err := s.missing(&p.Targets[at], key)
				found = append(found, list...)
				if err != nil {
					return found, err
				}
				continue
			}
			if slices.ContainsFunc(run.Project.Environments(), func(e schema.Environment) bool { return e.Name == environment }) {
				s.remove(key, fmt.Sprintf("environment %q no longer has cluster %q", environment, s.Cluster.Name))
			} else {
				found = append(found, s.gone(key, nil)...)
			}
		}
	}
	return found, nil
}

func (s *Site) remove(key state.Key, why string) {
	s.stage.Remove(key)
	s.Why[key] = why
}

// missing decides about one committed release of a target that the run covers.
func (s *Site) missing(target *plan.Target, key state.Key) (diag.List, error) {
	for _, header := range target.Headers {
		if header.Name != key.Release {
			continue
		}
		if !header.Planned && slices.ContainsFunc(target.Selected, func(h schema.Header) bool { return h.Name == header.Name }) {
			s.remove(key, header.Why)
		}
		return nil, nil
	}
	if !s.in.Run.Selection.Selector.Empty() {
		return nil, nil // what has no declaration has no labels to select it by
	}
	metadata, err := s.Base.Metadata(key)
	if err != nil {
		return nil, err
	}
	if metadata != nil && slices.Contains(s.in.Run.Project.Declarations(), metadata.Declaration) {
		s.remove(key, fmt.Sprintf("for_each of release %q has no such key any more", metadata.Declaration))
		return nil, nil
	}
	return s.gone(key, target), nil
}

// gone handles a committed release without a declaration.
func (s *Site) gone(key state.Key, target *plan.Target) diag.List {
	for _, moved := range s.in.Plan.Moved {
		if moved.From == key.Release && target != nil {
			to := state.Key{Environment: key.Environment, Release: moved.To}
			if slices.ContainsFunc(target.Releases, func(r *plan.Release) bool { return r.Name == moved.To }) {
				s.stage.Move(key, to)
				return nil
			}
		}
	}
	if removed, ok := s.in.Plan.Removal(key.Environment, key.Release); ok {
		s.remove(key, cmp.Or(removed.Reason, "removed"))
		return nil
	}
	var names []string
	if target != nil {
		for _, header := range target.Headers {
			names = append(names, header.Name)
		}
	}
	remedy := fmt.Sprintf("If it is meant to go: removed %q {}. If it has a new name: moved { from = %q, to = … }. Else bring its declaration back.", key.Release, key.Release)
	if hint := diag.DidYouMean(key.Release, names); hint != "" {
		remedy = hint + " " + remedy
	}
	return diag.List{{
		Summary: fmt.Sprintf("Release %q is in the state of cluster %q, but the project does not declare it", key, s.Cluster.Name),
		Subject: diag.Range{File: path.Join(s.At.Name, state.MetadataPath(key))},
		Detail:  "A release whose declaration is gone stays as it is: what runs in a cluster never disappears because a file was renamed or not read.",
		Remedy:  remedy,
	}}
}
