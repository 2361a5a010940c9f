package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
)

// A change of a release may come from its chart, its values, its manifests, what
// else its block says, the cluster's Kubernetes, or Weir. Which of them did what is found by
// rendering the steps between: the old release with the new chart, then with one
// line of the new values after the other, and so on. A step into which the same
// goes as into the one before is none; the last one is the new release itself, so
// where a single thing differs nothing is rendered.

// making is what one side of a release was made from.
type making struct {
	h       *product.Maker
	release *plan.Release
}

// key digests all that goes into the release.
func (m making) key(ctx context.Context) (cache.Key, bool) {
	key, _, found := m.h.Key(ctx, m.release)
	return key, !found.HasErrors()
}

// renders tells whether all is there that goes into the release.
func (m making) renders(ctx context.Context) bool {
	_, ok := m.key(ctx)
	return ok
}

// chartVersion is what the chart calls itself.
func (m making) chartVersion(ctx context.Context) string {
	chart, found := m.h.Chart(ctx, m.release)
	if chart == nil || found.HasErrors() {
		return ""
	}
	return chart.Version
}

// step is a release between two others, with what it has more than the one before.
type step struct {
	making
	cause diff.Cause
}

// How many lines of values are told apart, in one release and in all of a run:
// each is a render.
const (
	mostPlaces = 16
	mostSteps  = 2000
)

// steps are the releases on the way from one to another, the last one included.
// Files of charts come from where the chart does, all others from where the rest
// of the release does.
func steps(ctx context.Context, old, now making, places int) []step {
	half := old.h.WithChartsOf(now.h)
	var all []step
	at, known := old.key(ctx)
	take := func(m making, cause func() diff.Cause) {
		key, ok := m.key(ctx)
		if ok && known && key == at {
			return
		}
		at, known = key, ok
		all = append(all, step{making: m, cause: cause()})
	}

	charted := *old.release
	charted.Chart = now.release.Chart
	take(making{half, &charted}, func() diff.Cause {
		chart := diff.Cause{Kind: diff.ByChart, From: old.chartVersion(ctx), To: now.chartVersion(ctx)}
		if c := now.release.Chart; c != nil {
			chart.Place = c.Range
		}
		return chart
	})

	values := old.release.Values
	lines := byPlace(valueChanges(values, now.release.Values), places)
	for i, line := range lines {
		next := charted
		values = with(values, line.changes)
		if next.Values = values; i == len(lines)-1 {
			next.Values = now.release.Values
		}
		take(making{half, &next}, func() diff.Cause { return diff.Cause{Kind: diff.ByValues, Place: line.place} })
	}

	written := charted
	written.Values, written.Manifests = now.release.Values, now.release.Manifests
	take(making{half, &written}, func() diff.Cause {
		return byFiles(diff.ByManifests, texts(old.release.Manifests), texts(now.release.Manifests), now.release)
	})

	filed := written
	filed.Kustomize.Patches = patchesOf(written.Kustomize.Patches, now.release.Kustomize.Patches)
	if files := (making{now.h, &filed}); files.renders(ctx) {
		take(files, func() diff.Cause {
			return byFiles(diff.ByKustomize, kustomized(old.h, &written), kustomized(now.h, &filed), now.release)
		})
	}

	patched := *now.release
	patched.Cluster = old.release.Cluster
	take(making{now.h, &patched}, func() diff.Cause { return diff.Cause{Kind: diff.ByKustomize, Place: now.release.Range} })

	take(now, func() diff.Cause {
		return diff.Cause{Kind: diff.ByKubernetes, From: old.release.Cluster.Kubernetes, To: now.release.Cluster.Kubernetes}
	})
	return all
}

// attribute finds the causes of a release's changes; false where they cannot be
// told, for what is committed did not come out of what it is said to be of.
func (p *pairing) attribute(ctx context.Context, schemas *diff.Schemas, places int, watched *expecting) (told bool, err error) {
	if p.before == nil || p.after == nil || p.Before == nil || p.After == nil {
		return true, nil
	}
	like := knownOf(p.After) // most objects of a step are final
	var first []diff.Stage
	if p.weir != nil { // the base is what some Weir once made of it
		begin, ok, err := p.stepSet(ctx, *p.before, like)
		switch {
		case err != nil:
			return false, err
		case ok && begin.Digest() == p.Before.Objects.Digest():
		case ok && p.weir.From != p.weir.To:
			first = []diff.Stage{{Cause: *p.weir, Objects: begin}}
		default:
			return false, nil
		}
	}
	stages, err := p.stages(ctx, steps(ctx, *p.before, *p.after, places), like, watched)
	if err != nil {
		return false, err
	}
	p.result = schemas.Attribute(p.result, append(first, stages...))
	return true, nil
}

// stages renders all steps but the last, which is there. One that does not render
// by itself, as a chart that refuses the old values, is one with the next.
func (p *pairing) stages(ctx context.Context, all []step, like known, watched *expecting) ([]diff.Stage, error) {
	var stages []diff.Stage
	var failed []string
	watched.more(len(all) - 1)
	for i, s := range all {
		stage := diff.Stage{Cause: s.cause, Objects: p.After.Objects}
		if i < len(all)-1 {
			done := watched.watch(p.String() + ", " + s.String())
			set, ok, err := p.stepSet(ctx, s.making, like)
			done()
			if err != nil {
				return nil, err
			}
			if !ok {
				failed = append(failed, s.String())
				continue
			}
			stage.Objects = set
		}
		stage.Cause.With, failed = strings.Join(failed, ", "), nil
		stages = append(stages, stage)
	}
	return stages, nil
}

// String names a step for people.
func (s step) String() string {
	text := s.cause.String()
	switch line := s.cause.Place.Start.Line; {
	case s.cause.Kind == diff.ByValues && line > 0:
		return fmt.Sprintf("%s:%d", s.cause.Place.File, line)
	case s.cause.Kind == diff.ByValues, line == 0 && s.cause.Place.File != "":
		return s.cause.Place.File
	}
	return text
}

// stepSet hydrates a step; false where it does not render.
func (p *pairing) stepSet(ctx context.Context, m making, like known) (manifest.Set, bool, error) {
	made, found, err := m.h.Make(ctx, m.release)
	if err != nil || found.HasErrors() {
		return manifest.Set{}, false, err
	}
	files, err := m.h.Files(ctx, m.release, made)
	if err == nil {
		files, err = p.finish(ctx, files, made, m.release)
	}
	var set manifest.Set
	if err == nil {
		set, err = setOf(files.Files, like)
	}
	list, err := work.Refusal(err)
	return set, err == nil && !list.HasErrors(), err
}

// finish does to a step what settling did to the release that came of it.
func (p *pairing) finish(ctx context.Context, files state.Release, made *product.Product, release *plan.Release) (state.Release, error) {
	var err error
	if len(made.Unknown) > 0 {
		if files, err = product.Rescope(files, p.scopes); err != nil {
			return files, err
		}
	}
	if len(made.Unstable) == 0 || p.past == nil {
		return files, nil
	}
	old, err := p.past(ctx)
	if err != nil || old == nil {
		return files, err
	}
	return product.CarryOver(*old, files, release, made.Unstable)
}

// placesFor is how many lines of values there is time to tell apart in each of
// the releases.
func placesFor(pairs []*pairing) int {
	n := 0
	for _, p := range pairs {
		if p.before == nil || p.after == nil || p.before.release.Values.Digest() == p.after.release.Values.Digest() {
			continue
		}
		n += min(len(byPlace(valueChanges(p.before.release.Values, p.after.release.Values), mostPlaces)), mostPlaces) - 1
	}
	if n > mostSteps {
		return 0
	}
	return mostPlaces
}
