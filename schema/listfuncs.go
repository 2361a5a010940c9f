package schema

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What Terraform has of lists and go-cty has not, or has under another meaning.

// sought is a parameter that is only compared: it may be null.
func sought(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}
}

var listParam = function.Parameter{Name: "list", Type: cty.DynamicPseudoType}

// containsValue finds null as well, of which stdlib's knows no answer.
var containsValue = function.New(&function.Spec{
	Params: []function.Parameter{listParam, sought("value")},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		at, err := position(args[0], args[1])
		return cty.BoolVal(at >= 0), err
	},
})

// index is the position of a value; stdlib's is the value at a position.
var index = function.New(&function.Spec{
	Params: []function.Parameter{listParam, sought("value")},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].Type().IsSetType() {
			return cty.NilVal, function.NewArgErrorf(0, "it is a set, which has no order; use tolist(…) or contains(…)")
		}
		at, err := position(args[0], args[1])
		if err == nil && at < 0 {
			err = function.NewArgErrorf(1, "it is not in the list")
		}
		return cty.NumberIntVal(int64(at)), err
	},
})

// position is where a list holds a value; -1 where it does not.
func position(list, value cty.Value) (int, error) {
	if ty := list.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
		return -1, function.NewArgErrorf(0, "it is %s, not a list or a set", typeName(list))
	}
	for i, e := range list.AsValueSlice() {
		if same(e, value) {
			return i, nil
		}
	}
	return -1, nil
}

// same compares as == does, where that has an answer.
func same(a, b cty.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	if equal := a.Equals(b); equal.IsKnown() {
		return equal.True()
	}
	return a.RawEquals(b)
}

// matchKeys keeps the values whose key, at the same position, is sought.
var matchKeys = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "searchset", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		values, keys := args[0].AsValueSlice(), args[1].AsValueSlice()
		if len(values) != len(keys) {
			return cty.NilVal, function.NewArgErrorf(1, "it has %d elements and the values are %d", len(keys), len(values))
		}
		kept := []cty.Value{}
		for i, key := range keys {
			if at, err := position(args[2], key); err == nil && at >= 0 {
				kept = append(kept, values[i])
			}
		}
		if len(kept) == 0 {
			return cty.ListValEmpty(ty.ElementType()), nil
		}
		return cty.ListVal(kept), nil
	},
})

// transpose swaps the keys and the values of a map of lists of strings.
var transpose = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "map", Type: cty.Map(cty.List(cty.String))}},
	Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		in := args[0].AsValueMap()
		swapped := map[string][]cty.Value{}
		for _, key := range keys(in) {
			if in[key].IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "the value of %q is null", key)
			}
			for _, v := range in[key].AsValueSlice() {
				if v.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "the list of %q holds null", key)
				}
				swapped[v.AsString()] = append(swapped[v.AsString()], cty.StringVal(key))
			}
		}
		if len(swapped) == 0 {
			return cty.MapValEmpty(ty.ElementType()), nil
		}
		out := make(map[string]cty.Value, len(swapped))
		for key, list := range swapped {
			out[key] = cty.ListVal(list)
		}
		return cty.MapVal(out), nil
	},
})
