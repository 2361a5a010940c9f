package compare

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// side is one of two revisions of the project, planned.
type side struct {
	run  work.Run
	plan *plan.Plan
	h    *product.Maker
	all  map[place]*plan.Release

	scopes map[string]map[string]bool // by cluster: kinds that releases cannot tell themselves
}

// place is a release of a target.
type place struct{ cluster, environment, release string }

// marked says of which revision findings are, where that is not the directory.
func (s *side) marked(found diag.List) diag.List { return s.run.Origin.Marked(found, s.run.Project) }

// runAt is the run on another revision of the project.
func runAt(run work.Run, o Options, point review.Point) (work.Run, diag.List, error) {
	origin, found, err := work.RevisionAt(run.Dir, point.Ref, point.Commit)
	if err != nil || found.HasErrors() {
		return run, found, err
	}
	project, list := o.Load(origin.Files)
	if found = append(found, errorsOf(origin.Marked(list, project))...); found.HasErrors() {
		found, err = origin.Explain(found, nil)
		return run, found, err
	}
	run.Project, run.Origin, run.Progress = project, origin, nil
	return run, found, nil
}

// errorsOf leaves warnings out: those of the base are nobody's business any more.
func errorsOf(found diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
}

// planBoth plans both sides at once; the base has to be loaded first. What the
// selection names may be on one of them only, and a release is compared where it is
// selected on either.
func planBoth(ctx context.Context, before, after *side, load func() (diag.List, error)) (diag.List, error) {
	sides := []*side{before, after}
	lists := make([]diag.List, len(sides))
	name := func(i int) string { return []string{"the project at the base", "the project"}[i] }
	planAll := func(first func() (diag.List, error)) (loaded diag.List, err error) {
		err = work.Each(ctx, len(sides), len(sides), name, func(ctx context.Context, i int) (err error) {
			if s := sides[i]; s == before {
				if loaded, err = first(); err != nil || loaded.HasErrors() {
					return err
				}
			}
			sides[i].plan, lists[i], err = sides[i].run.Plan(ctx)
			return err
		})
		return loaded, err
	}
	loaded, err := planAll(load)
	if err != nil || loaded.HasErrors() {
		return append(loaded, after.marked(lists[1])...), err
	}
	if nothing, none := unselected(lists[0]), unselected(lists[1]); nothing && none {
		return append(loaded, after.marked(lists[1])...), nil
	}
	if names := disagreement(before, after, lists); names != nil {
		for _, s := range sides {
			s.run.Selection.Selector = plan.SelectNames(names)
		}
		if _, err := planAll(func() (diag.List, error) { return nil, nil }); err != nil {
			return nil, err
		}
	}
	for i, s := range sides {
		if unselected(lists[i]) {
			s.plan, lists[i] = &plan.Plan{Moved: s.run.Project.Moved(), Removed: s.run.Project.Removed()}, nil
		}
	}
	found := slices.Concat(loaded, before.marked(errorsOf(lists[0])), after.marked(lists[1]))
	if found.HasErrors() {
		return found, nil
	}
	for _, s := range sides {
		s.h = product.NewMaker(s.run)
		s.all = map[place]*plan.Release{}
		for _, t := range s.plan.Targets {
			for _, r := range t.Releases {
				s.all[place{t.Cluster.Name, t.Environment, r.Name}] = r
			}
		}
	}
	return found, nil
}

// unselected tells whether all that is wrong is that the selection picks nothing.
func unselected(found diag.List) bool {
	return found.HasErrors() && !slices.ContainsFunc(errorsOf(found), func(d diag.Diagnostic) bool { return d.Subject.File != "" })
}

// disagreement is the names of all releases that the selector picks on either
// side, where it may not pick the same on both.
func disagreement(before, after *side, lists []diag.List) []string {
	if before.run.Selection.Selector.Empty() {
		return nil
	}
	names := map[string]bool{}
	differ := unselected(lists[0]) || unselected(lists[1])
	left := [2]map[place]bool{{}, {}} // planned and not selected
	for i, s := range []*side{before, after} {
		for _, t := range s.plan.Targets {
			picked := map[string]bool{}
			for _, h := range t.Selected {
				picked[h.Name], names[h.Name] = true, true
			}
			for _, h := range t.Headers {
				if h.Planned && !picked[h.Name] {
					left[i][place{t.Cluster.Name, t.Environment, h.Name}] = true
				}
			}
		}
	}
	for i, s := range []*side{after, before} { // the other one
		for _, t := range s.plan.Targets {
			for _, h := range t.Selected {
				differ = differ || left[i][place{t.Cluster.Name, t.Environment, h.Name}]
			}
		}
	}
	if !differ {
		return nil
	}
	return sortedKeys(names)
}

// key digests what goes into a release; what is wrong is marked with its side.
func (s *side) key(ctx context.Context, r *plan.Release) (cache.Key, diag.List) {
	key, _, found := s.h.Key(ctx, r)
	return key, s.marked(found)
}
