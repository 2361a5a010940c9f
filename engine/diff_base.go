package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/transform"
	"github.com/weir-dev/weir/engine/unstable"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// side is one of two revisions of the project, planned.
type side struct {
	run  Run
	plan *plan.Plan
	h    *hydrator
	at   string // the commit that diagnostics are marked with; empty for the head
	all  map[place]*plan.Release

	scopes map[string]map[string]bool // by cluster: kinds that releases cannot tell themselves
}

// place is a release of a target.
type place struct{ cluster, environment, release string }

func (s *side) marked(found diag.List) diag.List {
	if s.at == "" {
		return found
	}
	return marked(found, s.at, s.run.Project)
}

// betweenRevisions renders two revisions of the project, where what goes into a
// release differs: nothing else is looked at.
func (run Run) betweenRevisions(ctx context.Context, o DiffOptions) (*comparison, diag.List, error) {
	c, err := run.points(o)
	if err != nil {
		list, err := refusal(err)
		return nil, list, err
	}
	before, after := &side{run: run, at: c.base.Commit}, &side{run: run}
	found, err := planBoth(ctx, before, after, func() (found diag.List, err error) {
		before.run, found, err = run.at(o, c.base)
		return found, err
	})
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	r := &revisions{before: before, after: after, run: run}
	r.match()
	list, err := r.hydrate(ctx)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	list, err = refusal(r.learn(ctx))
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	c.targets, c.projects = targetsOf(after.plan), []*schema.Project{before.run.Project}
	namespaces, list, err := r.namespaces(ctx)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	c.pairs = namespaces
	for _, p := range r.pairs {
		if p.differs() {
			c.pairs = append(c.pairs, r.pairing(p))
		}
	}
	c.settle()
	return c, append(found, r.gone()...), nil
}

// points are the two revisions.
func (run Run) points(o DiffOptions) (*comparison, error) {
	c := &comparison{}
	var err error
	if c.head, err = run.point(); err != nil {
		return nil, err
	}
	repository, err := repositoryOf(run.Dir, "--base")
	if err != nil {
		return nil, err
	}
	if c.base, err = baseOf(repository, o, c.head.Commit); err != nil {
		return nil, err
	}
	c.command = fmt.Sprintf("--base %.12s", c.base.Commit)
	if o.Exact {
		c.command += " --exact"
	}
	if o.Head != "" {
		c.command += fmt.Sprintf(" --head %.12s", c.head.Commit)
	}
	return c, nil
}

// at is the run on another revision of the project.
func (run Run) at(o DiffOptions, point review.Point) (Run, diag.List, error) {
	origin, found, err := revision(run.Dir, point.Ref, point.Commit)
	if err != nil || found.HasErrors() {
		return run, found, err
	}
	project, list := o.Load(origin.Files)
	if found = append(found, errorsOf(marked(list, point.Commit, project))...); found.HasErrors() {
		return run, found, nil
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
		err = each(ctx, len(sides), len(sides), name, func(ctx context.Context, i int) (err error) {
			if s := sides[i]; s == before {
				if loaded, err = first(); err != nil || loaded.HasErrors() {
					return err
				}
			}
			sides[i].plan, lists[i], err = sides[i].run.plan(ctx)
			return err
		})
		return loaded, err
	}
	loaded, err := planAll(load)
	if err != nil || loaded.HasErrors() {
		return append(loaded, lists[1]...), err
	}
	if nothing, none := unselected(lists[0]), unselected(lists[1]); nothing && none {
		return append(loaded, lists[1]...), nil
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
	found := slices.Concat(loaded, before.marked(errorsOf(lists[0])), lists[1])
	if found.HasErrors() {
		return found, nil
	}
	for _, s := range sides {
		s.h = s.run.hydrator()
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

// revisions are both sides with what differs.
type revisions struct {
	run           Run
	before, after *side
	pairs         []*twoReleases
}

// twoReleases is one release on both sides.
type twoReleases struct {
	place
	from     string // its name before, where it was moved
	old, now *plan.Release
	same     bool // the very same goes into both

	before, after *product
}

func (p *twoReleases) String() string {
	return p.environment + "/" + p.release + "@" + p.cluster
}

// differs tells whether the files may differ.
func (p *twoReleases) differs() bool {
	return !p.same && (p.before == nil || p.after == nil || p.before.Fingerprint != p.after.Fingerprint)
}

// match pairs the releases of both sides by target and name, in the order of the
// head's plan, what is gone behind it.
func (r *revisions) match() {
	moved := map[string]string{}
	for _, m := range r.after.plan.Moved {
		moved[m.To] = m.From
	}
	used := map[place]bool{}
	for _, t := range r.after.plan.Targets {
		for _, now := range t.Releases {
			p := &twoReleases{place: place{t.Cluster.Name, t.Environment, now.Name}, now: now}
			if p.old = r.before.all[p.place]; p.old != nil {
				used[p.place] = true
			} else if from, ok := moved[now.Name]; ok {
				was := place{t.Cluster.Name, t.Environment, from}
				if p.old = r.before.all[was]; p.old != nil && r.after.all[was] == nil {
					p.from, used[was] = from, true
				} else {
					p.old = nil
				}
			}
			r.pairs = append(r.pairs, p)
		}
	}
	for _, t := range r.before.plan.Targets {
		for _, old := range t.Releases {
			if at := (place{t.Cluster.Name, t.Environment, old.Name}); !used[at] {
				r.pairs = append(r.pairs, &twoReleases{place: at, old: old})
			}
		}
	}
}

// hydrate makes both sides of every release into which not the same goes.
func (r *revisions) hydrate(ctx context.Context) (diag.List, error) {
	found := make([]diag.List, len(r.pairs))
	name := func(i int) string { return r.pairs[i].String() }
	if r.run.Progress != nil {
		r.run.Progress.Total(len(r.pairs))
	}
	err := each(ctx, r.run.Jobs, len(r.pairs), name, func(ctx context.Context, i int) (err error) {
		defer r.run.watch(name(i))()
		found[i], err = r.one(ctx, r.pairs[i])
		return err
	})
	return gather(found), err
}

func (r *revisions) one(ctx context.Context, p *twoReleases) (diag.List, error) {
	if p.old != nil && p.now != nil && p.from == "" {
		old, oldFound := r.before.key(ctx, p.old)
		now, nowFound := r.after.key(ctx, p.now)
		if found := append(errorsOf(oldFound), nowFound...); found.HasErrors() {
			return found, nil
		}
		if p.same = old == now; p.same {
			return nil, nil
		}
	}
	var found diag.List
	for _, half := range []struct {
		s       *side
		release *plan.Release
		product **product
	}{{r.before, p.old, &p.before}, {r.after, p.now, &p.after}} {
		if half.release == nil {
			continue
		}
		made, list, err := half.s.h.hydrate(ctx, half.release, false)
		if half.s.at != "" {
			list = errorsOf(list)
		}
		if found = append(found, half.s.marked(list)...); err != nil {
			return found, err
		}
		if made != nil {
			made.letGo()
			*half.product = made
		}
	}
	return found, nil
}

// key digests what goes into a release; what is wrong is marked with its side.
func (s *side) key(ctx context.Context, r *plan.Release) (cache.Key, diag.List) {
	chart, found := s.h.fetch(ctx, r)
	if found.HasErrors() {
		return cache.Key{}, s.marked(found)
	}
	digest := ""
	if chart != nil {
		digest = chart.Digest
	}
	key, found := s.h.keys.of(r, digest)
	return key, s.marked(found)
}

// files wakes one side of a release. What the cache lost is rendered again.
func (s *side) files(ctx context.Context, r *plan.Release, p *product) (state.Release, error) {
	j := &job{release: r, product: p}
	return j.files(ctx, s.h)
}

// pairing is what a comparison wants to know of two releases.
func (r *revisions) pairing(p *twoReleases) *pairing {
	pair := &pairing{Pair: diff.Pair{Cluster: p.cluster, Environment: p.environment, Release: p.release, From: p.from}}
	if p.old != nil {
		pair.before = &making{r.before.h, p.old}
	}
	if p.now != nil {
		pair.after = &making{r.after.h, p.now}
		pair.Declared = p.now.Range
	} else {
		pair.Declared = declaredIn(r.after.plan, p.cluster, state.Key{Environment: p.environment, Release: p.release})
	}
	pair.scopes = r.after.scopes[p.cluster]
	pair.load = func(ctx context.Context) error {
		var old, now *state.Release
		if p.old != nil {
			files, err := r.settled(ctx, r.before, p.cluster, p.old, p.before)
			if err != nil {
				return err
			}
			old = &files
		}
		if p.now != nil {
			files, err := r.settled(ctx, r.after, p.cluster, p.now, p.after)
			if err == nil && old != nil {
				files, err = carryOver(*old, files, p.now, p.after.Unstable)
			}
			if err != nil {
				return err
			}
			now = &files
		}
		return pair.read(old, now)
	}
	return pair
}

// settled is one side's files with the scopes that other releases' CRDs tell.
func (r *revisions) settled(ctx context.Context, s *side, cluster string, release *plan.Release, p *product) (state.Release, error) {
	files, err := s.files(ctx, release, p)
	if err != nil || len(p.Unknown) == 0 {
		return files, err
	}
	return rescope(files, s.scopes[cluster])
}

// carryOver gives the head the base's values where both make them up: they would
// be kept, and are no change.
func carryOver(old, now state.Release, release *plan.Release, fields []unstable.Field) (state.Release, error) {
	if len(fields) == 0 {
		return now, nil
	}
	before := map[string][]byte{}
	for _, file := range old.Files {
		before[file.Path] = file.Data
	}
	p := past{old.Key, func(path string) ([]byte, error) { return before[path], nil }}
	wanted := unstable.ByObject(fields)
	files := slices.Clone(now.Files)
	var kept unstable.Kept
	for i, file := range files {
		if !wanted.Has(file.Object, file.Hook != nil) {
			continue
		}
		was, err := p.file(now.Key, file.Path)
		if err != nil {
			return now, err
		}
		if files[i].Data, err = kept.Carry(wanted, file.Object, file.Hook != nil, file.Data, was); err != nil {
			return now, err
		}
	}
	if now.Files = files; kept.Count > 0 && release.RestartOnConfigChange {
		return again(now, transform.HashConfig)
	}
	return now, nil
}

// gone warns of releases that disappear although nothing says that they are meant
// to: a hydration will refuse.
func (r *revisions) gone() diag.List {
	var found diag.List
	project := r.after.run.Project
	for _, p := range r.pairs {
		if p.now != nil {
			continue
		}
		key := state.Key{Environment: p.environment, Release: p.release}
		meant := declaredIn(r.after.plan, p.cluster, key) != diag.Range{} || slices.Contains(project.Declarations(), declaration(p.old)) ||
			!slices.ContainsFunc(project.Targets(), func(t schema.Target) bool { return t.Environment == p.environment && t.Cluster == p.cluster })
		if meant {
			continue
		}
		found = append(found, diag.Warningf(marked(diag.List{{Subject: p.old.Range}}, r.before.at, r.before.run.Project)[0].Subject,
			"Release %q is not declared any more, and nothing says that it is meant to go", key).
			Detailf("`weir hydrate` refuses to remove it from cluster %q.", p.cluster).
			Remedyf("If it is meant to go: removed %q {}. If it has a new name: moved { from = %q, to = … }.", p.release, p.release))
	}
	return found
}
