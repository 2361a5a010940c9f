package schema

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// fileFunctions are bound to the directory of the file that calls them, and
// read nothing outside of the project.
var fileFunctions = []string{"file", "filebase64", "fileexists", "fileset", "filesha256", "optional", "templatefile", "yamldecode"}

// functions are all functions as a file sees them.
func (p *Project) functions(file string) map[string]function.Function {
	dir := path.Dir(file)
	if have, ok := p.byDir[dir]; ok {
		return have
	}
	r := fileReader{p.files, path.Join(dir, "x")}
	all := maps.Clone(pureFunctions)
	all["file"] = r.file()
	all["filebase64"] = r.derived(func(data []byte) string { return base64.StdEncoding.EncodeToString(data) })
	all["filesha256"] = r.derived(sha256Hex)
	all["fileexists"] = r.exists()
	all["fileset"] = r.set()
	all["optional"] = r.optional()
	all["yamldecode"] = r.yamlDecode()
	inTemplate := maps.Clone(all)
	all["templatefile"] = r.template(inTemplate)
	p.byDir[dir] = all
	return all
}

// fileReader reads for one directory; base is a name in it.
type fileReader struct {
	files *files
	base  string
}

func (r fileReader) find(written string) (string, error) {
	name, fault := resolve(r.base, written)
	if fault != "" {
		return "", errors.New(strings.TrimSuffix(fault, "."))
	}
	return name, nil
}

func (r fileReader) read(written string) (string, []byte, error) {
	name, err := r.find(written)
	if err != nil {
		return "", nil, function.NewArgError(0, err)
	}
	data, err := r.files.read(name)
	if err != nil {
		return "", nil, function.NewArgErrorf(0, "%s", strings.TrimSuffix(sentences(why(name, err), r.files.remedy(name, err, "")), "."))
	}
	return name, data, nil
}

var pathParam = function.Parameter{Name: "path", Type: cty.String, AllowMarked: true}

// withPath is a function of a path: the path chooses a file, it does not give
// the result its place.
func withPath(f func(written string) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{pathParam},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			written, secret := unplacedValue(args[0])
			if !written.IsKnown() {
				return cty.UnknownVal(cty.String), nil
			}
			v, err := f(written.AsString())
			if err == nil && secret {
				v = v.Mark(sensitive{})
			}
			return v, err
		},
	})
}

func (r fileReader) file() function.Function {
	return withPath(func(written string) (cty.Value, error) {
		name, data, err := r.read(written)
		if err != nil {
			return cty.NilVal, err
		}
		if !validText(data) {
			return cty.NilVal, function.NewArgErrorf(0, "%s is not UTF-8 text; use filebase64", name)
		}
		return marked(cty.StringVal(string(data)), wholeFile(name)).Mark(content{name}), nil
	})
}

func (r fileReader) derived(f func([]byte) string) function.Function {
	return withPath(func(written string) (cty.Value, error) {
		name, data, err := r.read(written)
		if err != nil {
			return cty.NilVal, err
		}
		return marked(cty.StringVal(f(data)), wholeFile(name)), nil
	})
}

func (r fileReader) exists() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name, err := r.find(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			dir, err := r.files.stat(name)
			return cty.BoolVal(err == nil && !dir), nil
		},
	})
}

// optional keeps, in order, the paths that exist.
func (r fileReader) optional() function.Function {
	pick := func(args []cty.Value) (cty.Value, error) {
		kept := []cty.Value{}
		for i, arg := range args {
			written, _ := arg.Unmark()
			if !written.IsKnown() {
				return cty.DynamicVal, nil
			}
			name, err := r.find(written.AsString())
			if err != nil {
				return cty.DynamicVal, function.NewArgError(i, err)
			}
			if _, err := r.files.stat(name); !absent(err) { // what is there and cannot be read is a mistake
				kept = append(kept, arg)
			}
		}
		return cty.TupleVal(kept), nil
	}
	return function.New(&function.Spec{
		VarParam: &pathParam,
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := pick(args)
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return pick(args) },
	})
}

// set lists the files below a directory that a pattern matches, relative to it.
func (r fileReader) set() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "directory", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			dir, err := r.find(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			pattern, fault := resolve(path.Join(dir, "x"), args[1].AsString())
			if fault != "" {
				return cty.NilVal, function.NewArgErrorf(1, "%s", strings.TrimSuffix(fault, "."))
			}
			matches, err := r.files.glob(pattern)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(1, "%s", err)
			}
			var names []cty.Value
			for _, m := range matches {
				if dir != "." {
					m = strings.TrimPrefix(m, dir+"/")
				}
				names = append(names, cty.StringVal(m))
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(names), nil
		},
	})
}

// yamlDecode reads YAML as Helm does. Of a file's text, yamldecode(file(…)),
// every value keeps its own line.
func (r fileReader) yamlDecode() function.Function {
	decode := func(arg cty.Value) (cty.Value, error) {
		src, marks := arg.Unmark()
		if !src.IsKnown() {
			return cty.DynamicVal, nil
		}
		for m := range marks {
			c, ok := m.(content)
			if !ok {
				continue
			}
			data, err := r.files.read(c.file)
			if err != nil || string(data) != src.AsString() {
				continue
			}
			root, diags := values.ParseDocument(c.file, data)
			if diags.HasErrors() {
				return cty.DynamicVal, yamlFault(diags)
			}
			v := ctyOf(root)
			if _, secret := marks[sensitive{}]; secret {
				v = v.Mark(sensitive{})
			}
			return v, nil
		}
		root, diags := values.ParseDocument("", []byte(src.AsString()))
		if diags.HasErrors() {
			return cty.DynamicVal, yamlFault(diags)
		}
		v, _ := ctyOf(root).UnmarkDeep()
		return v.WithMarks(marks), nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "src", Type: cty.String, AllowMarked: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := decode(args[0])
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return decode(args[0]) },
	})
}

func yamlFault(diags diag.List) error {
	for _, d := range diags {
		if d.Severity == diag.Error {
			where := fmt.Sprintf("line %d", d.Subject.Start.Line)
			if d.Subject.File != "" {
				where = fmt.Sprintf("%s:%d", d.Subject.File, d.Subject.Start.Line)
			}
			return function.NewArgErrorf(0, "%s: %s", where, lower(strings.TrimSuffix(sentences(d.Summary+".", d.Detail), ".")))
		}
	}
	return nil
}

// encodeYAML writes the one form of YAML that weir writes everywhere.
func encodeYAML(v cty.Value) (cty.Value, error) {
	var list diag.List
	n := nodes{list: &list}.value(v, diag.Range{}, false)
	if n == nil {
		if len(list) > 0 {
			return cty.NilVal, function.NewArgErrorf(0, "%s", strings.TrimSuffix(list[0].Detail, "."))
		}
		return cty.UnknownVal(cty.String), nil
	}
	return cty.StringVal(string(manifest.Encode(n.Plain()))), nil
}

// template renders a file as an HCL template; it sees the given variables only.
func (r fileReader) template(functions map[string]function.Function) function.Function {
	render := func(args []cty.Value) (made cty.Value, failed error) {
		written, variables := args[0], args[1]
		if !written.IsKnown() || !variables.IsWhollyKnown() {
			return cty.UnknownVal(cty.String), nil
		}
		if variables.IsNull() || !isMap(variables) {
			return cty.NilVal, function.NewArgErrorf(1, "it is %s, not an object with the template's variables", typeName(variables))
		}
		name, data, err := r.read(written.AsString())
		if err != nil {
			return cty.NilVal, err
		}
		if _, bad := badEncoding(name, data); bad {
			return cty.NilVal, function.NewArgErrorf(0, "%s is not UTF-8 text", name)
		}
		if _, deep := tooDeep(name, data); deep {
			return cty.NilVal, function.NewArgErrorf(0, "%s is nested too deeply", name)
		}
		defer func() { // else go-cty speaks of a panic
			if fault := recover(); fault != nil {
				spent, is := fault.(overspent)
				if !is {
					panic(fault)
				}
				made, failed = cty.NilVal, function.NewArgErrorf(0, "%s takes too much: %s", name, lower(strings.TrimSuffix(spent.detail, ".")))
			}
		}()
		expr, diags := hclsyntax.ParseTemplate(data, name, hcl.InitialPos)
		if diags.HasErrors() {
			return cty.NilVal, templateFault(diags)
		}
		var list diag.List
		expr = rewriter{&list}.expr(expr)
		for _, ref := range expr.Variables() {
			if _, ok := variables.AsValueMap()[ref.RootName()]; !ok {
				return cty.NilVal, function.NewArgErrorf(1, "%s:%d refers to %q, which is not among the variables",
					name, ref.SourceRange().Start.Line, ref.RootName())
			}
		}
		v, diags := expr.Value(budgeted(&hcl.EvalContext{Variables: variables.AsValueMap(), Functions: functions}))
		if diags.HasErrors() {
			return cty.NilVal, templateFault(diags)
		}
		v, _ = v.UnmarkDeep()
		s, err := convert.Convert(v, cty.String)
		if err != nil || s.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "%s makes %s, not a string", name, typeName(v))
		}
		return s, nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

func templateFault(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			return function.NewArgErrorf(0, "%s:%d: %s: %s", d.Subject.Filename, d.Subject.Start.Line, d.Summary, strings.TrimSuffix(d.Detail, "."))
		}
	}
	return diags
}

func wholeFile(name string) diag.Range { return diag.Range{File: name} }

func validText(data []byte) bool { return utf8.Valid(data) }

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
