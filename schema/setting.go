package schema

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Setting is what decides an attribute of a release at a target: the highest
// fragment that sets it, or all together where they merge by key; the environment
// for a namespace that no fragment sets. In a block the name is as `sync.prune`.
// It is nil where nothing in the project says anything.
func (p *Project) Setting(name string, h Header, t Target) *values.Node {
	at := p.target(t)
	if at == nil || p.cyclic {
		return nil
	}
	at.evaluateHeaders()
	r := at.instances[h.Name]
	if r == nil {
		return nil
	}
	var list diag.List
	d := at.draft(r, &list)
	d.s.extra["release"] = r.object()
	if name == "needs" {
		x, _ := d.own(name)
		return d.s.node(x, &list)
	}
	block, attribute, inside := strings.Cut(name, ".")
	if !inside {
		block, attribute = "", name
	}
	if row(block, attribute).Overlay == mergesByKey {
		var layers []values.Layer
		d.all(block, attribute, func(_ *expression, n *values.Node) {
			if _, is := n.Value.(map[string]*values.Node); is {
				layers = append(layers, values.Layer{Root: n})
			}
		})
		if layers == nil {
			return nil
		}
		return values.Merge(layers)
	}
	_, n := d.last(block, attribute)
	if n == nil && name == "namespace" {
		for _, b := range slices.Backward(at.env.chain) {
			if n := d.s.node(b.get(name), &list); n != nil && n.Value != nil {
				return n
			}
		}
	}
	return n
}
