package schema

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// instance is one block as written, checked against its row of the table;
// nothing in it is evaluated yet.
type instance struct {
	def    *block
	label  string
	file   string
	rng    diag.Range // of the block's header
	attrs  map[string]*expression
	blocks []*instance
	odd    bool // something in it was not understood, and reported
}

// expression is the right side of an attribute with what it refers to.
type expression struct {
	hclsyntax.Expression
	attr     *attribute // nil in locals
	owner    *instance
	name     string
	file     string
	whole    diag.Range // of `name = value`
	key      diag.Range // of the name
	refs     []hcl.Traversal
	calls    []*call
	needs    needs
	constant *values.Node // its value, where it refers to nothing and calls nothing
	bad      bool         // found wrong before evaluation, and reported
}

func (x *expression) at() diag.Range { return rangeOf(x.Expression.Range()) }

// get is the expression of an attribute; nil where it is not written.
func (i *instance) get(name string) *expression {
	if i == nil {
		return nil
	}
	return i.attrs[name]
}

// all lists the nested blocks of one name, in file order.
func (i *instance) all(name string) []*instance {
	var out []*instance
	if i == nil {
		return nil
	}
	for _, b := range i.blocks {
		if b.def.Name == name {
			out = append(out, b)
		}
	}
	return out
}

// one is the nested block that may be written once; nil where it is not.
func (i *instance) one(name string) *instance {
	if all := i.all(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// title names a block as a person does: release "web".
func (i *instance) title() string {
	if i.label == "" {
		return i.def.Name
	}
	return fmt.Sprintf("%s %q", i.def.Name, i.label)
}

// decoder checks parsed bodies against the table.
type decoder struct {
	list *diag.List
	lost *bool // set where a block of a project file was left out
}

func (d decoder) add(x diag.Diagnostic) { *d.list = append(*d.list, x) }

func (d decoder) body(body *hclsyntax.Body, def *block, in *instance) {
	title := "in " + def.Name
	if in.def != nil && in.def.Name != "a project file" {
		title = "in " + in.title()
	}
	in.attrs = make(map[string]*expression, len(body.Attributes))
	var meant []string
	for _, a := range sorted(body.Attributes) {
		row := def.attribute(a.Name)
		switch {
		case def.Free:
		case row == nil:
			in.odd = true
			meant = append(meant, diag.Nearest(a.Name, def.attributeNames()))
			remedy := didYouMean(a.Name, def.attributeNames())
			if def.block(a.Name) != nil {
				remedy = fmt.Sprintf("%q is a block: write `%s { … }` without the `=`.", a.Name, a.Name)
			}
			d.add(diag.Diagnostic{
				Summary: fmt.Sprintf("Unknown attribute %q %s", a.Name, title), Subject: rangeOf(a.NameRange), Remedy: remedy,
			})
			continue
		case row.Type == kindForbidden:
			d.add(reserved(a.Name, rangeOf(a.NameRange)))
			continue
		}
		in.attrs[a.Name] = newExpression(a, row, in)
	}
	for i := range def.Attributes {
		if row := &def.Attributes[i]; row.Required && in.attrs[row.Name] == nil && !slices.Contains(meant, row.Name) {
			d.add(diag.Diagnostic{
				Summary: fmt.Sprintf("%s lacks %q", in.title(), row.Name), Subject: in.rng,
				Detail: row.Doc, Remedy: fmt.Sprintf("Add `%s = …`.", row.Name),
			})
		}
	}
	for _, b := range body.Blocks {
		if !d.block(b, def, in, title) {
			in.odd = true
			*d.lost = *d.lost || def == &language
		}
	}
}

func reserved(name string, at diag.Range) diag.Diagnostic {
	return diag.Diagnostic{
		Summary: fmt.Sprintf("%q is reserved for later work", name), Subject: at,
		Detail: "This version of weir does not know it yet.", Remedy: "Remove it, or use a later version of weir.",
	}
}

func (d decoder) block(b *hclsyntax.Block, parent *block, in *instance, title string) bool {
	at := rangeOf(b.TypeRange)
	def := parent.block(b.Type)
	switch {
	case def == nil:
		remedy := didYouMean(b.Type, parent.blockNames())
		if parent.attribute(b.Type) != nil {
			remedy = fmt.Sprintf("%q is an attribute: write `%s = { … }`.", b.Type, b.Type)
		}
		d.add(diag.Diagnostic{Summary: fmt.Sprintf("Unknown block %q %s", b.Type, title), Subject: at, Remedy: remedy})
		return false
	case def.Reserved:
		d.add(reserved(b.Type, at))
		return false
	}
	child := &instance{def: def, file: in.file, rng: rangeOf(b.DefRange())}
	if !d.labels(b, def, child) {
		return false
	}
	if def.Once && parent != &language {
		if first := in.one(def.Name); first != nil {
			d.add(twice(child, first))
			return false
		}
	}
	d.body(b.Body, def, child)
	in.blocks = append(in.blocks, child)
	return true
}

func (d decoder) labels(b *hclsyntax.Block, def *block, child *instance) bool {
	want := 0
	if def.Label != "" {
		want = 1
	}
	if len(b.Labels) == 0 && def.Unlabelled {
		return true
	}
	switch {
	case len(b.Labels) < want:
		d.add(diag.Diagnostic{
			Summary: fmt.Sprintf("The %s block needs a label", def.Name), Subject: rangeOf(b.TypeRange),
			Remedy: fmt.Sprintf("Write `%s \"<%s>\" { … }`.", def.Name, def.Label),
		})
		return false
	case len(b.Labels) > want:
		remedy := fmt.Sprintf("Write `%s { … }`.", def.Name)
		if want == 1 {
			remedy = fmt.Sprintf("Write `%s %q { … }`.", def.Name, b.Labels[0])
		}
		d.add(diag.Diagnostic{
			Summary: fmt.Sprintf("The %s block has a label too many", def.Name), Subject: rangeOf(b.LabelRanges[want]), Remedy: remedy,
		})
		return false
	}
	if want == 1 {
		child.label = b.Labels[0]
	}
	return true
}

func twice(second, first *instance) diag.Diagnostic {
	detail := ""
	if second.file != first.file {
		detail = fmt.Sprintf("It stands in %s and in %s.", first.file, second.file)
	}
	return diag.Diagnostic{
		Summary: second.title() + " is declared twice", Subject: second.rng, Detail: detail,
		Remedy:  "Merge the two, or rename one.",
		Related: []diag.Related{{Range: first.rng, Note: "first declared here"}},
	}
}

func newExpression(a *hclsyntax.Attribute, row *attribute, in *instance) *expression {
	x := &expression{
		Expression: a.Expr, attr: row, owner: in, name: a.Name, file: in.file,
		whole: rangeOf(a.SrcRange), key: rangeOf(a.NameRange),
	}
	x.refs = hclsyntax.Variables(a.Expr)
	hclsyntax.VisitAll(a.Expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if c, ok := n.(*call); ok {
			x.calls = append(x.calls, c)
		}
		return nil
	})
	return x
}

// sorted lists attributes in file order: HCL keeps them in a map.
func sorted(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return out
}
