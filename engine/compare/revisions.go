package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// betweenRevisions compares two revisions of the project. It renders both, where
// what goes into a release differs: nothing else is looked at.
func betweenRevisions(ctx context.Context, run work.Run, o Options) (c *Comparison, found diag.List, err error) {
	before, after := &side{}, &side{run: run}
	defer func() {
		if found, err = run.Origin.Explain(found, err); before.run.Origin != run.Origin {
			found, err = before.run.Origin.Explain(found, err)
		}
	}()
	if c, err = points(run, o); err != nil {
		list, err := work.Refusal(err)
		return nil, list, err
	}
	before.run = run
	found, err = planBoth(ctx, before, after, func() (found diag.List, err error) {
		before.run, found, err = runAt(run, o, c.Base)
		return found, err
	})
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	r := &revisions{before: before, after: after, run: run, spoken: &spokenWords{known: map[[2]string]bool{}}}
	r.match()
	list, err := r.hydrate(ctx)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	list, err = work.Refusal(r.learn(ctx))
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	c.Targets, c.Secrets = targetsOf(after.plan), before.run.Project.Sensitive()
	namespaces, list, err := r.namespaces(ctx)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	r.kept, c.close = r.states(ctx)
	c.Pairs = namespaces
	for _, p := range r.pairs {
		if p.differs() {
			c.Pairs = append(c.Pairs, r.pairing(p))
		}
	}
	c.others = func(cluster string, _ map[state.Key]bool) func(context.Context) ([]*other, error) {
		return r.staying(cluster)
	}
	c.settle()
	r.warned(c)
	found = append(append(found, nothingNew(o, c)...), r.gone()...)
	changed, err := run.ChangedSince(c.Head.Commit)
	if c.Head.Uncommitted = len(changed) > 0; err == nil && !c.Head.Uncommitted && c.Head.Commit != "" {
		c.Command += fmt.Sprintf(" --head %.12s", c.Head.Commit)
	}
	return c, found, err
}

// revisions are both sides with what differs.
type revisions struct {
	run           work.Run
	before, after *side
	pairs         []*twoReleases
	spoken        *spokenWords
	kept          map[string]*state.Snapshot // by cluster: states that have values which were made up
}

// twoReleases is one release on both sides.
type twoReleases struct {
	place
	from     string // its name before, where it was moved
	old, now *plan.Release
	same     bool // the very same goes into both

	before, after *product.Product
	warnings      []string // of the rendering after that there were none of before
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
	r.run.Expect(len(r.pairs))
	err := work.Each(ctx, r.run.Jobs, len(r.pairs), name, func(ctx context.Context, i int) (err error) {
		defer r.run.Watch(name(i))()
		found[i], err = r.one(ctx, r.pairs[i])
		return err
	})
	return work.Gather(found), err
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
	var found, known diag.List
	for _, half := range []struct {
		s       *side
		release *plan.Release
		product **product.Product
	}{{r.before, p.old, &p.before}, {r.after, p.now, &p.after}} {
		if half.release == nil {
			continue
		}
		made, list, err := half.s.h.Make(ctx, half.release)
		if half.s == r.before {
			known, list = list, errorsOf(list)
		} else {
			p.warnings = newWarnings(known, list)
		}
		if found = append(found, half.s.marked(list)...); err != nil {
			return found, err
		}
		if made != nil {
			made.LetGo()
			*half.product = made
		}
	}
	return found, nil
}

// newWarnings are the summaries of warnings that were not known before.
func newWarnings(known, list diag.List) []string {
	had := map[string]bool{}
	for _, d := range known {
		had[d.Summary] = true
	}
	var fresh []string
	for _, d := range list {
		if d.Severity == diag.Warning && !had[d.Summary] {
			had[d.Summary] = true
			fresh = append(fresh, d.Summary)
		}
	}
	return fresh
}

// warned notes the new warnings, each once: they may be why something changes,
// and nobody reads what a pipeline prints.
func (r *revisions) warned(c *Comparison) {
	type warning struct{ release, text string }
	var all []warning
	seen := map[warning]bool{}
	for _, p := range r.pairs {
		for _, text := range p.warnings {
			if w := (warning{p.release, text}); !seen[w] {
				seen[w] = true
				all = append(all, w)
			}
		}
	}
	const most = 10
	for i, w := range all {
		if i == most {
			c.Note("%d more warnings are new; `weir hydrate --check` prints them.", len(all)-most)
			return
		}
		c.Note("Release %q has a new warning: %s.", w.release, w.text)
	}
}

// pairing is what a comparison wants to know of two releases.
func (r *revisions) pairing(p *twoReleases) *Pairing {
	pair := &Pairing{Pair: diff.Pair{Cluster: p.cluster, Environment: p.environment, Release: p.release, From: p.from}}
	if p.old != nil {
		pair.Was = &Making{Maker: r.before.h, Release: p.old}
	}
	if p.now != nil {
		pair.Is = &Making{Maker: r.after.h, Release: p.now}
		pair.Declared = p.now.Range
	} else {
		pair.Declared = declaredIn(r.after.plan, p.cluster, state.Key{Environment: p.environment, Release: p.release})
		pair.Undeclared = !r.meant(p)
	}
	pair.Scopes = r.after.scopes[p.cluster]
	pair.Past = func(ctx context.Context) (*state.Release, error) {
		if p.old == nil {
			return nil, nil
		}
		files, err := r.settled(ctx, r.before, p.cluster, p.old, p.before)
		if err == nil {
			files, err = r.keep(p.cluster, files, p.old, p.before.Unstable)
		}
		return &files, err
	}
	pair.Load = func(ctx context.Context) error {
		old, err := pair.Past(ctx)
		if err != nil {
			return err
		}
		if p.now == nil {
			return pair.read(old, nil)
		}
		now, err := r.settled(ctx, r.after, p.cluster, p.now, p.after)
		if err == nil && old != nil {
			now, err = product.CarryOver(*old, now, p.now, p.after.Unstable)
		}
		if err != nil {
			return err
		}
		return pair.read(old, &now)
	}
	return pair
}

// settled is one side's files with the scopes that other releases' CRDs tell.
func (r *revisions) settled(ctx context.Context, s *side, cluster string, release *plan.Release, p *product.Product) (state.Release, error) {
	files, err := s.h.Files(ctx, release, p)
	if err != nil || len(p.Unknown) == 0 {
		return files, err
	}
	return product.Rescope(files, s.scopes[cluster])
}

// gone tells of releases that disappear although nothing says that they are meant
// to: a hydration will refuse, so who reviews should know.
func (r *revisions) gone() diag.List {
	var names []string
	of := map[string][]*twoReleases{}
	for _, p := range r.pairs {
		if p.now != nil || r.meant(p) {
			continue
		}
		if of[p.release] == nil {
			names = append(names, p.release)
		}
		of[p.release] = append(of[p.release], p)
	}
	var found diag.List
	for _, name := range names {
		first := of[name][0]
		where := make([]string, len(of[name]))
		for i, p := range of[name] {
			where[i] = p.environment + "/" + p.cluster
		}
		gone := fmt.Sprintf("Release %q is not declared any more, and nothing says that it is meant to go", name)
		refused := fmt.Sprintf("`weir hydrate` refuses to remove it from %s.", strings.Join(where, ", "))
		found = append(found, diag.Warningf(r.before.marked(diag.List{{Subject: first.old.Range}})[0].Subject, "%s", gone).
			Detailf("%s", refused).
			Remedyf("If it is meant to go: removed %q {}. If it has a new name: moved { from = %q, to = … }.", name, name))
	}
	return found
}

// meant tells whether a hydration will remove a release that is gone: the project
// still speaks of it, or no longer of its environment on its cluster.
func (r *revisions) meant(p *twoReleases) bool {
	key := state.Key{Environment: p.environment, Release: p.release}
	project := r.after.run.Project
	if declaredIn(r.after.plan, p.cluster, key) != (diag.Range{}) || slices.Contains(project.Declarations(), product.Declaration(p.old)) {
		return true
	}
	if !slices.ContainsFunc(project.Clusters(), func(c schema.Cluster) bool { return c.Name == p.cluster }) {
		return true // its state is not looked at any more
	}
	declared := slices.ContainsFunc(project.Environments(), func(e schema.Environment) bool { return e.Name == p.environment })
	return declared && !slices.Contains(project.Targets(), schema.Target{Environment: p.environment, Cluster: p.cluster})
}
