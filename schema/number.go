package schema

import (
	"math"
	"math/big"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// numberOf is the rule for numbers: a whole one is an int64, as with Helm's
// --set; any other is the nearest float64, as from a values file. A whole
// number beyond int64 would reach the chart changed, so it is refused.
func numberOf(f *big.Float) (any, string) {
	if f.IsInf() {
		return nil, "It is infinite, as after a division by zero."
	}
	if f.IsInt() {
		if i, accuracy := f.Int64(); accuracy == big.Exact {
			return i, ""
		}
		return nil, "A whole number beyond 64 bits cannot be kept: charts see 64-bit integers."
	}
	x, _ := f.Float64()
	if math.IsInf(x, 0) {
		return nil, "The number is beyond what 64-bit floating point can hold."
	}
	return x, ""
}

// hugeExponent is four times what a float64 holds. HCL counts far beyond, and
// then needs minutes to write such a number as text.
const (
	hugeExponent = 4096
	hugeDetail   = "No number that a chart can take is that large or that close to zero."
)

func hugeNumber(v cty.Value) bool {
	v, _ = v.Unmark()
	if v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
		return false
	}
	f := v.AsBigFloat()
	if f.IsInf() {
		return false
	}
	exponent := f.MantExp(nil)
	return exponent > hugeExponent || exponent < -hugeExponent
}

func hugeResult(e hclsyntax.Expression) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "The number is too large", Detail: hugeDetail,
		Subject: e.Range().Ptr(), Expression: e,
	}
}
