package schema

import (
	"fmt"
	"math"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// nodes turns expressions into values.Nodes, whose leaves know their places.
// Objects and lists that are written out are walked without building a cty
// value; only what has to be computed goes through HCL.
type nodes struct {
	ctx       *hcl.EvalContext
	list      *diag.List
	rehearsal bool // what is unknown has a stand-in of its type
}

// open stands for a value of which a rehearsal does not know the type.
var open any = struct{ open bool }{true}

// standIn is any value of the type.
func standIn(ty cty.Type) any {
	switch {
	case ty == cty.String:
		return ""
	case ty == cty.Number:
		return int64(0)
	case ty == cty.Bool:
		return false
	case ty.IsObjectType() || ty.IsMapType():
		return map[string]*values.Node{}
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return []*values.Node{}
	}
	return open
}

// expr evaluates e; nil where it failed.
func (n nodes) expr(e hclsyntax.Expression) *values.Node {
	node, _ := n.member(e)
	return node
}

// member is expr for the value of a key, which is left out where it is unset.
func (n nodes) member(e hclsyntax.Expression) (node *values.Node, left bool) {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return n.member(e.Expression)
	case *literal:
		return n.value(e.val, rangeOf(e.Range()), false), false
	case *hclsyntax.TupleConsExpr:
		out := make([]*values.Node, len(e.Exprs))
		ok := true
		for i, x := range e.Exprs {
			out[i] = n.expr(x)
			ok = ok && out[i] != nil
		}
		if !ok {
			return nil, false
		}
		return &values.Node{Value: out, Origin: rangeOf(e.SrcRange)}, false
	case *hclsyntax.ObjectConsExpr:
		return n.object(e), false
	case *conditional:
		taken, marks, diags := e.taken(n.ctx)
		if taken != nil && len(marks) == 0 {
			return n.member(taken)
		}
		if diags.HasErrors() {
			*n.list = append(*n.list, fromHCL(diags)...)
			return nil, false
		}
	}
	v, diags := e.Value(n.ctx)
	*n.list = append(*n.list, fromHCL(diags)...)
	if diags.HasErrors() {
		return nil, false
	}
	return n.value(v, rangeOf(e.Range()), false), isUnset(v)
}

func (n nodes) object(e *hclsyntax.ObjectConsExpr) *values.Node {
	out := make(map[string]*values.Node, len(e.Items))
	ok := true
	for _, item := range e.Items {
		key, diags := item.KeyExpr.Value(n.ctx)
		*n.list = append(*n.list, fromHCL(diags)...)
		value, left := n.member(item.ValueExpr)
		if diags.HasErrors() || value == nil {
			ok = false
			continue
		}
		key, secret := unplacedValue(key)
		if n.rehearsal && !key.IsKnown() {
			continue
		}
		name, fault := keyName(key)
		if fault == "" && secret {
			fault = "A sensitive value cannot be a key: keys are shown."
		}
		if fault != "" {
			*n.list = append(*n.list, diag.Diagnostic{
				Summary: "This cannot be the key of an object", Subject: rangeOf(item.KeyExpr.Range()), Detail: fault,
				Remedy: "Use a string.",
			})
			ok = false
			continue
		}
		if !left {
			out[name] = value
		}
	}
	if !ok {
		return nil
	}
	return &values.Node{Value: out, Origin: rangeOf(e.SrcRange)}
}

func keyName(key cty.Value) (name, fault string) {
	switch {
	case key.IsNull():
		return "", "It is null."
	case !key.IsKnown():
		return "", "It is not known."
	case key.Type() == cty.String:
		return key.AsString(), ""
	case key.Type() == cty.Number:
		return key.AsBigFloat().Text('f', -1), ""
	case key.Type() == cty.Bool:
		return fmt.Sprint(key.True()), ""
	}
	return "", "It is " + typeName(key) + "."
}

// value turns a cty value into a Node. at is the place of what has none of its own.
func (n nodes) value(v cty.Value, at diag.Range, secret bool) *values.Node {
	if v.IsMarked() {
		var marks cty.ValueMarks
		v, marks = v.Unmark()
		if own, ok := placeOf(marks); ok {
			at = own
		}
		if _, is := marks[sensitive{}]; is {
			secret = true
		}
	}
	node := &values.Node{Origin: at, Sensitive: secret}
	ty := v.Type()
	switch {
	case v.IsNull():
	case !v.IsKnown() && n.rehearsal:
		node.Value = standIn(ty)
	case !v.IsKnown():
		*n.list = append(*n.list, unknown(at))
		return nil
	case ty == cty.String:
		node.Value = v.AsString()
	case ty == cty.Bool:
		node.Value = v.True()
	case ty == cty.Number:
		number, fault := numberOf(v.AsBigFloat())
		if fault != "" {
			*n.list = append(*n.list, diag.Diagnostic{
				Summary: "The number is too large", Subject: at, Detail: fault,
				Remedy: "Write it as a string where the chart takes one, or as a smaller number.",
			})
			return nil
		}
		node.Value = number
	case ty.IsObjectType() || ty.IsMapType():
		out := make(map[string]*values.Node, v.LengthInt())
		for k, x := range v.AsValueMap() {
			if isUnset(x) {
				continue
			}
			if out[k] = n.value(x, at, secret); out[k] == nil {
				return nil
			}
		}
		node.Value = out
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		out := make([]*values.Node, 0, v.LengthInt())
		for _, x := range v.AsValueSlice() {
			e := n.value(x, at, secret)
			if e == nil {
				return nil
			}
			out = append(out, e)
		}
		node.Value = out
	default:
		*n.list = append(*n.list, diag.Diagnostic{
			Summary: "This value has no place in values", Subject: at, Detail: "It is " + typeName(v) + ".",
			Remedy: "Use strings, numbers, bools, null, lists and objects.",
		})
		return nil
	}
	return node
}

// unknown is what must not happen: a value that go-cty leaves open.
func unknown(at diag.Range) diag.Diagnostic {
	return diag.Diagnostic{Summary: noValue, Subject: at, Detail: noValueDetail, Remedy: noValueRemedy}
}

// ctyOf turns a Node into a cty value with the same places.
func ctyOf(n *values.Node) cty.Value {
	var v cty.Value
	switch x := n.Value.(type) {
	case string:
		v = cty.StringVal(x)
	case bool:
		v = cty.BoolVal(x)
	case int64:
		v = cty.NumberIntVal(x)
	case float64:
		if math.IsNaN(x) {
			return cty.NullVal(cty.Number)
		}
		v = cty.NumberFloatVal(x)
	case map[string]*values.Node:
		out := make(map[string]cty.Value, len(x))
		for k, e := range x {
			out[k] = ctyOf(e)
		}
		return container(cty.ObjectVal(out), n, len(out) == 0)
	case []*values.Node:
		out := make([]cty.Value, len(x))
		for i, e := range x {
			out[i] = ctyOf(e)
		}
		return container(cty.TupleVal(out), n, len(out) == 0)
	default:
		v = cty.NullVal(cty.DynamicPseudoType)
	}
	if n.Sensitive {
		v = v.Mark(sensitive{})
	}
	return marked(v, n.Origin)
}

// container leaves the places to what the value holds: a mark here would spill
// over them. Only an empty one has a place.
func container(v cty.Value, n *values.Node, empty bool) cty.Value {
	if n.Sensitive {
		v = v.Mark(sensitive{})
	}
	if empty {
		v = v.Mark(place{Range: n.Origin, weak: true})
	}
	return v
}

// typeName names a value's type as a person does.
func typeName(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return "a string"
	case ty == cty.Number:
		return "a number"
	case ty == cty.Bool:
		return "a bool"
	case ty.IsObjectType() || ty.IsMapType():
		return "an object"
	case ty.IsTupleType() || ty.IsListType():
		return "a list"
	case ty.IsSetType():
		return "a set"
	default:
		return ty.FriendlyName()
	}
}
