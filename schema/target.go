package schema

import (
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// target is one (environment, cluster) pair with all that was evaluated for it.
type target struct {
	p       *Project
	env     *environment
	cluster *cluster
	name    cty.Value // env.name

	// Behind the project's lock: expressions share them.
	locals      map[string]*result
	valuesDone  bool
	valuesNode  *values.Node
	valuesDiags diag.List
	valuesCty   cty.Value

	once      sync.Once // the headers
	instances map[string]*release
	list      []Header
	diags     diag.List
}

func newTarget(p *Project, e *environment, c *cluster) *target {
	return &target{
		p: p, env: e, cluster: c, locals: map[string]*result{},
		name: marked(cty.StringVal(e.block.label), e.block.rng),
	}
}

// Target is its name.
func (t *target) Target() Target {
	return Target{Environment: t.env.block.label, Cluster: t.cluster.Name}
}

func (t *target) scope() *scope { return &scope{p: t.p, t: t} }

// namespace is the namespace of releases that name none.
func (t *target) namespace(list *diag.List) placed {
	out := placed{text: "default"}
	for _, b := range t.env.chain {
		x := b.get("namespace")
		n := t.scope().node(x, list)
		if n == nil || n.Value == nil {
			continue
		}
		if s, ok := (reader{list}).string(x, n); ok && s != "" {
			reader{list}.namespace(placed{s, n.Origin})
			out = placed{s, n.Origin}
		}
	}
	return out
}
