package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// needs resolves what releases need against all headers of their target and,
// where they name another environment, of that environment on the same cluster:
// selected or not, so that a selector never makes a need unknown.
type needs struct {
	project Project
	targets map[schema.Target]*neighbours
	all     []schema.Target
	found   once
}

// neighbours are the releases of a target by what a need may call them: their
// name, or the label of their block.
type neighbours struct {
	called map[string][]schema.Header
	failed bool // some are missing, which another diagnostic says
}

func newNeeds(o *Outline) *needs {
	n := &needs{project: o.project, targets: map[schema.Target]*neighbours{}, all: o.project.Targets()}
	for _, t := range o.Targets {
		n.targets[t.pair()] = callable(t.Headers, t.failed)
	}
	return n
}

func callable(headers []schema.Header, failed bool) *neighbours {
	c := &neighbours{called: make(map[string][]schema.Header, len(headers)), failed: failed}
	for _, h := range headers {
		c.called[h.Name] = append(c.called[h.Name], h)
		if h.Declaration != h.Name {
			c.called[h.Declaration] = append(c.called[h.Declaration], h)
		}
	}
	return c
}

// at returns the releases of a target, evaluating their headers on first use.
func (n *needs) at(t schema.Target) *neighbours {
	c, ok := n.targets[t]
	if !ok {
		headers, list := n.project.Headers(t)
		c = callable(headers, list.HasErrors())
		n.targets[t] = c
	}
	return c
}

// resolve fills After of a target's releases.
func (n *needs) resolve(t OutlineTarget, releases []*Release) {
	for _, r := range releases {
		for _, need := range r.Needs {
			environment := cmp.Or(need.Environment, t.Environment)
			meant, problem := n.find(t, r, environment, need)
			if problem != nil {
				n.found.add(*problem, t.title())
			}
			for _, h := range meant {
				r.After = append(r.After, environment+"/"+h.Name)
			}
		}
		slices.Sort(r.After)
		r.After = slices.Compact(r.After)
	}
}

// find returns the planned releases that a need means.
func (n *needs) find(t OutlineTarget, r *Release, environment string, need schema.Need) ([]schema.Header, *diag.Diagnostic) {
	other := schema.Target{Environment: environment, Cluster: t.Cluster.Name}
	if !slices.Contains(n.all, other) {
		return nil, n.elsewhere(t, environment, need)
	}
	here := n.at(other)
	meant := here.called[need.Release]
	planned := make([]schema.Header, 0, len(meant))
	for _, h := range meant {
		if h.Planned {
			planned = append(planned, h)
		}
	}
	switch {
	case len(planned) > 0:
		return planned, nil
	case len(meant) > 0:
		return nil, n.unplanned(t, environment, need, meant)
	case here.failed:
		return nil, nil
	}
	if _, declared := n.project.Declaration(need.Release); declared {
		return nil, nil // a for_each without elements: all of them are there
	}
	d := diag.Errorf(need.Range, "Release %q is not known", need.Release).
		Detailf("%s needs it, but no release of %s on %s has that name.", capital(origin(r.Header)), environment, t.Cluster.Name).
		Suggest(need.Release, here.names()).
		Remedyf("`needs` takes the names of releases, labels of for_each blocks, and \"<environment>/<release>\" for another environment on the same cluster.")
	return nil, &d
}

func (c *neighbours) names() []string {
	names := make([]string, 0, len(c.called))
	for name := range c.called {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// elsewhere reports a need of an environment that is not on this cluster.
func (n *needs) elsewhere(t OutlineTarget, environment string, need schema.Need) *diag.Diagnostic {
	var names, here, clusters []string
	for _, e := range n.project.Environments() {
		names = append(names, e.Name)
	}
	for _, o := range n.all {
		if o.Cluster == t.Cluster.Name {
			here = append(here, o.Environment)
		}
		if o.Environment == environment {
			clusters = append(clusters, o.Cluster)
		}
	}
	d := diag.Errorf(need.Range, "Environment %q is not known", environment)
	if slices.Contains(names, environment) {
		d = diag.Errorf(need.Range, "Environment %q is not on cluster %q", environment, t.Cluster.Name).
			Detailf("A release can need only what is on its own cluster. %s, while this release is also planned for %s on %s.",
				onClusters(environment, clusters), t.Environment, t.Cluster.Name).
			Remedyf("Make the need depend on env.name or cluster.name, or add the cluster to the environment.")
	} else {
		d = d.Detailf("`needs` reads what stands before a slash as an environment.").Suggest(environment, here)
	}
	d = d.Remedyf("%s", known("Environments on "+t.Cluster.Name, here))
	return &d
}

func onClusters(environment string, clusters []string) string {
	if len(clusters) == 0 {
		return fmt.Sprintf("Environment %q has no cluster", environment)
	}
	return fmt.Sprintf("Environment %q is on %s", environment, strings.Join(clusters, ", "))
}

// unplanned warns of a need that is declared but not planned here. It is no
// error: needs only order, and a project that leaves monitoring out of dev should
// not have to say so again in every release that comes after monitoring.
func (n *needs) unplanned(t OutlineTarget, environment string, need schema.Need, meant []schema.Header) *diag.Diagnostic {
	d := diag.Warningf(need.Range, "Release %q is needed but not planned", need.Release).
		Detailf("It is declared, but left out of %s on %s (%s), so nothing is waited for.", environment, t.Cluster.Name, meant[0].Why)
	for _, h := range meant[:min(len(meant), 3)] {
		d = d.Also(h.Range, "not planned: %s", h.Why)
	}
	var elsewhere []string
	for _, o := range n.all {
		if o.Cluster == t.Cluster.Name && o.Environment != environment {
			if slices.ContainsFunc(n.at(o).called[need.Release], func(h schema.Header) bool { return h.Planned }) {
				elsewhere = append(elsewhere, fmt.Sprintf("%q", o.Environment+"/"+need.Release))
			}
		}
	}
	if len(elsewhere) > 0 {
		d = d.Remedyf("On this cluster it is planned in another environment: did you mean %s?", strings.Join(elsewhere, " or "))
	}
	d = d.Remedyf("To say that this is meant, make the need conditional:\n  needs = env.name == %q ? [] : [%q]", t.Environment, need.Release)
	return &d
}

// origin names the block of a release: release "tenant" with key "a".
func origin(h schema.Header) string {
	text := `release "` + h.Declaration + `"`
	if h.Key != "" {
		text += ` with key "` + h.Key + `"`
	}
	return text
}
