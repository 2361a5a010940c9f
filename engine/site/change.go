package site

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// workOut stages what disappears and the namespaces that are asked for, and works
// the change out. With failed set only the diagnostics matter: releases are missing
// from the stage.
func (s *Site) workOut(ctx context.Context, failed bool) (diag.List, error) {
	found, err := s.disappear()
	if err != nil {
		list, err := work.Refusal(err)
		return append(found, list...), err
	}
	if found, err = s.blame(ctx, found); err != nil {
		list, err := work.Refusal(err)
		return append(found, list...), err
	}
	if failed || found.HasErrors() {
		return found, nil // what is said of objects would be noise
	}
	if err := s.stageNamespaces(); err != nil {
		list, err := work.Refusal(err)
		return append(found, list...), err
	}
	s.Change, err = s.stage.Plan()
	list, err := work.Refusal(err)
	if found = append(found, list...); err != nil || found.HasErrors() || s.in.Options.Out != "" || s.Change.Empty() {
		return found, err
	}
	list, err = s.compose()
	return append(found, list...), err
}

// blame puts the reason in the place of complaints about what is committed: an
// older commit of the project does not know what a newer one deployed.
func (s *Site) blame(ctx context.Context, complaints diag.List) (diag.List, error) {
	if s.in.Order == nil || s.in.Options.ForceOlder || !complaints.HasErrors() {
		return complaints, nil
	}
	environments, err := s.Base.Environments()
	if err != nil {
		return complaints, err
	}
	environments = slices.DeleteFunc(environments, func(e string) bool {
		return s.in.Run.Partial() && !slices.ContainsFunc(s.in.Plan.Targets, func(t plan.Target) bool {
			return t.Environment == e && t.Cluster.Name == s.Cluster.Name
		})
	})
	reasons, err := s.in.Order.Older(ctx, s.At, s.Base, environments)
	if err != nil || len(reasons) == 0 {
		return complaints, err
	}
	return reasons, nil
}

// stageNamespaces stages what create_namespace asks for, once each. A Namespace that
// a release renders wins: the stage knows, plain files have to be told.
func (s *Site) stageNamespaces() error {
	rendered := map[string]bool{}
	for _, j := range s.Jobs {
		for _, name := range j.Product.Namespaces {
			rendered[name] = true
		}
	}
	asked := map[state.Key]bool{} // environment and namespace
	for _, j := range s.Jobs {
		name, environment := j.Release.Namespace, j.Release.Environment
		wanted := state.Key{Environment: environment, Release: name}
		if !product.WantsNamespace(j.Release) || asked[wanted] {
			continue
		}
		asked[wanted] = true
		data := product.Namespace(*j.target, name)
		if plain := s.in.Plain; plain != nil && !rendered[name] {
			if err := plain.PutNamespace(s.Cluster.Name, environment, name, data); err != nil {
				return err
			}
		}
		if s.Namespaces != nil {
			s.Namespaces[state.NamespacePath(environment, name)] = data
		}
		if err := s.stage.PutNamespace(environment, name, data); err != nil {
			return err
		}
	}
	return nil
}
