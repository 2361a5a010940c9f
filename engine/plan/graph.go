package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Graph is what needs what, target by target: the value behind `weir graph`.
// Text, DOT and Mermaid are its views for people and tools; as JSON it is itself.
type Graph struct {
	Targets []GraphTarget `json:"targets"`
}

// GraphTarget is one target of a graph.
type GraphTarget struct {
	Environment string      `json:"environment"`
	Cluster     string      `json:"cluster"`
	Releases    []GraphNode `json:"releases"` // in the order of the plan
}

// GraphNode is a release and what it comes after.
type GraphNode struct {
	Name  string   `json:"name"`
	Needs []string `json:"needs,omitempty"` // "<environment>/<release>" on the same cluster, sorted
}

// Graph returns the graph of a plan.
func (p *Plan) Graph() Graph {
	g := Graph{Targets: make([]GraphTarget, len(p.Targets))}
	for i, t := range p.Targets {
		nodes := make([]GraphNode, len(t.Releases))
		for j, r := range t.Releases {
			nodes[j] = GraphNode{Name: r.Name, Needs: r.After}
		}
		g.Targets[i] = GraphTarget{Environment: t.Environment, Cluster: t.Cluster.Name, Releases: nodes}
	}
	return g
}

// Text writes a paragraph for each target, a line for each release.
func (g Graph) Text() string {
	var b strings.Builder
	for i, t := range g.Targets {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s on %s\n", t.Environment, t.Cluster)
		width := 0
		for _, r := range t.Releases {
			if len(r.Needs) > 0 {
				width = max(width, len(r.Name))
			}
		}
		for _, r := range t.Releases {
			if len(r.Needs) == 0 {
				b.WriteString("  " + r.Name + "\n")
				continue
			}
			needs := make([]string, len(r.Needs))
			for j, n := range r.Needs {
				needs[j] = strings.TrimPrefix(n, t.Environment+"/")
			}
			fmt.Fprintf(&b, "  %-*s  needs %s\n", width, r.Name, strings.Join(needs, ", "))
		}
	}
	return b.String()
}

// DOT writes the graph for Graphviz, an arrow from each release to what it
// needs. What is needed but not selected is dashed.
func (g Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph weir {\n  rankdir = LR\n  node [shape = box]\n")
	outside := g.outside()
	for i, t := range g.Targets {
		fmt.Fprintf(&b, "\n  subgraph cluster_%d {\n    label = %s\n", i, strconv.Quote(t.Environment+" on "+t.Cluster))
		for _, r := range t.Releases {
			fmt.Fprintf(&b, "    %s [label = %s]\n", dotID(t.Cluster, t.Environment+"/"+r.Name), strconv.Quote(r.Name))
		}
		b.WriteString("  }\n")
	}
	for _, o := range outside {
		fmt.Fprintf(&b, "  %s [label = %s, style = dashed]\n", dotID(o.cluster, o.address), strconv.Quote(o.address))
	}
	for _, t := range g.Targets {
		for _, r := range t.Releases {
			for _, n := range r.Needs {
				fmt.Fprintf(&b, "  %s -> %s\n", dotID(t.Cluster, t.Environment+"/"+r.Name), dotID(t.Cluster, n))
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func dotID(cluster, address string) string { return strconv.Quote(cluster + "/" + address) }

// Mermaid writes the graph for Markdown pages that draw Mermaid.
func (g Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	outside := g.outside()
	ids := map[place]string{}
	id := func(cluster, address string) string {
		p := place{cluster, address}
		if ids[p] == "" {
			ids[p] = "r" + strconv.Itoa(len(ids))
		}
		return ids[p]
	}
	for i, t := range g.Targets {
		fmt.Fprintf(&b, "  subgraph t%d [%s]\n", i, strconv.Quote(t.Environment+" on "+t.Cluster))
		for _, r := range t.Releases {
			fmt.Fprintf(&b, "    %s[%s]\n", id(t.Cluster, t.Environment+"/"+r.Name), strconv.Quote(r.Name))
		}
		b.WriteString("  end\n")
	}
	for _, o := range outside {
		fmt.Fprintf(&b, "  %s[%s]:::unselected\n", id(o.cluster, o.address), strconv.Quote(o.address))
	}
	for _, t := range g.Targets {
		for _, r := range t.Releases {
			for _, n := range r.Needs {
				fmt.Fprintf(&b, "  %s --> %s\n", id(t.Cluster, t.Environment+"/"+r.Name), id(t.Cluster, n))
			}
		}
	}
	if len(outside) > 0 {
		b.WriteString("  classDef unselected stroke-dasharray: 4\n")
	}
	return b.String()
}

// place is a release on a cluster by its "<environment>/<release>".
type place struct{ cluster, address string }

// outside lists what is needed but not in the graph, in the order of its use.
func (g Graph) outside() []place {
	inside := map[place]bool{}
	for _, t := range g.Targets {
		for _, r := range t.Releases {
			inside[place{t.Cluster, t.Environment + "/" + r.Name}] = true
		}
	}
	var all []place
	for _, t := range g.Targets {
		for _, r := range t.Releases {
			for _, n := range r.Needs {
				if p := (place{t.Cluster, n}); !inside[p] {
					inside[p] = true
					all = append(all, p)
				}
			}
		}
	}
	return all
}
