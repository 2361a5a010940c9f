package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// The place of a value that is computed is the expression's own, which nobody may
// have touched where the value became another one: what it refers to did. Whoever
// compares two revisions of a project asks both what stands at the place and,
// where they say the same, what that refers to.

// Written is an expression of the project as a release at a target evaluates it.
type Written struct {
	Text string // without what is between its words

	p      *Project
	source *expression
	part   hclsyntax.Expression // of it
	header Header
	target Target
}

// Written lists the expressions that a value with the place comes out of: the one
// that stands for the value alone and, where that is part of another one that may
// choose, that. There are none for what is in no file of the project's language.
func (p *Project) Written(at diag.Range, h Header, t Target) []Written {
	x := p.expressionAt(at)
	if x == nil || x.bad {
		return nil
	}
	inner, outer := entries(x.Expression, at)
	all := []Written{{p: p, source: x, part: inner, header: h, target: t}}
	if outer != inner {
		all = append(all, Written{p: p, source: x, part: outer, header: h, target: t})
	}
	for i, w := range all {
		text := w.part.Range().SliceBytes(p.sources[x.file].parsed)
		all[i].Text = strings.Join(strings.Fields(string(text)), " ")
	}
	return all
}

// expressionAt finds the attribute whose value holds a place; nil without one.
func (p *Project) expressionAt(at diag.Range) *expression {
	p.written.Do(func() {
		p.expressions = map[string][]*expression{}
		for _, b := range p.blocks {
			for _, x := range expressions(b) {
				p.expressions[x.file] = append(p.expressions[x.file], x)
			}
		}
		for _, all := range p.expressions {
			slices.SortFunc(all, func(a, b *expression) int { return before(a.at().Start, b.at().Start) })
		}
	})
	all := p.expressions[at.File]
	i, found := slices.BinarySearchFunc(all, at.Start, func(x *expression, at diag.Pos) int { return before(x.at().Start, at) })
	if !found {
		i--
	}
	if i < 0 || !holds(all[i].Expression, at) {
		return nil
	}
	return all[i]
}

func before(a, b diag.Pos) int {
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Column - b.Column
}

func holds(e hclsyntax.Expression, at diag.Range) bool {
	r := rangeOf(e.Range())
	return at.Start.Line > 0 && before(r.Start, at.Start) <= 0 && before(at.End, r.End) <= 0
}

// entries are the innermost expression that is written for a key or an item by
// itself, and the one that is reached through nothing but objects and lists.
func entries(e hclsyntax.Expression, at diag.Range) (inner, outer hclsyntax.Expression) {
	for plain := true; ; {
		if plain {
			outer = e
		}
		next := hclsyntax.Expression(nil)
		look := func(n hclsyntax.Node) {
			var all []hclsyntax.Expression
			switch n := n.(type) {
			case *hclsyntax.ObjectConsExpr:
				for _, item := range n.Items {
					all = append(all, item.ValueExpr)
				}
			case *hclsyntax.TupleConsExpr:
				all = n.Exprs
			}
			for _, x := range all {
				if next == nil && holds(x, at) {
					next = x
				}
			}
		}
		look(e)
		if next == nil {
			plain = false
			_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
				if next == nil {
					look(n)
				}
				return nil
			})
		}
		if next == nil {
			return e, outer
		}
		e = next
	}
}

// Refers evaluates what the expression refers to, by what it calls it: `var.tag`,
// `each.value.size`, `file "motd.txt"`. What has no value, or is not known outside
// of a part of the expression, is left out.
func (w Written) Refers() map[string]*values.Node {
	all := map[string]*values.Node{}
	ctx := w.context()
	if ctx == nil {
		return all
	}
	for _, ref := range hclsyntax.Variables(w.part) {
		if !knownRoot(ref.RootName()) {
			continue
		}
		var list diag.List
		v, diags := ref.TraverseAbs(ctx)
		if diags.HasErrors() || v == cty.NilVal {
			continue
		}
		if n := (nodes{list: &list}).value(v, w.source.at(), false); n != nil {
			name := ref.SourceRange().SliceBytes(w.p.sources[w.source.file].parsed)
			all[string(bytes.TrimSpace(name))] = n
		}
	}
	_ = hclsyntax.VisitAll(w.part, func(n hclsyntax.Node) hcl.Diagnostics {
		if c, ok := n.(*call); ok {
			w.file(c, ctx, all)
		}
		return nil
	})
	return all
}

// file adds the file that a call reads.
func (w Written) file(c *call, ctx *hcl.EvalContext, all map[string]*values.Node) {
	if !slices.Contains([]string{"file", "filebase64", "filesha256", "templatefile"}, c.Name) || len(c.Args) == 0 {
		return
	}
	v, diags := c.Args[0].Value(ctx)
	if v, _ = v.Unmark(); diags.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return
	}
	name, fault := resolve(w.source.file, v.AsString())
	if fault != "" {
		return
	}
	if data, err := w.p.files.read(name); err == nil {
		all[fmt.Sprintf("file %q", name)] = &values.Node{Value: sha256Hex(data), Origin: wholeFile(name)}
	}
}

// context is what the expression sees; nil where that cannot be evaluated.
func (w Written) context() *hcl.EvalContext {
	t := w.p.target(w.target)
	if t == nil || w.p.cyclic {
		return nil
	}
	t.evaluateHeaders()
	r := t.instances[w.header.Name]
	if r == nil {
		return nil
	}
	var list diag.List
	d := t.draft(r, &list)
	d.s.extra["release"] = r.object()
	ctx, ok := d.s.context(w.source, &list)
	if !ok {
		return nil
	}
	return ctx
}

func knownRoot(name string) bool {
	return slices.ContainsFunc(rootNames, func(r rootName) bool { return r.name == name })
}
