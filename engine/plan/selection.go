package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Selection is what -e, -c and -l say. The zero value selects everything.
type Selection struct {
	Environments []string // names or globs
	Clusters     []string // names or globs
	Selector     Selector
}

// targets chooses targets and the clusters that the run touches: those of the
// chosen targets, and where no environment was asked for also those without any
// target, as something may have to disappear there.
func (s Selection) targets(p Project) ([]schema.Target, []schema.Cluster, diag.List) {
	all := p.Targets()
	list := s.check(p, all)
	if list.HasErrors() {
		return nil, nil, list
	}
	var targets []schema.Target
	used := map[string]bool{}
	for _, t := range all {
		if chosen(s.Environments, t.Environment) && chosen(s.Clusters, t.Cluster) {
			targets = append(targets, t)
			used[t.Cluster] = true
		}
	}
	var clusters []schema.Cluster
	for _, c := range p.Clusters() {
		if used[c.Name] || len(s.Environments) == 0 && chosen(s.Clusters, c.Name) {
			clusters = append(clusters, c)
		}
	}
	if len(targets) == 0 && len(s.Environments) > 0 {
		list = append(list, s.noTarget(all))
	}
	return targets, clusters, list
}

func chosen(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return glob(p, name) })
}

// check reports names that select nothing.
func (s Selection) check(p Project, targets []schema.Target) diag.List {
	var list diag.List
	environments := p.Environments()
	names := make([]string, 0, len(environments))
	for _, e := range environments {
		if !e.Abstract {
			names = append(names, e.Name)
		}
	}
	for _, asked := range s.Environments {
		i := slices.IndexFunc(environments, func(e schema.Environment) bool { return e.Name == asked })
		switch {
		case i >= 0 && environments[i].Abstract:
			list = append(list, diag.Errorf(environments[i].Range, "Environment %q is abstract", asked).
				Detailf("An abstract environment can be extended, but has no targets.").
				Remedyf("%s", known("Environments", extending(environments, asked))))
		case i >= 0 && !slices.ContainsFunc(targets, func(t schema.Target) bool { return t.Environment == asked }):
			list = append(list, diag.Errorf(environments[i].Range, "Environment %q has no cluster", asked).
				Detailf("Its `clusters` match no cluster block, so there is nothing to render for it.").
				Remedyf("Name a cluster of the project in its `clusters`."))
		case i < 0:
			list = append(list, unknown("environment", asked, names)...)
		}
	}
	clusters := p.Clusters()
	names = make([]string, len(clusters))
	for i, c := range clusters {
		names[i] = c.Name
	}
	for _, asked := range s.Clusters {
		list = append(list, unknown("cluster", asked, names)...)
	}
	return list
}

// unknown reports a name or a glob that matches none of the names.
func unknown(kind, asked string, names []string) diag.List {
	if badGlob(asked) {
		return diag.List{diag.Errorf(diag.Range{}, "%q is no valid glob", asked).Remedyf("Close the bracket, or write a backslash before it.")}
	}
	if slices.ContainsFunc(names, func(n string) bool { return glob(asked, n) }) {
		return nil
	}
	d := diag.Errorf(diag.Range{}, "No %s %q", kind, asked).Detailf("The project has no %s of this name.", kind)
	if strings.ContainsAny(asked, "*?[") {
		d = d.Detailf("No %s of the project matches.", kind)
	}
	return diag.List{d.Suggest(asked, names).Remedyf("%s", known(capital(kind)+"s", names))}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// known lists names for a remedy, not too many of them.
func known(what string, names []string) string {
	const most = 12
	switch {
	case len(names) == 0:
		return what + ": none."
	case len(names) > most:
		return fmt.Sprintf("%s: %s and %d more.", what, strings.Join(names[:most], ", "), len(names)-most)
	}
	return what + ": " + strings.Join(names, ", ") + "."
}

// extending lists the environments that extend one, directly or not.
func extending(all []schema.Environment, base string) []string {
	reached := map[string]bool{base: true}
	for changed := true; changed; {
		changed = false
		for _, e := range all {
			if !reached[e.Name] && slices.ContainsFunc(e.Extends, func(n string) bool { return reached[n] }) {
				reached[e.Name], changed = true, true
			}
		}
	}
	var names []string
	for _, e := range all {
		if reached[e.Name] && !e.Abstract {
			names = append(names, e.Name)
		}
	}
	return names
}

// noTarget words that the chosen environments run on none of the chosen clusters.
func (s Selection) noTarget(all []schema.Target) diag.Diagnostic {
	var where []string
	for _, t := range all {
		if chosen(s.Environments, t.Environment) {
			where = append(where, t.Environment+" runs on "+t.Cluster)
		}
	}
	return diag.Errorf(diag.Range{}, "No target for -e %s -c %s", strings.Join(s.Environments, ","), strings.Join(s.Clusters, ",")).
		Detailf("A target is an environment on one of its clusters: %s.", strings.Join(where, ", ")).
		Remedyf("Choose one of these, or add the cluster to the environment's `clusters`.")
}
