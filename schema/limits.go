package schema

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// A slip in a project must not end in a machine without memory. What multiplies
// its arguments has a limit that nobody meets on purpose; range has its own.
const (
	maxProduct = 100_000 // elements of a setproduct
	maxWidth   = 10_000  // characters that format pads one value to
)

// limited is a function that refuses some arguments before it looks at them.
func limited(f function.Function, refuse func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := refuse(args); err != nil {
				return cty.DynamicPseudoType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

var setProduct = limited(stdlib.SetProductFunc, func(args []cty.Value) error {
	product := 1
	for i, arg := range args {
		v, _ := arg.Unmark()
		if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
			return nil // its own business
		}
		if product *= v.LengthInt(); product > maxProduct {
			return function.NewArgErrorf(i, "the product has more than %d elements", maxProduct)
		}
	}
	return nil
})

var (
	format     = limited(stdlib.FormatFunc, refuseWidths)
	formatList = limited(stdlib.FormatListFunc, refuseWidths)
	wide       = regexp.MustCompile(`%[-+ #0]*(?:\[[0-9]+\])?(?:[1-9][0-9]{4,}|[0-9]*\.[0-9]{5,})`)
)

func refuseWidths(args []cty.Value) error {
	v, _ := args[0].Unmark()
	if v.IsKnown() && !v.IsNull() && v.Type() == cty.String && wide.MatchString(v.AsString()) {
		return function.NewArgErrorf(0, "a width of %d or more is asked for", maxWidth)
	}
	return nil
}
