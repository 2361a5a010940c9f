package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// The place of a value is the line a person would edit to change it. It travels
// as a cty mark, which go-cty carries through functions, `for` and traversals:
//
//   - a literal has the place where it is written, wherever it is used from;
//   - a template, an operator and a call that mixes several values have their
//     own place, as has a call that makes text of structure (jsonencode);
//   - any other call that depends on one value has that value's place:
//     upper(local.name) is edited at local.name;
//   - keys, indexes and conditions choose a value and do not give it a place.
type (
	place struct {
		diag.Range
		weak bool // of an empty list or object: gives way to any other
	}
	sensitive struct{}
	// content marks the text of a file as a whole, so that yamldecode(file(…))
	// can give every value its own line.
	content struct{ file string }
)

// marked gives a value, not what it holds, a place.
func marked(v cty.Value, at diag.Range) cty.Value { return v.Mark(place{Range: at}) }

// replaced is the value with one place of its own; other marks stay.
func replaced(v cty.Value, at diag.Range) cty.Value {
	v, secret := unplacedValue(v)
	if secret {
		v = v.Mark(sensitive{})
	}
	return marked(v, at)
}

// unplacedValue drops the value's own marks and tells whether it was sensitive.
func unplacedValue(v cty.Value) (cty.Value, bool) {
	if !v.IsMarked() {
		return v, false
	}
	v, marks := v.Unmark()
	return v, hasSensitive(marks)
}

// placeOf is the one place among marks; ok is false for none and for several.
func placeOf(marks cty.ValueMarks) (at diag.Range, ok bool) {
	var strong, weak place
	strongs, weaks := 0, 0
	for m := range marks {
		switch p, is := m.(place); {
		case is && p.weak:
			weak, weaks = p, weaks+1
		case is:
			strong, strongs = p, strongs+1
		}
	}
	switch {
	case strongs == 1:
		return strong.Range, true
	case strongs == 0 && weaks == 1:
		return weak.Range, true
	}
	return diag.Range{}, false
}

// literal is an expression without anything to evaluate.
type literal struct {
	hclsyntax.Expression
	val cty.Value
}

// StartRange is the whole literal: what HCL points at in an argument.
func (e *literal) StartRange() hcl.Range { return e.Range() }

func (e *literal) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return e.val, nil }

// computed is an expression whose result has the expression's own place.
type computed struct {
	hclsyntax.Expression
	at diag.Range
}

func (e *computed) StartRange() hcl.Range { return e.Range() }

func (e *computed) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := answered(e, e.Expression, ctx)
	if hugeNumber(v) {
		return cty.DynamicVal, append(diags, hugeResult(e))
	}
	return replaced(v, e.at), diags
}

// unplaced is an expression that chooses: its value is used, its place is not.
type unplaced struct{ *hclsyntax.ParenthesesExpr }

func unplace(e hclsyntax.Expression) hclsyntax.Expression { return &unplaced{inside(e)} }

// inside wraps an expression so that HCL's walk for variables finds it in a
// wrapper of ours: a bare reference, embedded, would be hidden by the wrapper.
func inside(e hclsyntax.Expression) *hclsyntax.ParenthesesExpr {
	return &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}
}

func (e *unplaced) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.ParenthesesExpr.Value(ctx)
	v, secret := unplacedValue(v)
	if secret {
		v = v.Mark(sensitive{})
	}
	return v, diags
}

// call is a function call, whose result keeps the place of the only value it
// depends on.
type call struct {
	*hclsyntax.FunctionCallExpr
	at diag.Range
}

func (e *call) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := answered(e, e.FunctionCallExpr, ctx)
	if hugeNumber(v) {
		return cty.DynamicVal, append(diags, hugeResult(e))
	}
	if makesText[e.Name] {
		return replaced(v, e.at), diags
	}
	if _, one := placeOf(v.Marks()); one {
		return v, diags
	}
	if !v.IsMarked() && (v.Type().IsObjectType() || v.Type().IsTupleType() || v.Type().IsCollectionType()) {
		return v, diags // what it holds has places
	}
	return replaced(v, e.at), diags
}

// answered evaluates a call or an operator. Nothing is unknown in weir, but go-cty
// has no answer to some questions about null; that is a mistake at the place
// where it is asked, and must not look like a value anywhere else.
func answered(e, inner hclsyntax.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := inner.Value(ctx)
	bounded(v, e)
	if !diags.HasErrors() && !v.IsKnown() && !rehearsal(ctx) {
		diags = append(diags, noAnswer(e, ctx))
	}
	return v, diags
}

// rehearsing is a variable, unknown, that tells an evaluation that it is a
// rehearsal; no project can name it.
const rehearsing = "(rehearsal)"

// rehearsal tells whether HCL tries the condition of a `for` before it has an
// element, or Weir an expression before there is a commit: unknown variables
// stand in for what is missing.
func rehearsal(ctx *hcl.EvalContext) bool {
	for ; ctx != nil; ctx = ctx.Parent() {
		for _, v := range ctx.Variables {
			if !v.IsKnown() {
				return true
			}
		}
	}
	return false
}

func noAnswer(e hclsyntax.Expression, ctx *hcl.EvalContext) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: noValue, Detail: noValueDetail,
		Subject: e.Range().Ptr(), Expression: e, EvalContext: ctx,
	}
}

const (
	noValue       = "This has no known value"
	noValueDetail = "It depends on a null that cannot be compared or converted."
	noValueRemedy = "Give what is null a default with coalesce(…), or look for it with `== null` first."
)

// makesText names the functions that make a text out of structure.
var makesText = map[string]bool{"jsonencode": true, "yamlencode": true, "templatefile": true}

// selectors names the arguments that only choose among others.
var selectors = map[string][]int{
	"lookup": {1}, "element": {1}, "slice": {1, 2}, "chunklist": {1}, "contains": {1}, "zipmap": {0}, "index": {1},
}

func hasSensitive(marks cty.ValueMarks) bool {
	_, is := marks[sensitive{}]
	return is
}

// iteration is what a `for` evaluates for each element. The key of the
// iteration gets the place of its element: HCL's keys have none.
type iteration struct {
	*hclsyntax.ParenthesesExpr
	key, val string
}

func (e *iteration) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	key := ctx.Variables[e.key]
	if key == cty.NilVal || key.Type() != cty.String || key.IsMarked() {
		return e.ParenthesesExpr.Value(ctx)
	}
	at, ok := firstPlace(ctx.Variables[e.val])
	if !ok {
		return e.ParenthesesExpr.Value(ctx)
	}
	child := ctx.NewChild()
	child.Variables = map[string]cty.Value{e.key: marked(key, at)}
	return e.ParenthesesExpr.Value(child)
}

// firstPlace is the place of a value, or of the first thing with a place in it.
func firstPlace(v cty.Value) (diag.Range, bool) {
	if v == cty.NilVal {
		return diag.Range{}, false
	}
	bare, marks := v.Unmark()
	if at, ok := placeOf(marks); ok {
		return at, true
	}
	if bare.IsNull() || !bare.IsKnown() || !bare.CanIterateElements() || bare.Type().IsSetType() {
		return diag.Range{}, false
	}
	for it := bare.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if at, ok := firstPlace(e); ok {
			return at, true
		}
	}
	return diag.Range{}, false
}
