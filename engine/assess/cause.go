package assess

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/compare"
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

// keyOf digests all that goes into the release.
func keyOf(ctx context.Context, m compare.Making) (cache.Key, bool) {
	key, _, found := m.Maker.Key(ctx, m.Release)
	return key, !found.HasErrors()
}

// renders tells whether all is there that goes into the release.
func renders(ctx context.Context, m compare.Making) bool {
	_, ok := keyOf(ctx, m)
	return ok
}

// chartVersion is what the chart calls itself.
func chartVersion(ctx context.Context, m compare.Making) string {
	chart, found := m.Maker.Chart(ctx, m.Release)
	if chart == nil || found.HasErrors() {
		return ""
	}
	return chart.Version
}

// step is a release between two others, with what it has more than the one before.
type step struct {
	compare.Making
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
func steps(ctx context.Context, old, now compare.Making, places int) []step {
	half := old.Maker.WithChartsOf(now.Maker)
	var all []step
	at, known := keyOf(ctx, old)
	take := func(m compare.Making, cause func() diff.Cause) {
		key, ok := keyOf(ctx, m)
		if ok && known && key == at {
			return
		}
		at, known = key, ok
		all = append(all, step{Making: m, cause: cause()})
	}

	charted := *old.Release
	charted.Chart = now.Release.Chart
	take(compare.Making{Maker: half, Release: &charted}, func() diff.Cause {
		chart := diff.Cause{Kind: diff.ByChart, From: chartVersion(ctx, old), To: chartVersion(ctx, now)}
		if c := now.Release.Chart; c != nil {
			chart.Place = c.Range
		}
		return chart
	})

	values := old.Release.Values
	made := references{old, now}
	lines := byPlace(made.followed(valueChanges(values, now.Release.Values)), places)
	for i, line := range lines {
		next := charted
		values = with(values, line.changes)
		if next.Values = values; i == len(lines)-1 {
			next.Values = now.Release.Values
		}
		take(compare.Making{Maker: half, Release: &next}, func() diff.Cause { return diff.Cause{Kind: diff.ByValues, Place: line.place, More: line.more} })
	}

	written := charted
	written.Values, written.Manifests = now.Release.Values, now.Release.Manifests
	take(compare.Making{Maker: half, Release: &written}, func() diff.Cause {
		return byFiles(diff.ByManifests, texts(old.Release.Manifests), texts(now.Release.Manifests), now.Release)
	})

	filed := written
	filed.Kustomize.Patches = patchesOf(written.Kustomize.Patches, now.Release.Kustomize.Patches)
	if files := (compare.Making{Maker: now.Maker, Release: &filed}); renders(ctx, files) {
		take(files, func() diff.Cause {
			return byFiles(diff.ByKustomize, kustomized(old.Maker, &written), kustomized(now.Maker, &filed), now.Release)
		})
	}

	patched := filed
	patched.Kustomize = now.Release.Kustomize
	take(compare.Making{Maker: now.Maker, Release: &patched}, made.kustomized)

	said := *now.Release
	said.Cluster = old.Release.Cluster
	if key, ok := keyOf(ctx, compare.Making{Maker: now.Maker, Release: &said}); !ok || !known || key != at {
		last := &patched
		for _, a := range attributes {
			next := *last
			a.take(&next, now.Release)
			last = &next
			take(compare.Making{Maker: now.Maker, Release: &next}, func() diff.Cause { return made.set(a.name) })
		}
	}
	take(compare.Making{Maker: now.Maker, Release: &said}, func() diff.Cause {
		return diff.Cause{Kind: diff.ByRelease, Place: line(now.Release.Range)}
	})

	take(now, func() diff.Cause {
		return diff.Cause{Kind: diff.ByKubernetes, From: old.Release.Cluster.Kubernetes, To: now.Release.Cluster.Kubernetes}
	})
	return all
}

// attribute finds the causes of a release's changes; false where they cannot be
// told, for what is committed did not come out of what it is said to be of.
func attribute(ctx context.Context, run work.Run, p *compare.Pairing, r diff.Release, schemas *diff.Schemas, places int) (_ diff.Release, told bool, err error) {
	if p.Was == nil || p.Is == nil || p.Before == nil || p.After == nil {
		return r, true, nil
	}
	like := compare.KnownOf(p.After) // most objects of a step are final
	var first []diff.Stage
	if p.Weir != nil { // the base is what some Weir once made of it
		begin, ok, err := stepSet(ctx, p, *p.Was, like)
		switch {
		case err != nil:
			return r, false, err
		case ok && begin.Digest() == p.Before.Objects.Digest():
		case ok && p.Weir.From != p.Weir.To:
			first = []diff.Stage{{Cause: *p.Weir, Objects: begin}}
		default:
			return r, false, nil
		}
	}
	stages, err := stages(ctx, run, p, steps(ctx, *p.Was, *p.Is, places), like)
	if err != nil {
		return r, false, err
	}
	return schemas.Attribute(r, append(first, stages...)), true, nil
}

// stages renders all steps but the last, which is there. One that does not render
// by itself, as a chart that refuses the old values, is one with the next.
func stages(ctx context.Context, run work.Run, p *compare.Pairing, all []step, like compare.Known) ([]diff.Stage, error) {
	var stages []diff.Stage
	var failed []string
	run.ExpectMore(len(all) - 1)
	for i, s := range all {
		stage := diff.Stage{Cause: s.cause, Objects: p.After.Objects}
		if i < len(all)-1 {
			done := run.Watch(p.String() + ", " + s.String())
			set, ok, err := stepSet(ctx, p, s.Making, like)
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
func stepSet(ctx context.Context, p *compare.Pairing, m compare.Making, like compare.Known) (manifest.Set, bool, error) {
	made, found, err := m.Maker.Make(ctx, m.Release)
	if err != nil || found.HasErrors() {
		return manifest.Set{}, false, err
	}
	files, err := m.Maker.Files(ctx, m.Release, made)
	if err == nil {
		files, err = finish(ctx, p, files, made, m.Release)
	}
	var set manifest.Set
	if err == nil {
		set, err = compare.SetOf(files.Files, like)
	}
	list, err := work.Refusal(err)
	return set, err == nil && !list.HasErrors(), err
}

// finish does to a step what settling did to the release that came of it.
func finish(ctx context.Context, p *compare.Pairing, files state.Release, made *product.Product, release *plan.Release) (state.Release, error) {
	var err error
	if len(made.Unknown) > 0 {
		if files, err = product.Rescope(files, p.Scopes); err != nil {
			return files, err
		}
	}
	if len(made.Unstable) == 0 || p.Past == nil {
		return files, nil
	}
	old, err := p.Past(ctx)
	if err != nil || old == nil {
		return files, err
	}
	return product.CarryOver(*old, files, release, made.Unstable)
}

// placesFor is how many lines of values there is time to tell apart in each of
// the releases.
func placesFor(pairs []*compare.Pairing) int {
	n := 0
	for _, p := range pairs {
		if p.Was == nil || p.Is == nil || p.Was.Release.Values.Digest() == p.Is.Release.Values.Digest() {
			continue
		}
		n += min(len(byPlace(valueChanges(p.Was.Release.Values, p.Is.Release.Values), mostPlaces)), mostPlaces) - 1
	}
	if n > mostSteps {
		return 0
	}
	return mostPlaces
}
