package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// environment is one environment block with what is known before any target.
type environment struct {
	block    *instance
	abstract bool
	extends  []placed
	clusters []string    // the names that `clusters` selects, sorted
	chain    []*instance // what it extends, lowest first, and itself; nobody twice
}

func (p *Project) loadEnvironments(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		dnsLabel(b, "an environment", list)
		p.checkEnvironment(b, list)
		d := described{p, b, list}
		p.environments[b.label] = &environment{block: b, abstract: d.bool("abstract"), extends: d.strings("extends")}
	}
	if !p.extended(list) {
		return
	}
	for _, b := range blocks {
		e := p.environments[b.label]
		e.chain = p.chain(b.label, nil)
		p.selectClusters(e, list)
		if e.abstract {
			continue
		}
		if found := p.environmentCycles(e); len(found) > 0 && !p.cyclic {
			p.cyclic = true
			*list = append(*list, found...)
		}
		for _, name := range e.clusters {
			p.targets = append(p.targets, newTarget(p, e, p.clusters[name]))
		}
	}
	slices.SortFunc(p.targets, func(a, b *target) int {
		return cmp.Or(cmp.Compare(a.env.block.label, b.env.block.label), cmp.Compare(a.cluster.Name, b.cluster.Name))
	})
}

func (p *Project) checkEnvironment(b *instance, list *diag.List) {
	for _, name := range keys(b.attrs) {
		x := b.attrs[name]
		sees, where := seesProject, "in an environment's "+name
		switch name {
		case "values", "values_files", "namespace":
			sees = seesEnvironment
		}
		checker{p, list}.expression(x, sees, where)
		layer := ""
		if name == "values" {
			layer = b.title()
		}
		p.precompute(x, layer, list)
		if name == "values" && x.constant != nil && x.constant.Value != nil {
			reader{list}.object(x, x.constant)
		}
	}
}

// extended checks the names in `extends` and that they lead nowhere back.
func (p *Project) extended(list *diag.List) bool {
	for _, name := range keys(p.environments) {
		for _, parent := range p.environments[name].extends {
			if p.environments[parent.text] == nil {
				reader{p.ifWhole(list)}.fail(parent.at, fmt.Sprintf("There is no environment %q", parent.text), "",
					sentences(didYouMean(parent.text, keys(p.environments)), "`extends` names other environments."))
			}
		}
	}
	found := cycles(keys(p.environments), func(name string) []edge {
		var out []edge
		for _, parent := range p.environments[name].extends {
			if p.environments[parent.text] != nil {
				out = append(out, edge{parent.text, parent.at})
			}
		}
		return out
	}, "environments")
	for _, d := range found {
		name, _, _ := strings.Cut(d.Summary, " ")
		d.Summary = fmt.Sprintf("The environment %q extends itself", name)
		for i := range d.Related {
			d.Related[i].Note = strings.Replace(d.Related[i].Note, "refers to", "extends", 1)
		}
		d.Remedy = "Remove one of the names from `extends`."
		*list = append(*list, d)
	}
	p.cyclic = p.cyclic || len(found) > 0
	return len(found) == 0
}

// chain is what an environment extends, depth first in order, then itself. One
// that is reached twice counts where it comes first: a common base stays below
// all that extend it.
func (p *Project) chain(name string, have []*instance) []*instance {
	e := p.environments[name]
	if e == nil || slices.Contains(have, e.block) {
		return have
	}
	for _, parent := range e.extends {
		have = p.chain(parent.text, have)
	}
	return append(have, e.block)
}

// selectClusters evaluates `clusters`: names, globs, { labels = {…} }.
func (p *Project) selectClusters(e *environment, list *diag.List) {
	r := reader{list}
	x := e.block.get("clusters")
	switch {
	case x == nil && (e.abstract || e.block.odd):
		return
	case x == nil:
		r.fail(e.block.rng, fmt.Sprintf("The environment %q has no clusters", e.block.label), "Nothing would ever be rendered for it.",
			"Add `clusters = [\"…\"]`, or `abstract = true` if it is only extended.")
		return
	case e.abstract:
		r.fail(x.key, "An abstract environment takes no clusters", "It can be extended, never targeted; clusters are not inherited.", "Remove `clusters`, or `abstract`.")
		return
	}
	n := p.scope().node(x, list)
	if n == nil {
		return
	}
	all, ok := n.Value.([]*values.Node)
	if !ok {
		r.wrong(x, n, "a list of names, globs or { labels = { … } }", "Write a list, as in [\"prod-*\"].")
		return
	}
	for _, entry := range all {
		names, ok := p.matchClusters(x, entry, list)
		if ok && len(names) == 0 {
			reader{p.ifWhole(list)}.add(diag.Diagnostic{
				Severity: diag.Warning, Summary: "This selects no cluster", Subject: entry.Origin,
				Remedy: sentences(declared("clusters", keys(p.clusters)), "Correct it, or remove it."),
			})
		}
		e.clusters = append(e.clusters, names...)
	}
	slices.Sort(e.clusters)
	e.clusters = slices.Compact(e.clusters)
}

func (p *Project) matchClusters(x *expression, entry *values.Node, list *diag.List) ([]string, bool) {
	r := reader{list}
	var names []string
	if s, ok := entry.Value.(string); ok {
		if !(reader{p.ifWhole(list)}).pattern(s, entry.Origin, "cluster", keys(p.clusters)) {
			return nil, false
		}
		for _, name := range keys(p.clusters) {
			if matches(s, name) {
				names = append(names, name)
			}
		}
		return names, true
	}
	want, ok := r.labels(x, entry)
	if !ok {
		return nil, false
	}
	for _, name := range keys(p.clusters) {
		if hasLabels(p.clusters[name].Labels, want) {
			names = append(names, name)
		}
	}
	return names, true
}

// labels reads { labels = { … } }.
func (r reader) labels(x *expression, n *values.Node) (map[string]string, bool) {
	m, ok := n.Value.(map[string]*values.Node)
	if !ok {
		r.wrong(x, n, "names, globs or { labels = { … } }", "Write a name or a glob in quotes, or { labels = { region = \"eu\" } }.")
		return nil, false
	}
	for _, k := range keys(m) {
		if k != "labels" {
			r.fail(m[k].Origin, fmt.Sprintf("Clusters cannot be selected by %q", k), "", sentences(didYouMean(k, []string{"labels"}), "Write { labels = { region = \"eu\" } }."))
			return nil, false
		}
	}
	if m["labels"] == nil {
		r.wrong(x, n, "{ labels = { … } }", "Write { labels = { region = \"eu\" } }.")
		return nil, false
	}
	return r.stringMap(x, m["labels"])
}

func hasLabels(have, want map[string]string) bool {
	for k, v := range want {
		if have[k] != v || !contains(have, k) {
			return false
		}
	}
	return true
}

func contains[V any](m map[string]V, k string) bool { _, ok := m[k]; return ok }

// pattern checks a name or a glob against the names that exist: a plain name
// that does not exist is a mistake, a glob may match nothing.
func (r reader) pattern(s string, at diag.Range, what string, names []string) bool {
	switch {
	case !doublestar.ValidatePattern(s):
		r.fail(at, fmt.Sprintf("%q is not a pattern", s), "", "Close its brackets and braces.")
		return false
	case isGlob(s) || slices.Contains(names, s):
		return true
	}
	r.fail(at, fmt.Sprintf("There is no %s %q", what, s), "", sentences(didYouMean(s, names), fmt.Sprintf("Declare it with `%s %q { … }`, or correct the name.", what, s)))
	return false
}

func isGlob(s string) bool { return strings.ContainsAny(s, "*?[{\\") }

func matches(pattern, name string) bool {
	ok, err := doublestar.Match(pattern, name)
	return ok && err == nil
}

func declared(what string, names []string) string {
	if len(names) == 0 {
		return "The project declares no " + what + "."
	}
	if len(names) > 20 {
		return ""
	}
	return fmt.Sprintf("The project's %s: %s.", what, enumerate(names))
}

// environmentValues merges the values of what the environment extends and its
// own. The project's lock is held.
func (t *target) environmentValues() (*values.Node, diag.List) {
	if t.valuesDone {
		return t.valuesNode, t.valuesDiags
	}
	t.valuesDone = true
	var layers []values.Layer
	for _, b := range t.env.chain {
		s := t.scope()
		evaluate := func(x *expression) *values.Node {
			if x == nil || x.bad {
				return nil
			}
			if x.constant != nil {
				return x.constant
			}
			ctx, ok := s.locked(x, &t.valuesDiags)
			if !ok {
				return nil
			}
			return x.node(ctx, &t.valuesDiags)
		}
		layers = append(layers, t.p.layers(b, b.title(), evaluate, &t.valuesDiags)...)
	}
	t.valuesNode = values.Merge(layers)
	return t.valuesNode, t.valuesDiags
}

// layers are the values_files of a block in order, then its values.
func (p *Project) layers(b *instance, name string, evaluate func(*expression) *values.Node, list *diag.List) []values.Layer {
	var out []values.Layer
	r := reader{list}
	if x := b.get("values_files"); x != nil {
		if n := evaluate(x); n != nil && n.Value != nil {
			names, _ := r.strings(x, n)
			for _, written := range names {
				if root := p.valuesFile(b.file, name, written, list); root != nil {
					out = append(out, values.Layer{Name: name, Root: root})
				}
			}
		}
	}
	if x := b.get("values"); x != nil {
		if n := evaluate(x); n != nil && n.Value != nil {
			if _, ok := r.object(x, n); ok {
				out = append(out, values.Layer{Name: name, Root: n})
			}
		}
	}
	return out
}

func (p *Project) valuesFile(base, layer string, written placed, list *diag.List) *values.Node {
	r := reader{list}
	name, fault := resolve(base, written.text)
	if fault != "" {
		r.fail(written.at, "A values file lies outside of the project", fault, "Name a file of the project, relative to the file that names it.")
		return nil
	}
	root, diags, err := p.files.yaml(name)
	if err != nil {
		r.fail(written.at, "A values file cannot be read", why(name, err),
			p.files.remedy(name, err, fmt.Sprintf("Create it, or write optional(%q) where it may be missing.", written.text)))
		return nil
	}
	for _, d := range diags {
		if d.Severity == diag.Error {
			d = d.Also(written.at, "the file is named here")
		}
		*list = append(*list, d)
	}
	if diags.HasErrors() {
		return nil
	}
	return p.files.layer(name, layer, root)
}

// values is env.values as expressions see it. The project's lock is held.
func (t *target) values(list *diag.List) (cty.Value, bool) {
	root, diags := t.environmentValues()
	*list = append(*list, diags...)
	if diags.HasErrors() {
		return cty.EmptyObjectVal, false
	}
	if t.valuesCty == cty.NilVal {
		t.valuesCty = ctyOf(root)
	}
	return t.valuesCty, true
}
