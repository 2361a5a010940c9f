package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// cluster is a Cluster with what expressions see of it.
type cluster struct {
	Cluster
	object cty.Value
}

// described evaluates the attributes of blocks that describe the project itself.
type described struct {
	p    *Project
	b    *instance
	list *diag.List
}

func (p *Project) described(b *instance, where string, list *diag.List) described {
	p.checkNested(b, seesProject, where, list)
	return described{p, b, list}
}

func (d described) node(name string) (*expression, *values.Node) {
	x := d.b.get(name)
	n := d.p.scope().node(x, d.list)
	if n != nil && n.Value == nil {
		return x, nil // null is as good as left out
	}
	return x, n
}

func (d described) string(name string) placed {
	x, n := d.node(name)
	if n == nil {
		return placed{}
	}
	s, _ := reader{d.list}.string(x, n)
	return placed{s, n.Origin}
}

func (d described) strings(name string) []placed {
	x, n := d.node(name)
	if n == nil {
		return nil
	}
	s, _ := reader{d.list}.strings(x, n)
	return s
}

func (d described) stringMap(name string) (map[string]string, *values.Node) {
	x, n := d.node(name)
	if n == nil {
		return nil, nil
	}
	m, _ := reader{d.list}.stringMap(x, n)
	return m, n
}

func (d described) bool(name string) bool {
	x, n := d.node(name)
	if n == nil {
		return false
	}
	b, _ := reader{d.list}.bool(x, n)
	return b
}

func texts(in []placed) []string {
	var out []string
	for _, s := range in {
		out = append(out, s.text)
	}
	return out
}

var kubernetesVersion = regexp.MustCompile(`^v?[0-9]+\.[0-9]+(\.[0-9]+)?([-+][0-9A-Za-z.+-]+)?$`)

func (p *Project) loadClusters(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		dnsLabel(b, "a cluster", list)
		d := p.described(b, "in a cluster", list)
		version := d.string("kubernetes")
		if version.text != "" && !kubernetesVersion.MatchString(version.text) {
			reader{list}.fail(version.at, fmt.Sprintf("%q is not a Kubernetes version", version.text), "", "Write it as in \"1.34\" or \"1.34.2\".")
		}
		scoped := d.strings("cluster_scoped")
		for _, kind := range scoped {
			if name, group, ok := strings.Cut(kind.text, "."); !ok || name == "" || group == "" {
				reader{list}.fail(kind.at, fmt.Sprintf("%q names no kind with its group", kind.text), "", "Write it as in \"ClusterIssuer.cert-manager.io\".")
			}
		}
		labels, labelsNode := d.stringMap("labels")
		c := &cluster{Cluster: Cluster{
			Name: b.label, Kubernetes: version.text, APIVersions: texts(d.strings("api_versions")), ClusterScoped: texts(scoped),
			Labels: labels, Context: d.string("context").text, Range: b.rng,
		}}
		if s := b.one("state"); s != nil {
			in := described{p, s, list}
			before := len(*list)
			repository := in.string("repository")
			if repository.text == "" && repository.at != (diag.Range{}) && len(*list) == before {
				reader{list}.fail(repository.at, fmt.Sprintf("The state of cluster %q has an empty address", b.label),
					"An empty one is mostly a variable that nobody set; it does not mean the local repository state/"+b.label+".",
					"Give it a value; with null, or without the block, the state is local.")
			}
			c.State = State{Repository: repository.text, Branch: s.def.attribute("branch").Default, Range: s.rng}
			if x := s.get("repository"); x != nil {
				c.State.Range = x.whole
			}
			if branch := in.string("branch").text; branch != "" {
				c.State.Branch = branch
			}
		}
		object := cty.EmptyObjectVal
		if labelsNode != nil {
			object = ctyOf(labelsNode)
		}
		c.object = cty.ObjectVal(map[string]cty.Value{
			"name":       marked(cty.StringVal(b.label), b.rng),
			"labels":     object,
			"kubernetes": marked(cty.StringVal(version.text), version.at),
		})
		p.clusters[b.label] = c
	}
}

func (p *Project) loadNamespaces(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		dnsLabel(b, "a namespace", list)
		d := p.described(b, "in a namespace", list)
		n := Namespace{Name: b.label, Range: b.rng}
		var node *values.Node
		if n.Labels, node = d.stringMap("labels"); node != nil {
			reader{list}.objectLabels(b.get("labels"), node)
		}
		if n.Annotations, node = d.stringMap("annotations"); node != nil {
			reader{list}.objectAnnotations(b.get("annotations"), node)
		}
		p.namespaces[b.label] = n
	}
}

func (p *Project) loadRemoved(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		dnsLabel(b, "a release", list)
		d := p.described(b, "in removed", list)
		environments := d.strings("environments")
		for _, pattern := range environments {
			p.nearlyRemoved(pattern, list)
		}
		r := Removed{Release: b.label, Environments: texts(environments), Reason: d.string("reason").text, Range: b.rng}
		if b.get("environments") == nil {
			r.Environments = b.def.attribute("environments").strings()
		}
		p.removed = append(p.removed, r)
	}
}

// nearlyRemoved warns of an environment that is likely misspelt. One that is
// simply not there may have been: the block may stay for ever.
func (p *Project) nearlyRemoved(pattern placed, list *diag.List) {
	names := keys(p.environments)
	if !doublestar.ValidatePattern(pattern.text) {
		reader{list}.fail(pattern.at, fmt.Sprintf("%q is not a pattern", pattern.text), "", "Close its brackets and braces.")
		return
	}
	near := diag.Nearest(pattern.text, names)
	if near == "" || slices.ContainsFunc(names, func(name string) bool { return matches(pattern.text, name) }) {
		return
	}
	*list = append(*list, diag.Warningf(pattern.at, "There is no environment %q", pattern.text).
		Remedyf("Did you mean %q? Remove the name if the environment is gone.", near))
}

func (p *Project) loadMoved(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		d := p.described(b, "in moved", list)
		m := Moved{From: d.string("from").text, To: d.string("to").text, Range: b.rng}
		if m.From == m.To && m.From != "" {
			reader{list}.fail(b.rng, "A release moves to its own name", "", "Give `to` another name, or remove the block.")
			continue
		}
		p.moved = append(p.moved, m)
	}
}
