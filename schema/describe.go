package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty/function"
)

// description is the language as `weir schema -o json` prints it.
type description struct {
	Blocks     []blockDescription     `json:"blocks"`
	References []referenceDescription `json:"references"`
	Functions  []functionDescription  `json:"functions"`
}

type blockDescription struct {
	Name          string                 `json:"name"`
	Label         string                 `json:"label,omitempty"`
	LabelOptional bool                   `json:"labelOptional,omitempty"`
	Once          bool                   `json:"once,omitempty"`
	AnyAttribute  bool                   `json:"anyAttribute,omitempty"`
	Reserved      bool                   `json:"reserved,omitempty"`
	Description   string                 `json:"description,omitempty"`
	Attributes    []attributeDescription `json:"attributes,omitempty"`
	Blocks        []blockDescription     `json:"blocks,omitempty"`
}

type attributeDescription struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	OneOf       []string `json:"oneOf,omitempty"`
	Default     string   `json:"default,omitempty"`
	Required    bool     `json:"required,omitempty"`
	Overlay     string   `json:"overlay,omitempty"`
	Reserved    bool     `json:"reserved,omitempty"`
	Description string   `json:"description,omitempty"`
}

type referenceDescription struct {
	Name    string   `json:"name"`
	Members []string `json:"members,omitempty"`
}

type functionDescription struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
}

// Describe is the language as JSON, for editors and generators: the table that
// decodes a project, written out.
func Describe() []byte {
	d := description{Blocks: describeBlocks(language.Blocks), Functions: describeFunctions()}
	for _, r := range rootNames {
		if r.bit != rootEnvValues {
			d.References = append(d.References, referenceDescription{r.name, r.has})
		}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil // strings and lists always encode
	}
	return out.Bytes()
}

func describeBlocks(blocks []block) []blockDescription {
	var out []blockDescription
	for _, b := range blocks {
		n := blockDescription{
			Name: b.Name, Label: b.Label, LabelOptional: b.Unlabelled, Once: b.Once, AnyAttribute: b.Free,
			Reserved: b.Reserved, Description: b.Doc, Blocks: describeBlocks(b.Blocks),
		}
		for _, a := range b.Attributes {
			n.Attributes = append(n.Attributes, attributeDescription{
				Name: a.Name, Type: a.Type.String(), OneOf: a.OneOf, Default: a.Default, Required: a.Required,
				Overlay: string(a.Overlay), Reserved: a.Type == kindForbidden, Description: a.Doc,
			})
		}
		out = append(out, n)
	}
	return out
}

func describeFunctions() []functionDescription {
	all := (&Project{byDir: map[string]map[string]function.Function{}, files: noFiles()}).functions(projectFile)
	var out []functionDescription
	for _, name := range keys(all) {
		out = append(out, functionDescription{name, signature(name, all[name])})
	}
	return out
}

// signature writes a function as it is called: lookup(map, key, default...).
func signature(name string, f function.Function) string {
	var params []string
	for _, p := range f.Params() {
		params = append(params, p.Name)
	}
	if v := f.VarParam(); v != nil {
		params = append(params, v.Name+"...")
	}
	return name + "(" + strings.Join(params, ", ") + ")"
}

// Reference is the language as a Markdown page, made from the same table.
func Reference() []byte {
	var w page
	w.line("# The language of Weir projects")
	w.line("")
	w.line("Made from the table that decodes a project (`weir schema`); do not edit by hand.")
	for _, b := range language.Blocks {
		if !b.Reserved {
			w.block(b, "## ", "")
		}
	}
	w.line("## What expressions see")
	w.line("")
	for _, r := range rootNames {
		switch {
		case r.bit == rootEnvValues:
		case r.has == nil:
			w.line("- `%s.<name>`", r.name)
		default:
			w.line("- `%s.%s`", r.name, strings.Join(r.has, "`, `"+r.name+"."))
		}
	}
	w.line("")
	w.line("## Functions")
	w.line("")
	w.line("Under Terraform's names. Paths are relative to the file that calls and stay inside the project; nothing reads the clock, the network or a random source.")
	w.line("")
	for _, f := range describeFunctions() {
		w.line("- `%s`", f.Signature)
	}
	w.line("")
	w.line("## Reserved for later work")
	w.line("")
	w.line("%s.", strings.Join(reservedNames(language.Blocks, ""), ", "))
	return w.out.Bytes()
}

func reservedNames(blocks []block, in string) []string {
	var out []string
	for _, b := range blocks {
		if b.Reserved {
			out = append(out, "`"+in+b.Name+"`")
		}
		for _, a := range b.Attributes {
			if a.Type == kindForbidden {
				out = append(out, "`"+in+b.Name+"."+a.Name+"`")
			}
		}
		out = append(out, reservedNames(b.Blocks, in+b.Name+".")...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
