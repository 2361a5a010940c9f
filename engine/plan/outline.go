package plan

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Loop calls do once for each number below n, in any order and at the same time
// if it likes, and returns when all calls have. The engine passes one with
// goroutines; what a plan says never depends on it. A loop that is cancelled may
// leave calls out: what comes of it is then of no use.
type Loop func(n int, do func(i int))

// Serially is the loop without goroutines.
func Serially(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}

// Outline is the cheap half of a plan: which targets, and which releases they
// have. Nothing but headers has been evaluated, unless the selector asks for
// charts.
type Outline struct {
	Clusters []schema.Cluster
	Targets  []OutlineTarget

	project Project
	bodies  map[slot]*body // what the selector had to evaluate
}

// OutlineTarget is a target with its headers.
type OutlineTarget struct {
	Environment string
	Cluster     schema.Cluster
	Headers     []schema.Header // all that the project declares for the target, by name
	Selected    []schema.Header // those the selector picks, planned or not

	picked []int // the places of Selected in Headers
	failed bool  // headers are missing
}

// title is what messages call the target.
func (t OutlineTarget) title() string { return t.Environment + " on " + t.Cluster.Name }

func (t OutlineTarget) pair() schema.Target {
	return schema.Target{Environment: t.Environment, Cluster: t.Cluster.Name}
}

// slot is one header of one target.
type slot struct{ target, header int }

// body is an evaluated release with what was found on the way.
type body struct {
	release schema.Release
	list    diag.List
}

// Draw outlines the plan of a selection. The outline is never nil.
func Draw(p Project, s Selection, each Loop) (*Outline, diag.List) {
	o := &Outline{project: p}
	targets, clusters, list := s.targets(p)
	o.Clusters = clusters
	byName := map[string]schema.Cluster{}
	for _, c := range clusters {
		byName[c.Name] = c
	}
	o.Targets = make([]OutlineTarget, len(targets))
	lists := make([]diag.List, len(targets))
	each(len(targets), func(i int) {
		t := &o.Targets[i]
		t.Environment, t.Cluster = targets[i].Environment, byName[targets[i].Cluster]
		t.Headers, lists[i] = p.Headers(targets[i])
		t.failed = lists[i].HasErrors()
	})
	list = append(list, slices.Concat(lists...)...)
	var same once
	for _, t := range o.Targets {
		shared(t, &same)
	}
	list = append(list, same.found()...)
	o.choose(s.Selector, each)
	list = append(list, o.nothing(s.Selector)...)
	return o, append(list, disappearances(p, o.Targets)...)
}

// choose fills Selected.
func (o *Outline) choose(s Selector, each Loop) {
	if s.charts() {
		o.evaluate(s, each)
	}
	for i := range o.Targets {
		t := &o.Targets[i]
		for j, h := range t.Headers {
			if o.selects(s, slot{i, j}, h) {
				t.Selected = append(t.Selected, h)
				t.picked = append(t.picked, j)
			}
		}
	}
}

func (o *Outline) selects(s Selector, at slot, h schema.Header) bool {
	if !s.mayMatch(h) || !s.charts() {
		return s.mayMatch(h)
	}
	b := o.bodies[at]
	if b == nil {
		return false // not planned: it has no chart here
	}
	return b.list.HasErrors() || s.matches(b.release) // its mistakes are to be seen
}

// evaluate fills bodies for a selector that looks at charts.
func (o *Outline) evaluate(s Selector, each Loop) {
	var slots []slot
	for i, t := range o.Targets {
		for j, h := range t.Headers {
			if h.Planned && s.mayMatch(h) {
				slots = append(slots, slot{i, j})
			}
		}
	}
	bodies := make([]body, len(slots))
	each(len(slots), func(k int) {
		t := o.Targets[slots[k].target]
		bodies[k].release, bodies[k].list = o.project.Release(t.Headers[slots[k].header], t.pair())
	})
	o.bodies = make(map[slot]*body, len(slots))
	for k, s := range slots {
		o.bodies[s] = &bodies[k]
	}
}

// shared warns of planned releases that share what Helm calls a release. Names
// in a target are unique: the project sees to that.
func shared(t OutlineTarget, found *once) {
	type helm struct{ namespace, name string }
	seen := map[helm]schema.Header{}
	for _, h := range t.Headers {
		if !h.Planned {
			continue
		}
		first, ok := seen[helm{h.Namespace, h.HelmName}]
		if !ok {
			seen[helm{h.Namespace, h.HelmName}] = h
			continue
		}
		found.add(diag.Warningf(h.Range, "Releases %q and %q share the Helm name %q in namespace %q", first.Name, h.Name, h.HelmName, h.Namespace).
			Detailf("Charts put the Helm name into labels and selectors, so that the workloads of one may pick up the pods of the other, in %s.", t.title()).
			Remedyf("Give one of them another `name` or `namespace`.").
			Also(first.Range, "the other one"), t.title())
	}
}

// nothing reports a selector that leaves a run without work.
func (o *Outline) nothing(s Selector) diag.List {
	if s.Empty() || len(o.Targets) == 0 {
		return nil
	}
	var unplanned diag.List
	for _, t := range o.Targets {
		for _, h := range t.Selected {
			if h.Planned {
				return nil
			}
			unplanned = append(unplanned, diag.Warningf(h.Range, "Release %q is not planned for %s", h.Name, t.title()).
				Detailf("%s.", capital(strings.TrimSuffix(h.Why, "."))))
		}
		if t.failed {
			return nil // who knows
		}
	}
	if unplanned != nil {
		return unplanned
	}
	d := diag.Errorf(diag.Range{}, "Nothing matches %s", s)
	for _, all := range s.alternatives {
		for _, t := range all {
			values := o.valuesOf(t.key)
			if len(values) == 0 && t.key != keyChart {
				return diag.List{d.Detailf("No release here has a label %q.", t.key).Suggest(t.key, o.labels()).Remedyf("%s", known("Keys", o.labels()))}
			}
			if !slices.ContainsFunc(values, func(v string) bool { return glob(t.value, v) }) && !t.not {
				return diag.List{d.Detailf("No release here has %s.", t).Suggest(t.value, values).Remedyf("%s", known("Values of "+t.key, values))}
			}
		}
	}
	return diag.List{d.Detailf("Every term holds for some release, but no release satisfies them together.").
		Remedyf("Loosen the selector; a comma means and, a second -l means or.")}
}

// labels lists the keys that a selector can use here, sorted.
func (o *Outline) labels() []string {
	keys := slices.Clone(builtin)
	for _, t := range o.Targets {
		for _, h := range t.Headers {
			for k := range h.Labels {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// valuesOf lists what releases have for a key, sorted.
func (o *Outline) valuesOf(key string) []string {
	var values []string
	for _, t := range o.Targets {
		for _, h := range t.Headers {
			if v, ok := property(h, key); ok {
				values = append(values, v)
			}
		}
	}
	for _, b := range o.bodies {
		if key == keyChart && b.release.Chart != nil {
			values = append(values, chartName(*b.release.Chart))
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
