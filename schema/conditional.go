package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// conditional is `cond ? a : b` whose value is the taken branch as it is. HCL
// converts both branches to one type, which turns
// `c ? { replicas = 3, name = "x" } : {}` into a map of strings; and it
// evaluates the other branch as well.
type conditional struct{ *hclsyntax.ConditionalExpr }

func (e *conditional) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	taken, marks, diags := e.taken(ctx)
	if taken == nil {
		return cty.DynamicVal, diags
	}
	v, more := taken.Value(ctx)
	return v.WithMarks(marks), append(diags, more...)
}

// taken is the branch that the condition chooses; nil where that fails or is rehearsed.
// The marks are what the condition passes on: that it is sensitive, not its place.
func (e *conditional) taken(ctx *hcl.EvalContext) (hclsyntax.Expression, cty.ValueMarks, hcl.Diagnostics) {
	cond, diags := e.Condition.Value(ctx)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	cond, marks := cond.Unmark()
	fail := func(summary, detail string) (hclsyntax.Expression, cty.ValueMarks, hcl.Diagnostics) {
		return nil, nil, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: summary, Detail: detail,
			Subject: e.Condition.Range().Ptr(), Context: &e.SrcRange, Expression: e.Condition, EvalContext: ctx,
		})
	}
	if cond.IsNull() {
		return fail("Null condition", "The condition is null; it has to be true or false.")
	}
	if !cond.IsKnown() && rehearsal(ctx) {
		return nil, nil, diags
	}
	if !cond.IsKnown() {
		return nil, nil, append(diags, noAnswer(e.Condition, ctx))
	}
	truth, err := convert.Convert(cond, cty.Bool)
	if err != nil {
		return fail("Incorrect condition type", "The condition is "+typeName(cond)+"; it has to be true or false.")
	}
	keep := cty.ValueMarks{}
	if _, secret := marks[sensitive{}]; secret {
		keep[sensitive{}] = struct{}{}
	}
	if truth.True() {
		return e.TrueResult, keep, diags
	}
	return e.FalseResult, keep, diags
}
