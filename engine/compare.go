package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// compare works every cluster's change out. With failed set only the diagnostics
// matter: releases are missing from the stages.
func (all *sites) compare(ctx context.Context, run Run, p *plan.Plan, o HydrateOptions, failed bool) (diag.List, error) {
	var found diag.List
	for _, s := range all.all {
		list, err := all.compareOne(ctx, run, p, s, o, failed)
		if found = append(found, list...); err != nil {
			return found, err
		}
	}
	return found, nil
}

// compareOne stages what disappears and the namespaces that are asked for, and
// works the change out.
func (all *sites) compareOne(ctx context.Context, run Run, p *plan.Plan, s *site, o HydrateOptions, failed bool) (diag.List, error) {
	found, err := s.disappear(run, p)
	if err != nil {
		list, err := work.Refusal(err)
		return append(found, list...), err
	}
	if all.order != nil && !o.ForceOlder {
		if found, err = all.order.blame(ctx, run, p, s, found); err != nil {
			list, err := work.Refusal(err)
			return append(found, list...), err
		}
	}
	if failed || found.HasErrors() {
		return found, nil // what is said of objects would be noise
	}
	if err := s.namespaces(all.plain); err != nil {
		list, err := work.Refusal(err)
		return append(found, list...), err
	}
	s.change, err = s.stage.Plan()
	list, err := work.Refusal(err)
	if found = append(found, list...); err != nil || found.HasErrors() || o.Out != "" || s.change.Empty() {
		return found, err
	}
	list, err = s.compose(run, all, o)
	return append(found, list...), err
}

// namespaces stages what create_namespace asks for, once each. A Namespace that
// a release renders wins: the stage knows, plain files have to be told.
func (s *site) namespaces(plain *state.Plain) error {
	rendered := map[string]bool{}
	for _, j := range s.jobs {
		for _, name := range j.product.Namespaces {
			rendered[name] = true
		}
	}
	asked := map[state.Key]bool{} // environment and namespace
	for _, j := range s.jobs {
		name, environment := j.release.Namespace, j.release.Environment
		wanted := state.Key{Environment: environment, Release: name}
		if !product.WantsNamespace(j.release) || asked[wanted] {
			continue
		}
		asked[wanted] = true
		data := product.Namespace(*j.target, name)
		if plain != nil && !rendered[name] {
			if err := plain.PutNamespace(s.cluster.Name, environment, name, data); err != nil {
				return err
			}
		}
		if s.asked != nil {
			s.asked[state.NamespacePath(environment, name)] = data
		}
		if err := s.stage.PutNamespace(environment, name, data); err != nil {
			return err
		}
	}
	return nil
}
