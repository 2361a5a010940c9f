package schema

import (
	"fmt"
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// What one expression may take: elements that its `for`s look at, all in all,
// and characters of one text or elements of one list that it makes. Nobody meets
// these on purpose; see limits.go.
const (
	maxSteps    = 200_000
	maxText     = 16 << 20
	maxElements = 1_000_000
)

// overspent ends an evaluation at once: HCL goes on with the next element after a
// mistake in one. expression.recover catches it.
type overspent struct {
	at     diag.Range
	detail string
}

// String is what is said where a function of go-cty was on the way.
func (o overspent) String() string { return o.detail }

// finding is what a person is told.
func (o overspent) finding() diag.Diagnostic {
	return diag.Diagnostic{
		Summary: "This expression takes too much", Subject: o.at, Detail: o.detail,
		Remedy: "Go through less, or correct what makes it grow.",
	}
}

// spending is a variable, which no project can name, with what an evaluation has
// spent so far.
const spending = "(spending)"

type budget struct{ steps, text int }

var budgetType = cty.Capsule("budget", reflect.TypeFor[budget]())

// budgeted is the context with a budget of its own.
func budgeted(ctx *hcl.EvalContext) *hcl.EvalContext {
	child := ctx.NewChild()
	child.Variables = map[string]cty.Value{spending: cty.CapsuleVal(budgetType, &budget{})}
	return child
}

func budgetOf(ctx *hcl.EvalContext) *budget {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[spending]; ok {
			return v.EncapsulatedValue().(*budget)
		}
	}
	return &budget{}
}

// step is what a `for` evaluates for each element.
type step struct{ *hclsyntax.ParenthesesExpr }

func (e *step) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	b := budgetOf(ctx)
	if b.steps++; b.steps > maxSteps {
		panic(overspent{rangeOf(e.Range()), fmt.Sprintf("Its `for` looks at more than %d elements.", maxSteps)})
	}
	v, diags := e.ParenthesesExpr.Value(ctx)
	if bare, _ := v.Unmark(); bare.Type() == cty.String && bare.IsKnown() && !bare.IsNull() {
		if b.text += len(bare.AsString()); b.text > maxText {
			panic(overspent{rangeOf(e.Range()), fmt.Sprintf("Its `for` makes more than %d MiB of text.", maxText>>20)})
		}
	}
	return v, diags
}

// bounded refuses a result that is out of proportion.
func bounded(v cty.Value, e hclsyntax.Expression) {
	bare, _ := v.Unmark()
	if bare == cty.NilVal || bare.IsNull() || !bare.IsKnown() {
		return
	}
	switch ty := bare.Type(); {
	case ty == cty.String && len(bare.AsString()) > maxText:
		panic(overspent{rangeOf(e.Range()), fmt.Sprintf("It makes a text of more than %d MiB.", maxText>>20)})
	case (ty.IsTupleType() || ty.IsListType() || ty.IsSetType()) && bare.LengthInt() > maxElements:
		panic(overspent{rangeOf(e.Range()), fmt.Sprintf("It makes a list of more than %d elements.", maxElements)})
	}
}
