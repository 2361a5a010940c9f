package schema

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// TestReferences evaluates references that stand where an expression only
// chooses, each in a project of its own: nothing else has asked for them.
func TestReferences(t *testing.T) {
	for expr, want := range map[string]string{
		`{ dev = 1 }[env.name]`:                    "int64 1",
		`{ b = 1 }[local.b]`:                       "int64 1",
		`lookup({ b = 1 }, local.b)`:               "int64 1",
		`contains(["b"], local.b)`:                 "bool true",
		`contains(["B"], upper(local.b))`:          "bool true",
		`element([1, 2], local.one)`:               "int64 2",
		`{ (local.b) = 1 }`:                        "{b:int64 1}",
		`[for x in [1] : x if local.yes]`:          "[int64 1]",
		`[for k, v in { a = 1 } : local.b]`:        "[string b]",
		`{ for k, v in { a = 1 } : local.b => v }`: "{b:int64 1}",
		`contains(["b"], uper("b"))`:               `error: There is no function "uper"`,
		`{ b = 1 }[local.nope]`:                    "error: There is no local.nope",
	} {
		p, list := Load(Options{Dir: project(t, fmt.Sprintf(`
project "references" {}
locals {
  b   = "b"
  one = 1
  yes = true
}
cluster "one" { kubernetes = "1.34" }
environment "dev" { clusters = ["one"] }
release "r" {
  chart  = "./charts/app"
  values = { v = %s }
}
`, expr))})
		r, more := p.Release(Header{Name: "r"}, Target{"dev", "one"})
		got := typed(field(values.Merge(r.Layers), "v"))
		if list = append(list, more...); len(list) > 0 {
			got = "error: " + list[0].Summary
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", expr, d)
		}
	}
}

// TestUnknown shows what happens to an unknown value, should a function of
// go-cty ever give one: it is a mistake, never a value that is left out.
func TestUnknown(t *testing.T) {
	for name, v := range map[string]cty.Value{
		"whole":     cty.DynamicVal,
		"in object": cty.ObjectVal(map[string]cty.Value{"a": cty.UnknownVal(cty.String)}),
		"in list":   cty.TupleVal([]cty.Value{cty.True, cty.DynamicVal}),
	} {
		x := &expression{Expression: &literal{&hclsyntax.LiteralValueExpr{Val: v, SrcRange: hcl.Range{Filename: "weir.hcl"}}, v}}
		want := diag.List{{Summary: noValue, Subject: diag.Range{File: "weir.hcl"}, Detail: noValueDetail, Remedy: noValueRemedy}}
		var asNode, asCty diag.List
		if n := x.node(nil, &asNode); n != nil {
			t.Errorf("%s: a node: %v", name, n)
		}
		if v := x.cty(nil, &asCty); v != cty.NilVal {
			t.Errorf("%s: a value: %#v", name, v)
		}
		if d := cmp.Diff([]diag.List{want, want}, []diag.List{asNode, asCty}); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}
