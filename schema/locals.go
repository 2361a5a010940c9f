package schema

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/schema/diag"
)

func (p *Project) declareLocals(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		for _, name := range keys(b.attrs) {
			x := b.attrs[name]
			if first := p.locals[name]; first != nil {
				*list = append(*list, diag.Diagnostic{
					Summary: fmt.Sprintf("local.%s is declared twice", name), Subject: x.key,
					Remedy:  "Remove one of the two, or rename it.",
					Related: []diag.Related{{Range: first.key, Note: "first declared here"}},
				})
				continue
			}
			p.locals[name] = x
		}
	}
}

// checkLocals finds wrong references and cycles, and which locals depend on the target.
func (p *Project) checkLocals(list *diag.List) {
	for _, name := range keys(p.locals) {
		checker{p, list}.expression(p.locals[name], seesLocals, "in locals")
	}
	var names []string
	for _, name := range keys(p.locals) {
		names = append(names, "local."+name)
	}
	if found := cycles(names, p.localEdges, "locals"); len(found) > 0 {
		p.cyclic = true
		*list = append(*list, found...)
		return
	}
	var depends func(name string) bool
	seen := map[string]bool{}
	depends = func(name string) bool {
		if done, ok := p.perTarget[name]; ok || seen[name] {
			return done
		}
		seen[name] = true
		x := p.locals[name]
		yes := x.needs.roots&(rootEnv|rootEnvValues|rootCluster) != 0
		for _, other := range p.localsOf(x) {
			yes = depends(other) || yes
		}
		p.perTarget[name] = yes
		return yes
	}
	for _, name := range keys(p.locals) {
		depends(name)
	}
}

// localsOf lists the locals that an expression may read.
func (p *Project) localsOf(x *expression) []string {
	if x.needs.every&rootLocal != 0 {
		return keys(p.locals)
	}
	return x.needs.locals
}

// localEdges are the references of "local.<name>" to other locals and to env.values.
func (p *Project) localEdges(node string) []edge {
	if len(node) < len("local.") || node[:6] != "local." {
		return nil
	}
	x := p.locals[node[6:]]
	return p.edges(x)
}

func (p *Project) edges(x *expression) []edge {
	var out []edge
	for _, ref := range x.refs {
		at := rangeOf(ref.SourceRange())
		member, literal := second(ref)
		switch ref.RootName() {
		case "local":
			if !literal {
				for _, name := range keys(p.locals) {
					out = append(out, edge{"local." + name, at})
				}
			} else if p.locals[member] != nil {
				out = append(out, edge{"local." + member, at})
			}
		case "env":
			if !literal || member == "values" {
				out = append(out, edge{"env.values", at})
			}
		}
	}
	return out
}

// environmentCycles finds locals that read the environment values which read them.
func (p *Project) environmentCycles(e *environment) diag.List {
	return cycles([]string{"env.values"}, func(node string) []edge {
		if node != "env.values" {
			return p.localEdges(node)
		}
		var out []edge
		for _, b := range e.chain {
			for _, name := range []string{"values_files", "values"} {
				if x := b.get(name); x != nil {
					out = append(out, slices.DeleteFunc(p.edges(x), func(to edge) bool { return to.to == "env.values" })...)
				}
			}
		}
		return out
	}, "values")
}
