package schema

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// rewriteBody replaces, everywhere in a parsed body, the expressions whose HCL
// meaning is not ours: conditionals keep the taken branch's type
// (conditional.go), and literals and computed values remember their place
// (provenance.go). What depends on nothing is evaluated once, here.
func rewriteBody(body *hclsyntax.Body, list *diag.List) {
	r := rewriter{list: list}
	for _, a := range body.Attributes {
		a.Expr = r.expr(a.Expr)
	}
	for _, b := range body.Blocks {
		rewriteBody(b.Body, list)
	}
}

type rewriter struct{ list *diag.List }

func (r rewriter) exprs(es []hclsyntax.Expression) {
	for i, e := range es {
		es[i] = r.expr(e)
	}
}

func (r rewriter) expr(e hclsyntax.Expression) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if hugeNumber(e.Val) {
			*r.list = append(*r.list, diag.Diagnostic{
				Summary: "The number is too large", Subject: rangeOf(e.SrcRange), Detail: hugeDetail,
				Remedy: "Write it as a string where the chart takes one, or as a smaller number.",
			})
			return &literal{e, marked(cty.Zero, rangeOf(e.SrcRange))}
		}
		return &literal{e, marked(e.Val, rangeOf(e.SrcRange))}
	case *hclsyntax.TemplateExpr:
		return r.template(e)
	case *hclsyntax.TemplateWrapExpr:
		e.Wrapped = r.expr(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		e.Expression = r.expr(e.Expression)
	case *hclsyntax.UnaryOpExpr:
		e.Val = r.expr(e.Val)
		return &computed{e, rangeOf(e.SrcRange)}
	case *hclsyntax.BinaryOpExpr:
		e.LHS, e.RHS = r.expr(e.LHS), r.expr(e.RHS)
		return &computed{e, rangeOf(e.SrcRange)}
	case *hclsyntax.ConditionalExpr:
		e.Condition, e.TrueResult, e.FalseResult = r.expr(e.Condition), r.expr(e.TrueResult), r.expr(e.FalseResult)
		return &conditional{e}
	case *hclsyntax.FunctionCallExpr:
		r.exprs(e.Args)
		for _, i := range selectors[e.Name] {
			if i < len(e.Args) {
				e.Args[i] = unplace(e.Args[i])
			}
		}
		return &call{e, rangeOf(e.Range())}
	case *hclsyntax.IndexExpr:
		e.Collection, e.Key = r.expr(e.Collection), unplace(r.expr(e.Key))
	case *hclsyntax.RelativeTraversalExpr:
		e.Source = r.expr(e.Source)
	case *hclsyntax.SplatExpr:
		e.Source, e.Each = r.expr(e.Source), r.expr(e.Each)
	case *hclsyntax.TupleConsExpr:
		if len(e.Exprs) == 0 {
			return &literal{e, cty.EmptyTupleVal.Mark(place{Range: rangeOf(e.SrcRange), weak: true})}
		}
		r.exprs(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		if len(e.Items) == 0 {
			return &literal{e, cty.EmptyObjectVal.Mark(place{Range: rangeOf(e.SrcRange), weak: true})}
		}
		r.object(e)
	case *hclsyntax.ForExpr:
		e.CollExpr, e.ValExpr = r.expr(e.CollExpr), &step{inside(r.expr(e.ValExpr))}
		if e.KeyVar != "" {
			e.ValExpr = &iteration{inside(e.ValExpr), e.KeyVar, e.ValVar}
		}
		if e.KeyExpr != nil {
			e.KeyExpr = unplace(r.expr(e.KeyExpr))
		}
		if e.CondExpr != nil {
			e.CondExpr = &step{inside(unplace(r.expr(e.CondExpr)))}
		}
	}
	return e
}

func (r rewriter) template(e *hclsyntax.TemplateExpr) hclsyntax.Expression {
	if len(e.Parts) == 0 {
		return &literal{e, marked(cty.StringVal(""), rangeOf(e.SrcRange))}
	}
	if e.IsStringLiteral() {
		if v, diags := e.Value(nil); !diags.HasErrors() {
			return &literal{e, marked(v, rangeOf(e.SrcRange))}
		}
	}
	constant := true
	for i, p := range e.Parts {
		if lit, ok := p.(*hclsyntax.LiteralValueExpr); ok {
			e.Parts[i] = lit // its place is the template's
			continue
		}
		if join, ok := p.(*hclsyntax.TemplateJoinExpr); ok {
			join.Tuple = r.expr(join.Tuple)
		}
		e.Parts[i] = r.expr(p)
		constant = false
	}
	if constant { // a heredoc is one literal per line
		if v, diags := e.Value(nil); !diags.HasErrors() {
			return &literal{e, marked(v, rangeOf(e.SrcRange))}
		}
	}
	return &computed{e, rangeOf(e.SrcRange)}
}

// object rewrites an object and reports keys that are given twice, of which HCL
// would silently take the last.
func (r rewriter) object(e *hclsyntax.ObjectConsExpr) {
	first := make(map[string]hcl.Range, len(e.Items))
	for i := range e.Items {
		item := &e.Items[i]
		item.ValueExpr = r.expr(item.ValueExpr)
		name, ok := literalKey(item.KeyExpr)
		if !ok {
			if k, is := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); is {
				k.Wrapped = r.expr(k.Wrapped)
			}
			item.KeyExpr = unplace(item.KeyExpr)
			continue
		}
		if at, twice := first[name]; twice {
			*r.list = append(*r.list, diag.Diagnostic{
				Summary: fmt.Sprintf("The key %q is given twice in one object", name),
				Subject: rangeOf(item.KeyExpr.Range()),
				Remedy:  "Remove one of the two.",
				Related: []diag.Related{{Range: rangeOf(at), Note: "first here"}},
			})
			continue
		}
		first[name] = item.KeyExpr.Range()
	}
}

// literalKey is the key of an object's item where it is written out: name, "name" or 8.
func literalKey(e hclsyntax.Expression) (string, bool) {
	if !literalSyntax(e) {
		return "", false
	}
	v, diags := e.Value(nil)
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() {
		return "", false
	}
	if v, _ = v.Unmark(); v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

func literalSyntax(e hclsyntax.Expression) bool {
	key, ok := e.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return false
	}
	if t, ok := key.Wrapped.(*hclsyntax.TemplateExpr); ok {
		return t.IsStringLiteral()
	}
	return !key.ForceNonLiteral && hcl.ExprAsKeyword(key.Wrapped) != ""
}
