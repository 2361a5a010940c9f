package plan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// project is a Project written out, and a record of what was asked of it.
type project struct {
	environments []schema.Environment
	targets      []schema.Target
	clusters     []schema.Cluster
	releases     []release
	removed      []schema.Removed
	moved        []schema.Moved
	broken       map[schema.Target]diag.List // what Headers finds

	mutex sync.Mutex
	asked []string
}

// release is a block: its label, the line where it stands, and what it is at
// each target.
type release struct {
	label, key string
	line       int
	labels     map[string]string
	chart      string
	needs      []string
	only       string // the one environment it is planned for, if not all
	namespace  string
	name       string // .Release.Name
	problem    string // what evaluating its body finds
}

func line(n int) diag.Range {
	return diag.Range{File: "weir.hcl", Start: diag.Pos{Line: n, Column: 1}, End: diag.Pos{Line: n, Column: 2}}
}

func (p *project) record(format string, args ...any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.asked = append(p.asked, fmt.Sprintf(format, args...))
}

func (p *project) Name() string                            { return "shop" }
func (p *project) Targets() []schema.Target                { return p.targets }
func (p *project) Clusters() []schema.Cluster              { return p.clusters }
func (p *project) Environments() []schema.Environment      { return p.environments }
func (p *project) Namespaces() map[string]schema.Namespace { return nil }
func (p *project) Removed() []schema.Removed               { return p.removed }
func (p *project) Moved() []schema.Moved                   { return p.moved }

func (p *project) Declarations() []string {
	var names []string
	for _, r := range p.releases {
		names = append(names, r.label)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *project) Declaration(label string) (diag.Range, bool) {
	for _, r := range p.releases {
		if r.label == label {
			return line(r.line), true
		}
	}
	return diag.Range{}, false
}

func (p *project) Headers(t schema.Target) ([]schema.Header, diag.List) {
	p.record("headers %s/%s", t.Environment, t.Cluster)
	var headers []schema.Header
	for _, r := range p.releases {
		h := schema.Header{Declaration: r.label, Key: r.key, Name: r.label, Labels: r.labels, Namespace: r.namespace, Planned: true, Range: line(r.line)}
		if r.key != "" {
			h.Name += "-" + r.key
		}
		if h.HelmName = r.name; h.HelmName == "" {
			h.HelmName = h.Name
		}
		if r.only != "" && r.only != t.Environment {
			h.Planned, h.Why = false, fmt.Sprintf("environments leaves out %q", t.Environment)
		}
		headers = append(headers, h)
	}
	slices.SortStableFunc(headers, func(a, b schema.Header) int { return strings.Compare(a.Name, b.Name) })
	return headers, p.broken[t]
}

func (p *project) Release(h schema.Header, t schema.Target) (schema.Release, diag.List) {
	p.record("release %s/%s/%s", t.Environment, t.Cluster, h.Name)
	for _, r := range p.releases {
		if r.label != h.Declaration || r.key != h.Key {
			continue
		}
		body := schema.Release{Header: h, Layers: []values.Layer{{Name: "release", Root: &values.Node{Value: map[string]*values.Node{"at": {Value: t.Environment}}}}}}
		if r.chart != "" {
			body.Chart = &schema.Chart{Source: r.chart, Kind: schema.Git}
		}
		for i, need := range r.needs {
			environment, name, found := strings.Cut(need, "/")
			if !found {
				environment, name = t.Environment, need
			}
			at := line(r.line)
			at.Start.Column, at.End.Column = 10+10*i, 11+10*i
			body.Needs = append(body.Needs, schema.Need{Environment: environment, Release: name, Range: at})
		}
		var list diag.List
		if r.problem != "" {
			list = diag.List{diag.Errorf(line(r.line), "%s", r.problem)}
		}
		return body, list
	}
	panic("asked for a release that no header names")
}

// shop has two environments on one cluster and one of them on another.
func shop(releases ...release) *project {
	return &project{
		environments: []schema.Environment{
			{Name: "base", Abstract: true, Range: line(101)},
			{Name: "dev", Extends: []string{"base"}, Range: line(102)},
			{Name: "idle", Range: line(103)},
			{Name: "prod", Extends: []string{"base"}, Range: line(104)},
		},
		targets:  []schema.Target{{Environment: "dev", Cluster: "kind"}, {Environment: "prod", Cluster: "eu"}, {Environment: "prod", Cluster: "kind"}},
		clusters: []schema.Cluster{{Name: "eu"}, {Name: "kind"}, {Name: "spare"}},
		releases: releases,
	}
}

// show prints a plan and what was found.
func show(plan *Plan, list diag.List) string {
	var b bytes.Buffer
	for _, c := range plan.Clusters {
		b.WriteString(c.Name + " ")
	}
	b.WriteByte('\n')
	for _, t := range plan.Targets {
		fmt.Fprintf(&b, "%s/%s:", t.Environment, t.Cluster.Name)
		for _, r := range t.Releases {
			b.WriteString(" " + r.Name)
			if len(r.After) > 0 {
				fmt.Fprintf(&b, "%v", r.After)
			}
		}
		b.WriteByte('\n')
	}
	if err := list.Format(&b, diag.Options{}); err != nil {
		panic(err)
	}
	return b.String()
}

func expect(t *testing.T, want, got string) {
	t.Helper()
	if d := cmp.Diff(strings.TrimPrefix(want, "\n"), got); d != "" {
		t.Error(d)
	}
}

func selector(t *testing.T, args ...string) Selector {
	t.Helper()
	s, list := ParseSelector(args)
	if len(list) > 0 {
		t.Fatal(list)
	}
	return s
}
