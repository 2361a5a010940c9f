package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/values"
)

// TestTypes shows what an expression is when it reaches the chart.
func TestTypes(t *testing.T) {
	cases := []struct{ expr, want string }{
		// Conditionals: the taken branch as it is.
		{`yes ? { replicas = 3, name = "x" } : {}`, `{name:string x, replicas:int64 3}`},
		{`yes ? {} : { replicas = 3, name = "x" }`, `{}`},
		{`no ? 1 : "one"`, `string one`},
		{`yes ? 1 : "one"`, `int64 1`},
		{`yes ? [1, "a", true] : []`, `[int64 1, string a, bool true]`},
		{`yes ? null : { a = 1 }`, `null`},
		{`no ? "x" : null`, `null`},
		{`yes ? "x" : local.nothing.there`, `string x`},
		{`{ inner = yes ? { a = 1, b = "x" } : {} }`, `{inner:{a:int64 1, b:string x}}`},
		{`[for x in [1, 2] : x > 1 ? { n = x, s = "x" } : {}]`, `[{}, {n:int64 2, s:string x}]`},
		{`merge({ a = 1 }, yes ? { b = 2, c = "x" } : {})`, `{a:int64 1, b:int64 2, c:string x}`},
		{`"${yes ? 1 : "one"}-x"`, `string 1-x`},
		{`(no ? 1 : yes ? { a = 1, b = "x" } : {})`, `{a:int64 1, b:string x}`},
		{`[yes ? { a = 1, b = "x" } : {}][0].a`, `int64 1`},
		{`local.choice`, `{a:int64 1, b:string x}`},
		{`"true" ? 1 : 2`, `int64 1`},

		// null is a value.
		{`null`, `null`},
		{`{ a = null }`, `{a:null}`},
		{`merge({ a = 1 }, { a = null })`, `{a:null}`},
		{`deepmerge({ a = { b = 1 } }, { a = { b = null } })`, `{a:{b:null}}`},
		{`deepmerge({ a = { b = 1, c = 2 } }, { a = { b = [1] } }, null)`, `{a:{b:[int64 1], c:int64 2}}`},

		// Whole numbers are int64, others the nearest float64.
		{`3`, `int64 3`},
		{`3.0`, `int64 3`},
		{`-3`, `int64 -3`},
		{`1e3`, `int64 1000`},
		{`0.1`, `float64 0.1`},
		{`1.5 + 1.5`, `int64 3`},
		{`10 / 4`, `float64 2.5`},
		{`9223372036854775807`, `int64 9223372036854775807`},
		{`-9223372036854775808`, `int64 -9223372036854775808`},
		{`9223372036854775808`, `error: The number is too large`},
		{`1e100`, `error: The number is too large`},
		{`1e-99999999`, `error: The number is too large`},
		{`"${1e99999999}"`, `error: The number is too large`},
		{`tonumber("1e99999999")`, `error: The number is too large`},
		{`1 / 0`, `error: The number is too large`},
		{`tonumber("12")`, `int64 12`},
		{`length("häßlich")`, `int64 7`},
		{`"1.0"`, `string 1.0`},

		// Lists and sets.
		{`[]`, `[]`},
		{`toset(["b", "a"])`, `[string a, string b]`},
		{`tolist(["a", 1])`, `[string a, string 1]`},
		{`concat([1], ["a"])`, `[int64 1, string a]`},
		{`{ "a.b/c" = 1, (upper("x")) = 2, 3 = true }`, `{3:bool true, X:int64 2, a.b/c:int64 1}`},

		// YAML as Helm reads it.
		{`yamldecode("a: yes\nb: off\nc: \"yes\"\nd: y")`, `{a:bool true, b:bool false, c:string yes, d:bool true}`},
		{`yamldecode("a: 1\nb: 1.5\nc: 0x10\nd: ~\ne: 2001-01-01")`, `{a:int64 1, b:float64 1.5, c:int64 16, d:null, e:string 2001-01-01}`},
		{`yamldecode("- 1\n- x")`, `[int64 1, string x]`},
		{`yamldecode("text")`, `string text`},
		{`yamldecode("")`, `null`},
		{`yamldecode("a: [")`, `error: Invalid function argument`},
		{`yamldecode("---\n- 1")`, `[int64 1]`},
		{`yamldecode("a: 1\n---\n")`, `{a:int64 1}`},
		{`yamldecode("a: 1\n---\nb: 2")`, `error: Invalid function argument`},
		{`yamlencode({ b = [1, "1"], a = null })`, "string a: null\nb:\n- 1\n- \"1\"\n"},
		{`jsondecode("{\"a\": 1, \"b\": [true]}")`, `{a:int64 1, b:[bool true]}`},
		{`env.values`, `{flag:bool true, quoted:string yes, size:int64 5}`},
		{`env.values.flag ? { a = 1, b = "x" } : {}`, `{a:int64 1, b:string x}`},

		// Functions that differ from go-cty's to keep types.
		{`coalesce(null, "", { a = 1, b = "x" })`, `{a:int64 1, b:string x}`},
		{`try({ a = 1, b = "x" }, {})`, `{a:int64 1, b:string x}`},
		{`try(local.map.nope, 1)`, `int64 1`},
		{`can(local.map.nope)`, `bool false`},
		{`lookup({ a = 1, b = "x" }, "c", [])`, `[]`},
		{`index(["a", "b"], "b")`, `int64 1`},
		{`index(tolist(["a", "b"]), "a")`, `int64 0`},
		{`index([1, null], null)`, `int64 1`},
		{`index(["a"], "b")`, `error: Invalid function argument`},
		{`index([], "b")`, `error: Invalid function argument`},
		{`index(toset(["a"]), "a")`, `error: Invalid function argument`},
		{`index({ a = 1 }, "a")`, `error: Invalid function argument`},
		{`contains(["a"], null)`, `bool false`},
		{`contains(["a", null], null)`, `bool true`},
		{`contains([], null)`, `bool false`},
		{`contains(toset(["a"]), "a")`, `bool true`},
		{`contains([1], "1")`, `bool false`},
		{`contains([{ a = null }], { a = null })`, `bool true`},
		{`contains("a", "a")`, `error: Invalid function argument`},
		{`matchkeys(["i-1", "i-2"], ["a", "b"], ["b"])`, `[string i-2]`},
		{`matchkeys(["i-1"], ["a"], ["b"])`, `[]`},
		{`matchkeys(["i-1"], [], ["b"])`, `error: Invalid function argument`},
		{`transpose({ a = ["1", "2"], b = ["2"] })`, `{1:[string a], 2:[string a, string b]}`},
		{`sum([])`, `error: Invalid function argument`},
		{`alltrue([])`, `bool true`},
		{`alltrue([true, null])`, `bool false`},
		{`anytrue([])`, `bool false`},
		{`anytrue([null, true])`, `bool true`},

		// null, of which go-cty leaves some answers open.
		{`{ a = null } == { a = null }`, `bool true`},
		{`{ a = null } == { a = 1 }`, `bool false`},
		{`[null] != [null]`, `bool false`},
		{`null == null`, `bool true`},
		{`null != 1`, `bool true`},
		{`null == [1]`, `bool false`},
		{`format("%v", null)`, `string null`},
		{`format("%s", null)`, `error: Error in function call`},
		{`formatlist("%v", [null])`, `[string null]`},
		{`formatlist("%v", null)`, `[string null]`},
		{`tostring(null)`, `null`},
		{`tolist(null)`, `null`},
		{`toset([null])`, `[null]`},
		{`tolist([null, "a"])`, `[null, string a]`},
		{`tomap({ a = null })`, `{a:null}`},
		{`jsonencode(null)`, `string null`},
		{`jsonencode({ a = null })`, `string {"a":null}`},
		{`yamlencode(null)`, "string null\n"},
		{`merge(null, { a = 1 })`, `{a:int64 1}`},
		{`merge(null)`, `{}`},
		{`concat([null], ["a"])`, `[null, string a]`},
		{`coalesce(null, null)`, `error: Error in function call`},
		{`coalescelist(null, ["a"])`, `error: Error in function call`},
		{`coalescelist([], ["a"])`, `[string a]`},
		{`compact(["a", null, ""])`, `[string a]`},
		{`compact([null])`, `[]`},
		{`distinct([null, "a", null])`, `[null, string a]`},
		{`distinct([null])`, `[null]`},
		{`flatten([null, ["a", [null]]])`, `[null, string a, null]`},
		{`element([null], 0)`, `null`},
		{`one([null])`, `null`},
		{`one(null)`, `error: Invalid function argument`},
		{`reverse([null, 1])`, `[int64 1, null]`},
		{`slice([null, 1], 0, 1)`, `[null]`},
		{`chunklist([null, 1], 1)`, `[[null], [int64 1]]`},
		{`sort([null])`, `error: Error in function call`},
		{`setunion([null], [1])`, `[int64 1, null]`},
		{`setsubtract([null], ["a"])`, `[null]`},
		{`setproduct([null], ["a"])`, `[[null, string a]]`},
		{`zipmap(["a"], [null])`, `{a:null}`},
		{`keys({ a = null })`, `[string a]`},
		{`values({ a = null })`, `[null]`},
		{`length([null])`, `int64 1`},
		{`length(null)`, `error: Invalid function argument`},
		{`lookup({ a = null }, "a", 1)`, `null`},
		{`lookup({ a = null }, "b", null)`, `null`},
		{`deepmerge(null)`, `{}`},
		{`try(null)`, `null`},
		{`can(null)`, `bool true`},
		{`jsondecode("null")`, `null`},
		{`matchkeys([null, 1], ["a", "b"], ["a"])`, `[null]`},
		{`join(",", [null])`, `error: Invalid function argument`},
		{`max(null)`, `error: Invalid function argument`},
		{`range(0)`, `[]`},
		{`transpose({ a = [null] })`, `error: Invalid function argument`},
		{`null ? 1 : 2`, `error: Null condition`},
		{`[for x in [null] : x]`, `[null]`},
		{`{ for x in ["a"] : x => null }`, `{a:null}`},
		{`[null][*]`, `[null]`},
		{`null[*]`, `[]`},
		{`[{ a = null }][*].a`, `[null]`},
		{`tolist([null]) == tolist([null])`, `bool true`},
		{`tolist([null]) == []`, `bool false`},
		{`tolist([null]) == tolist([1])`, `bool false`},
		{`toset([null]) == toset([null])`, `bool true`},
		{`tomap({ a = null }) == tomap({ a = null })`, `bool true`},
		{`tomap({ a = null }) == tomap({ b = null })`, `bool false`},
		{`tomap({ a = null }) == { a = 1 }`, `bool false`},
		{`tomap({ a = null }) == { a = null }`, `bool false`},
		{`[{ a = null }] == [{ a = 1 }]`, `bool false`},
		{`distinct([{ a = null }, { a = 1 }, { a = null }])`, `[{a:null}, {a:int64 1}]`},
		{`setunion([{ a = null }], [{ a = null }])`, `[{a:null}]`},
		{`contains([1], [null][0])`, `bool false`},
		{`contains([null], local.map)`, `bool false`},
		{`contains([tolist([null])], tolist([1]))`, `bool false`},
		{`index(tolist([null]), null)`, `int64 0`},
		{`element(tolist([null]), 0)`, `null`},
		{`lookup(tomap({ a = null }), "a")`, `null`},
		{`flatten(tolist([null]))`, `[null]`},
		{`concat(tolist([null]), [])`, `[null]`},
		{`concat([], [])`, `[]`},
		{`flatten([])`, `[]`},
		{`merge({}, {})`, `{}`},
		{`merge(tomap({ a = null }), { b = 1 })`, `{a:null, b:int64 1}`},
		{`tolist([]) == []`, `bool false`},
		{`distinct([])`, `[]`},
		{`reverse(tolist([]))`, `[]`},
		{`setproduct([], ["a"])`, `[]`},
		{`values({})`, `[]`},
		{`zipmap([], [])`, `{}`},
		{`slice([], 0, 0)`, `[]`},
		{`toset([])`, `[]`},
		{`tomap({})`, `{}`},
		{`coalescelist([], [])`, `error: Error in function call`},
		{`chunklist([], 2)`, `[]`},
		{`setintersection([], [])`, `[]`},
		{`setsubtract([1], [])`, `[int64 1]`},
		{`csvdecode("a,b\n")`, `[]`},
		{`regexall("a", "b")`, `[]`},
		{`split(",", "")`, `[string ]`},
		{`jsondecode("[]")`, `[]`},
		{`element(toset(["a"]), 0)`, `error: Error in function call`},
		{`title("a b")`, `string A B`},
		{`substr("hello", 1, -1)`, `string ello`},
		{`element(["a", "b"], 3)`, `string b`},
		{`regex("(?P<a>.)b", "ab")`, `{a:string a}`},
		{`trim("?!a!?", "!?")`, `string a`},
		{`parseint("ff", 16)`, `int64 255`},
		{`formatdate("YYYY-MM-DD", "2024-01-02T03:04:05Z")`, `string 2024-01-02`},
		{`timeadd("2024-01-02T03:04:05Z", "10m")`, `string 2024-01-02T03:14:05Z`},
		{`urlencode("a b/c")`, `string a+b%2Fc`},
		{`range(1, 8, 3)`, `[int64 1, int64 4, int64 7]`},
		{`log(16, 2)`, `int64 4`},
		{`jsonencode("<a>&")`, `string "\u003ca\u003e\u0026"`},
		{`chomp("a\n\n")`, `string a`},
		{`base64decode("YQ==")`, `string a`},
		{`one([])`, `null`},
		{`replace("a1b2", "/[0-9]/", "-")`, `string a-b-`},
		{`sum([1, 2.5])`, `float64 3.5`},
		{`alltrue([true, false])`, `bool false`},
		{`optional("values/ok.yaml", "values/nope.yaml")`, `[string values/ok.yaml]`},
		{`fileset("values", "*.yaml")`, `[string broken.yaml, string ok.yaml]`},
		{`fileexists("values/ok.yaml")`, `bool true`},
		{`file("values/ok.yaml")`, "string a: 1\n"},
		{`templatefile("t.tpl", { b = yes ? 1 : "x" })`, "string one\n1\n"},
		{`sha256("a")`, `string ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb`},
		{`format("%s-%03d", "a", 7)`, `string a-007`},
		{`path.file`, `string weir.hcl`},
		{`file("${path.project}/values/ok.yaml")`, "string a: 1\n"},
		{`[for k, v in { a = 1 } : "${k}=${v}"]`, `[string a=1]`},
		{`{ for k, v in { a = 1, b = 2 } : k => v... }`, `{a:[int64 1], b:[int64 2]}`},
		{`<<-EOT
			one
			  two
		EOT
		`, "string one\n  two\n"},
		{`var.list`, `[string a, string b]`},
		{`var.object`, `{name:string x, port:int64 80}`},
		{`format("%05d|%-3s|%.2f", 7, "a", 1)`, `string 00007|a  |1.00`},
		{`formatlist("%s-%s", ["a", "b"], "x")`, `[string a-x, string b-x]`},
		{`setproduct(["a"], [1, 2])`, `[[string a, int64 1], [string a, int64 2]]`},
		{`setproduct(toset(["a"]), toset(["b"]))`, `[[string a, string b]]`},
		// What would take all memory of the machine.
		{`format("%999999999d", 1)`, `error: Invalid function argument`},
		{`format("%.999999999f", 1)`, `error: Invalid function argument`},
		{`formatlist("%[1]999999999s", ["a"])`, `error: Invalid function argument`},
		{`setproduct(range(1000), range(1000), range(1000))`, `error: Invalid function argument`},
		{`length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : [for d in range(1000) : a]]]])`, `error: This expression takes too much`},
		{`[for a in range(1000) : 1 if length([for b in range(1000) : b if b == length([for c in range(1000) : c])]) > 0]`, `error: This expression takes too much`},
		{`{ for a in range(1000) : a => { for b in range(1000) : b => { for c in range(1000) : c => 1 } } }`, `error: This expression takes too much`},
		{`join("", [for a in range(1000) : local.wide])`, `error: This expression takes too much`},
		{`[for a in range(1000) : "${local.wide}${a}"]`, `error: This expression takes too much`},
		{`"${local.d4}${local.d4}"`, `error: This expression takes too much`},
		{`length([for a in range(300) : [for b in range(300) : a + b]])`, `int64 300`},
		{`templatefile("endless.tpl", { n = range(1000) })`, `error: Invalid function argument`},
		// What nobody wrote is null to expressions, and not there as a value.
		{`var.sparse`, `{list:[{b:string y}], name:string x, written:null}`},
		{`merge(var.sparse, { z = 1 })`, `{list:[{b:string y}], name:string x, written:null, z:int64 1}`},
		{`{ a = var.sparse.left, b = (var.sparse.left), c = yes ? var.sparse.left : "x" }`, `{}`},
		{`{ for k, v in var.sparse : k => v if k != "list" }`, `{name:string x, written:null}`},
		{`var.sparse.left == null`, `bool true`},
		{`{ a = var.sparse.left == null ? "none" : "some" }`, `{a:string none}`},
		{`{ a = var.sparse.left == null ? null : "some" }`, `{a:null}`},
		{`{ a = coalesce(var.sparse.left, "x") }`, `{a:string x}`},
		{`{ a = local.nothing }`, `{a:null}`},
		{`[var.sparse.left]`, `[null]`},
		{`{ a = upper(coalesce(var.sparse.left, "x")), b = [for x in var.sparse.list : x.a] }`, `{a:string X, b:[null]}`},
		{`jsonencode(var.sparse.list)`, `string [{"a":null,"b":"y"}]`},
		{`var.deep`, `{a:{b:{}}}`},
	}
	var b strings.Builder
	b.WriteString(`
project "types" {}
locals {
  choice = env.name == "dev" ? { a = 1, b = "x" } : {}
  map    = {}
  nothing = null
  wide    = join("", [for i in range(1000) : format("%1000d", i)])
  d1 = "${local.wide}${local.wide}"
  d2 = "${local.d1}${local.d1}"
  d3 = "${local.d2}${local.d2}"
  d4 = "${local.d3}${local.d3}"
}
variable "list" { type = list(string) }
variable "sparse" {
  type = object({
    name    = string
    left    = optional(string)
    written = optional(string)
    list    = list(object({ a = optional(string), b = string }))
  })
}
variable "deep" {
  type    = object({ a = optional(object({ b = optional(object({ c = optional(string) }), {}) }), {}) })
  default = {}
}
variable "object" {
  type    = object({ name = string, port = optional(number, 80) })
  default = { name = "x" }
}
cluster "one" { kubernetes = "1.34" }
environment "dev" {
  clusters     = ["one"]
  values_files = ["env.yaml"]
}
`)
	for i, c := range cases {
		expr := strings.NewReplacer("yes ?", `(env.name == "dev") ?`, "no ?", `(env.name != "dev") ?`).Replace(c.expr)
		fmt.Fprintf(&b, "release \"r-%d\" {\n  chart = \"./charts/app\"\n  values = {\n v = %s\n}\n}\n", i, expr)
	}
	dir := project(t, b.String())
	write(t, dir, "env.yaml", "flag: yes\nquoted: \"yes\"\nsize: 5\n")
	p, list := Load(Options{Dir: dir, Vars: map[string]string{
		"list":   `["a", "b"]`,
		"sparse": `{ name = "x", written = null, list = [{ b = "y" }] }`,
	}})
	target := Target{"dev", "one"}
	_, more := p.Headers(target)
	if len(more) > 0 {
		t.Fatal(shown(t, p, more))
	}
	got, want := map[string]string{}, map[string]string{}
	for i, c := range cases {
		name := fmt.Sprintf("r-%d", i)
		r, more := p.Release(Header{Name: name}, target)
		text := ""
		for _, d := range append(list, more...) {
			if at, ok := p.Declaration(name); ok && d.Subject.Start.Line >= at.Start.Line && d.Subject.Start.Line <= at.Start.Line+8 && text == "" {
				text = "error: " + d.Summary
			}
		}
		if text == "" {
			text = typed(field(values.Merge(r.Layers), "v"))
		}
		got[c.expr], want[c.expr] = text, c.want
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// typed writes a value with the Go type of each leaf.
func typed(n *values.Node) string {
	if n == nil {
		return "missing"
	}
	switch v := n.Value.(type) {
	case nil:
		return "null"
	case []*values.Node:
		var parts []string
		for _, e := range v {
			parts = append(parts, typed(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]*values.Node:
		var parts []string
		for _, k := range keys(v) {
			parts = append(parts, k+":"+typed(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}
