package schema

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// TestLanguage evaluates the example of the language's own page for all targets.
func TestLanguage(t *testing.T) {
	p, list := Load(Options{Dir: "testdata/language", Version: "0.1.0", Environ: []string{"WEIR_VAR_image_tag=1.4.3", "HOME=/root"}})
	var b strings.Builder
	print := func(what string, v any) {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, text)
	}
	print("name", p.Name())
	print("clusters", p.Clusters())
	print("environments", p.Environments())
	print("repositories", p.Repositories())
	print("namespaces", p.Namespaces())
	print("removed", p.Removed())
	print("moved", p.Moved())
	print("policy", p.Policy())
	print("declarations", p.Declarations())
	for _, target := range p.Targets() {
		headers, more := p.Headers(target)
		list = append(list, more...)
		for _, h := range headers {
			if !h.Planned {
				print(fmt.Sprintf("%s %s not planned:", target.Environment, target.Cluster), h)
				continue
			}
			r, more := p.Release(h, target)
			list = append(list, more...)
			print(fmt.Sprintf("%s %s %s", target.Environment, target.Cluster, h.Name), r)
		}
	}
	fmt.Fprintf(&b, "\n%s", shown(t, p, list.Sorted()))
	golden(t, "testdata/language.txt", b.String())
}

// TestLazy evaluates one target of a project whose other parts cannot be.
func TestLazy(t *testing.T) {
	dir := project(t, `
project "lazy" {}

variable "needed" {}

variable "other" {}

locals {
  fine   = "fine"
  broken = file("nowhere")
}

cluster "one" { kubernetes = "1.34" }

environment "good" {
  clusters = ["one"]
  values   = { a = local.fine }
}

environment "bad" {
  clusters     = ["one"]
  values_files = ["nowhere.yaml"]
  values       = { a = local.broken }
}

release "good" {
  chart  = "./charts/app"
  values = { a = env.values.a, b = var.needed }
}

release "bad" {
  chart        = "./nowhere"
  values_files = ["nowhere.yaml"]
  values       = { a = local.broken, b = var.other, c = env.values.nope }
}

release "elsewhere" {
  environments = ["bad"]
  labels       = { a = env.values.nope }
  chart        = "./charts/app"
}
`)
	p, list := Load(Options{Dir: dir, Vars: map[string]string{"needed": "x"}})
	good := Target{"good", "one"}
	headers, more := p.Headers(good)
	list = append(list, more...)
	_, more = p.Release(headers[2], good)
	list = append(list, more...)
	if len(list) > 0 {
		t.Error(shown(t, p, list))
	}
	at := func(line, end int) diag.Range {
		return diag.Range{File: "weir.hcl", Start: diag.Pos{Line: line, Column: 1}, End: diag.Pos{Line: line, Column: end}}
	}
	want := []Header{
		{Declaration: "bad", Name: "bad", HelmName: "bad", Namespace: "default", Planned: true, Range: at(31, 14)},
		{Declaration: "elsewhere", Name: "elsewhere", HelmName: "elsewhere", Namespace: "default", Why: "`environments` leaves out \"good\"", Range: at(37, 20)},
		{Declaration: "good", Name: "good", HelmName: "good", Namespace: "default", Planned: true, Range: at(26, 15)},
	}
	if d := cmp.Diff(want, headers); d != "" {
		t.Error(d)
	}
}

// TestVariables shows which source of a variable's value wins.
func TestVariables(t *testing.T) {
	dir := project(t, `
project "variables" {}
cluster "one" { kubernetes = "1.34" }
environment "dev" {
  clusters = ["one"]
  values   = { a = var.a, b = var.b, c = var.c, d = var.d, e = var.e, f = var.f, n = var.n }
}
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" { default = "default" }
variable "d" { default = "default" }
variable "e" { default = "default" }
variable "f" { default = "default" }
variable "n" {
  type    = number
  default = 1
}
`)
	write(t, dir, variablesFile, "c = \"weir.vars.hcl\"\nd = \"weir.vars.hcl\"\ne = \"weir.vars.hcl\"\nf = \"weir.vars.hcl\"\n")
	write(t, dir, "x.auto.vars.hcl", "d = \"auto\"\ne = \"auto\"\nf = \"auto\"\n")
	write(t, dir, "given.vars.hcl", "e = \"file\"\nf = \"file\"\n")
	p, list := Load(Options{
		Dir: dir, VarFiles: []string{"given.vars.hcl"},
		Vars:    map[string]string{"f": "flag", "n": "12"},
		Environ: []string{"WEIR_VAR_b=environ", "WEIR_VAR_c=environ", "WEIR_VAR_f=environ", "WEIR_VAR_unknown=x"},
	})
	root, more := p.EnvironmentValues(Target{"dev", "one"})
	if list = append(list, more...); len(list) > 0 {
		t.Fatal(shown(t, p, list))
	}
	var got strings.Builder
	for _, k := range fields(root) {
		n := field(root, k)
		fmt.Fprintf(&got, "%s = %v from %s:%d\n", k, n.Value, n.Origin.File, n.Origin.Start.Line)
	}
	want := `a = default from weir.hcl:8
b = environ from WEIR_VAR_b:0
c = weir.vars.hcl from weir.vars.hcl:1
d = auto from x.auto.vars.hcl:1
e = file from given.vars.hcl:1
f = flag from --var f:0
n = 12 from --var n:0
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Error(d)
	}
}

// TestOptions shows what is said to values from outside of the project.
func TestOptions(t *testing.T) {
	dir := project(t, `
project "outside" {
  requires = ">= 2.0.0"
}
variable "list" { type = list(string) }
variable "count" { type = number }
`)
	write(t, dir, "bad.vars.hcl", "lst = []\nblock {}\ncount = var.x\n")
	p, list := Load(Options{
		Dir: dir, Version: "1.0.0", VarFiles: []string{"nope.vars.hcl", "../x.vars.hcl", "bad.vars.hcl"},
		Vars: map[string]string{"lits": "x", "list": "a,b", "count": "many"},
	})
	golden(t, "testdata/options.txt", shown(t, p, list))
}

// TestEncodings shows files that are no UTF-8, and that CRLF changes nothing.
func TestEncodings(t *testing.T) {
	dir := project(t, "project \"x\" {}\n\nlocals {\n  a = \"\xff\"\n}\n")
	p, list := Load(Options{Dir: dir})
	want := diag.List{{
		Summary: "The file is not UTF-8",
		Subject: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 4, Column: 8}, End: diag.Pos{Line: 4, Column: 9}},
		Detail:  "The byte 0xff is no part of a UTF-8 character.", Remedy: "Save the file as UTF-8.",
	}}
	if d := cmp.Diff(want, list); d != "" {
		t.Error(d)
	}
	if len(p.Targets()) > 0 {
		t.Error("a broken project has targets")
	}

	text := "project \"x\" {}\ncluster \"one\" {\n  kubernetes = \"1.34\"\n}\nenvironment \"dev\" {\n  clusters = [\"one\"]\n  values = { a = <<-EOT\n    one\n    two\n  EOT\n  }\n}\n"
	var got []any
	for _, src := range []string{text, "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n")} {
		p, list := Load(Options{Dir: project(t, src)})
		root, more := p.EnvironmentValues(Target{"dev", "one"})
		if list = append(list, more...); len(list) > 0 {
			t.Fatal(shown(t, p, list))
		}
		got = append(got, root)
	}
	if d := cmp.Diff(got[0], got[1]); d != "" {
		t.Error(d)
	}
}

// TestConfined tries to read what lies outside of the project.
func TestConfined(t *testing.T) {
	dir := project(t, "project \"x\" {}\n")
	if err := os.Symlink("..", filepath.Join(dir, "up")); err != nil {
		t.Fatal(err)
	}
	p, _ := Load(Options{Dir: dir})
	for _, name := range []string{"link.yaml", "up/outside.yaml", "../outside.yaml", filepath.ToSlash(filepath.Dir(dir)) + "/outside.yaml"} {
		if f, err := p.FS().Open(name); err == nil {
			f.Close()
			t.Errorf("%s was opened", name)
		}
		if data := p.Sources(name); data != nil {
			t.Errorf("%s was read", name)
		}
	}
	if string(p.Sources("values/ok.yaml")) != "a: 1\n" {
		t.Error("values/ok.yaml was not read")
	}
}

// TestReference keeps the page and the description of the language in step with the table.
func TestReference(t *testing.T) {
	golden(t, "REFERENCE.md", string(Reference()))
	golden(t, "testdata/language.json", string(Describe()))
	if !json.Valid(Describe()) {
		t.Error("the description is not JSON")
	}
}

func TestFormat(t *testing.T) {
	got, list := Format("a.hcl", []byte("release \"a\" {\r\n chart=\"x\"\r\n  version   = \"1\"\r\n}\r\n"))
	if d := cmp.Diff("release \"a\" {\n  chart   = \"x\"\n  version = \"1\"\n}\n", string(got)); d != "" || len(list) > 0 {
		t.Error(d, list)
	}
	broken := "release {\n"
	got, list = Format("a.hcl", []byte(broken))
	if string(got) != broken || !list.HasErrors() {
		t.Errorf("%q %v", got, list)
	}
}

// FuzzLoad looks for projects that make the loader panic.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(seeds, "testdata/language/weir.hcl", "testdata/origins/weir.hcl", "testdata/origins/apps/app.hcl") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	dir := project(f, "")
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(dir, projectFile)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		p, list := Load(Options{Dir: dir, Vars: map[string]string{"a": "1"}, Environ: []string{"WEIR_VAR_b=2"}})
		list = append(list, everything(p)...)
		_ = shown(t, p, list)
		Format(projectFile, data)
	})
}

func fields(n *values.Node) []string {
	m, _ := n.Value.(map[string]*values.Node)
	return keys(m)
}

// TestTable holds the table to its own rules: every row is documented, and
// every default reads as the row's type.
func TestTable(t *testing.T) {
	var walk func(in string, blocks []block)
	walk = func(in string, blocks []block) {
		for _, b := range blocks {
			if b.Doc == "" && !b.Reserved {
				t.Errorf("%s%s has no description", in, b.Name)
			}
			for _, a := range b.Attributes {
				name := in + b.Name + "." + a.Name
				if a.Doc == "" && a.Type != kindForbidden {
					t.Errorf("%s has no description", name)
				}
				switch {
				case a.Default == "":
				case a.Type == kindBool && a.Default != "true" && a.Default != "false",
					a.Type == kindStrings && a.Default != "[]" && a.strings() == nil,
					a.Type == kindDuration && a.duration() == 0,
					a.OneOf != nil && !slices.Contains(a.OneOf, a.Default):
					t.Errorf("%s has the default %s", name, a.Default)
				}
			}
			walk(in+b.Name+".", b.Blocks)
		}
	}
	walk("", language.Blocks)
}

func field(n *values.Node, key string) *values.Node {
	m, _ := n.Value.(map[string]*values.Node)
	return m[key]
}
