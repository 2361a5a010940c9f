package schema

import "github.com/zclconf/go-cty/cty"

// unset marks the null of an optional(…) attribute that nobody wrote. To
// expressions it is null; as a value it is not there, where a written null
// would delete the chart's default.
type unset struct{}

func isUnset(v cty.Value) bool { return v.HasMark(unset{}) && v.IsNull() }

// markUnset marks what the conversion of a given value to a type filled in.
// Below what was not given, nothing was.
func markUnset(v, given cty.Value, isGiven bool) cty.Value {
	bare, marks := v.Unmark()
	if !bare.IsKnown() {
		return v
	}
	if bare.IsNull() {
		if isGiven {
			return v
		}
		return bare.Mark(unset{})
	}
	var members map[string]cty.Value
	var items []cty.Value
	if isGiven {
		members, items = parts(given)
	}
	switch ty := bare.Type(); {
	case ty.IsObjectType() || ty.IsMapType() && bare.LengthInt() > 0:
		out := bare.AsValueMap()
		for name, member := range out {
			given, is := members[name]
			out[name] = markUnset(member, given, is)
		}
		if ty.IsMapType() {
			return cty.MapVal(out).WithMarks(marks)
		}
		return cty.ObjectVal(out).WithMarks(marks)
	case ty.IsTupleType() || ty.IsListType() && bare.LengthInt() > 0:
		out := bare.AsValueSlice()
		for i, item := range out {
			given, is := cty.NilVal, i < len(items)
			if is {
				given = items[i]
			}
			out[i] = markUnset(item, given, is)
		}
		if ty.IsListType() {
			return cty.ListVal(out).WithMarks(marks)
		}
		return cty.TupleVal(out).WithMarks(marks)
	}
	return v
}

// parts are the members of a map or an object, the items of a list or a tuple.
func parts(v cty.Value) (map[string]cty.Value, []cty.Value) {
	v, _ = v.Unmark()
	switch {
	case v.IsNull() || !v.IsKnown():
		return nil, nil
	case isMap(v):
		return v.AsValueMap(), nil
	case v.Type().IsTupleType() || v.Type().IsListType():
		return nil, v.AsValueSlice()
	}
	return nil, nil
}
