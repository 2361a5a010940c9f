package schema

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/weir-dev/weir/schema/diag"
)

// variable is one input with the value that won.
type variable struct {
	block    *instance
	ty       cty.Type
	defaults *typeexpr.Defaults
	secret   bool
	set      bool
	result
}

// get is the variable's value, asked for by an expression: only then a missing
// value is a mistake.
func (v *variable) get(asks *expression, list *diag.List) (cty.Value, bool) {
	if !v.set {
		name := v.block.label
		*list = append(*list, diag.Diagnostic{
			Summary: fmt.Sprintf("The variable %q has no value", name), Subject: v.block.rng,
			Detail:  "It has no default, and something that is evaluated asks for it.",
			Remedy:  fmt.Sprintf("Pass --var %s=…, set WEIR_VAR_%s, or write it into %s.", name, name, variablesFile),
			Related: []diag.Related{{Range: asks.at(), Note: "asked for here"}},
		})
		return cty.NilVal, false
	}
	if v.diags.HasErrors() {
		return cty.NilVal, false // reported when the project was loaded
	}
	return v.value, v.value != cty.NilVal
}

// setting is a value for a variable from outside of the project.
type setting struct {
	value cty.Value
	text  string // from the command line or the environment: read by the variable's type
	plain bool   // text is set
	at    diag.Range
}

func (p *Project) loadVariables(o Options, blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		p.variables[b.label] = p.declareVariable(b, list)
	}
	settings := p.settings(o, list)
	for _, b := range blocks {
		v := p.variables[b.label]
		p.giveValue(v, settings, list)
	}
	for _, b := range blocks {
		p.validate(p.variables[b.label], list)
	}
}

func (p *Project) declareVariable(b *instance, list *diag.List) *variable {
	v := &variable{block: b, ty: cty.DynamicPseudoType}
	if x := b.get("type"); x != nil {
		ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(x.Expression)
		for _, d := range fromHCL(diags) {
			d.Remedy = "Write string, number, bool, any, list(…), set(…), map(…), object({…}) or tuple([…]), without quotes."
			*list = append(*list, d)
		}
		if !diags.HasErrors() {
			v.ty, v.defaults = ty, withoutMarks(defaults)
		}
		x.refs, x.calls = nil, nil
	}
	if x := b.get("sensitive"); x != nil {
		checker{p, list}.expression(x, seesNothing, "here")
		v.secret = true // unless it is known not to be
		if n := p.scope().node(x, list); n != nil {
			if secret, ok := (reader{list}).bool(x, n); ok {
				v.secret = secret
			}
		}
	}
	return v
}

// settings collects the values from outside, a later source over an earlier one.
func (p *Project) settings(o Options, list *diag.List) map[string]setting {
	out := map[string]setting{}
	for _, entry := range slices.Sorted(slices.Values(o.Environ)) {
		name, text, _ := strings.Cut(entry, "=")
		if name, ok := strings.CutPrefix(name, "WEIR_VAR_"); ok && p.variables[name] != nil {
			out[name] = setting{text: text, plain: true, at: outside("WEIR_VAR_" + name)}
		}
	}
	own, _ := p.files.glob("*.auto.vars.hcl")
	if _, err := p.files.stat(variablesFile); err == nil {
		own = append([]string{variablesFile}, own...)
	}
	for _, name := range own {
		p.variableFile(p.files, name, diag.Range{}, false, out, list)
	}
	from := p.files
	if o.FS != nil && len(o.VarFiles) > 0 {
		here, err := openFiles(o.Dir)
		if err != nil {
			here = noFiles()
		}
		from = here
	}
	for _, written := range o.VarFiles {
		name, ok := inProject(o.Dir, written)
		if !ok {
			*list = append(*list, diag.Diagnostic{
				Summary: "A variable file lies outside of the project", Subject: outside("--var-file"),
				Detail: fmt.Sprintf("%q leads out of the project's directory.", written),
				Remedy: "Keep variable files in the project, or pass single values with --var or WEIR_VAR_<name>.",
			})
			continue
		}
		p.variableFile(from, name, outside("--var-file"), o.Past, out, list)
	}
	for _, name := range slices.Sorted(slices.Values(keys(o.Vars))) {
		if p.variables[name] == nil && o.Past {
			continue
		}
		if p.variables[name] == nil {
			reader{p.ifWhole(list)}.add(diag.Diagnostic{
				Summary: fmt.Sprintf("There is no variable %q", name), Subject: outside("--var " + name),
				Remedy: sentences(didYouMean(name, keys(p.variables)), fmt.Sprintf("Declare it with `variable %q { … }`.", name)),
			})
			p.meant(name, out)
			continue
		}
		out[name] = setting{text: o.Vars[name], plain: true, at: outside("--var " + name)}
	}
	return out
}

// meant keeps a variable from being said to have no value where one was given
// to a name much like its own.
func (p *Project) meant(name string, out map[string]setting) {
	if p.variables[name] == nil {
		name = diag.Nearest(name, keys(p.variables))
	}
	if _, have := out[name]; !have && name != "" {
		out[name] = setting{}
	}
}

// outside is the place of something that is in no file.
func outside(what string) diag.Range { return diag.Range{File: what} }

// inProject is the name, relative to the project, of a file that the command
// line names.
func inProject(dir, written string) (string, bool) {
	name := filepath.Clean(written)
	if filepath.IsAbs(name) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", false
		}
		if name, err = filepath.Rel(abs, name); err != nil {
			return "", false
		}
	}
	return filepath.ToSlash(name), filepath.IsLocal(name)
}

// variableFile reads what a file sets; past passes over what is not declared.
func (p *Project) variableFile(f *files, name string, from diag.Range, past bool, out map[string]setting, list *diag.List) {
	data, err := f.read(name)
	if err != nil {
		*list = append(*list, diag.Diagnostic{
			Summary: "A variable file cannot be read", Subject: from, Detail: why(name, err),
			Remedy: f.remedy(name, err, "Correct the name after --var-file."),
		})
		return
	}
	src, diags := parseSource(name, data)
	p.given[name] = src
	*list = append(*list, diags...)
	if src.body == nil {
		p.lost = true
		return
	}
	for _, b := range src.body.Blocks {
		*list = append(*list, diag.Diagnostic{
			Summary: "A variable file holds values only", Subject: rangeOf(b.DefRange()),
			Remedy: "Move the block into a file that weir.hcl includes; here write `name = value`.",
		})
		p.meant(b.Type, out)
	}
	for _, a := range sorted(src.body.Attributes) {
		if p.variables[a.Name] == nil && past {
			continue
		}
		if p.variables[a.Name] == nil {
			reader{p.ifWhole(list)}.add(diag.Diagnostic{
				Summary: fmt.Sprintf("There is no variable %q", a.Name), Subject: rangeOf(a.NameRange),
				Remedy: sentences(didYouMean(a.Name, keys(p.variables)), fmt.Sprintf("Declare it with `variable %q { … }`.", a.Name)),
			})
			p.meant(a.Name, out)
			continue
		}
		v, ok := p.alone(newExpression(a, nil, &instance{file: name}), p.variables[a.Name], "in a variable file", list)
		if !ok {
			v = cty.NilVal
		}
		out[a.Name] = setting{value: v, at: rangeOf(a.Expr.Range())}
	}
}

// alone evaluates a value for a variable, which sees functions only. Of a
// sensitive one no more is said than that it is wrong: what is found quotes it.
func (p *Project) alone(x *expression, v *variable, where string, list *diag.List) (cty.Value, bool) {
	var found diag.List
	checker{p, &found}.expression(x, seesNothing, where)
	value, ok := p.scope().value(x, &found)
	if v.secret && found.HasErrors() {
		found = diag.List{{
			Summary: fmt.Sprintf("The value of the sensitive variable %q cannot be evaluated", v.block.label), Subject: x.key,
			Detail:  notShown,
			Remedy:  "Write a plain value: a text stands in quotes, nothing can be referred to, and functions must accept what they are given.",
			Related: []diag.Related{{Range: v.block.rng, Note: "declared here"}},
		}}
	}
	*list = append(*list, found...)
	return value, ok
}

func (p *Project) giveValue(v *variable, settings map[string]setting, list *diag.List) {
	s, given := settings[v.block.label]
	if x := v.block.get("default"); x != nil {
		value, ok := p.alone(x, v, "in a default", list)
		if !ok {
			v.set, v.diags = true, failed
		} else if value, ok = v.convert(value, x.at(), list); !given {
			v.set, v.value = true, value
			if !ok {
				v.diags = failed
			}
		}
	}
	if given {
		v.set = true
		value, ok := s.value, s.value != cty.NilVal
		if s.plain {
			value, ok = v.parse(s, list)
		}
		if ok {
			value, ok = v.convert(value, s.at, list)
		}
		v.value, v.diags = value, nil
		if !ok {
			v.diags = failed
		}
	}
	if v.secret && v.value != cty.NilVal {
		v.value = v.value.Mark(sensitive{})
	}
}

// failed stands for findings that are in the load's list.
var failed = diag.List{{Severity: diag.Error}}

// parse reads a value from the command line or the environment: as it is for
// a string, as an expression for everything else.
func (v *variable) parse(s setting, list *diag.List) (cty.Value, bool) {
	if v.ty.IsPrimitiveType() || v.ty == cty.DynamicPseudoType {
		return marked(cty.StringVal(s.text), s.at), true
	}
	expr, diags := hclsyntax.ParseExpression([]byte(s.text), s.at.File, hcl.InitialPos)
	var value cty.Value
	if !diags.HasErrors() {
		var more hcl.Diagnostics
		value, more = expr.Value(nil)
		diags = append(diags, more...)
	}
	if diags.HasErrors() {
		*list = append(*list, diag.Diagnostic{
			Summary: fmt.Sprintf("The value of the variable %q cannot be read", v.block.label), Subject: s.at,
			Detail:  fmt.Sprintf("The variable is %s, so its value is read as an expression.", typeexpr.TypeString(v.ty)),
			Remedy:  `Write it as in a file, for example '["a", "b"]' or '{ key = "value" }', quoted for the shell.`,
			Related: []diag.Related{{Range: v.block.rng, Note: "declared here"}},
		})
		return cty.NilVal, false
	}
	return placeAll(value, s.at), true
}

// withoutMarks takes the marks from the default values in a type constraint.
func withoutMarks(d *typeexpr.Defaults) *typeexpr.Defaults {
	if d == nil {
		return nil
	}
	for name, v := range d.DefaultValues {
		d.DefaultValues[name], _ = v.UnmarkDeep()
	}
	for _, child := range d.Children {
		withoutMarks(child)
	}
	return d
}

// placeRest gives the leaves that have no marks a place.
func placeRest(v cty.Value, at diag.Range) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if !v.IsMarked() && (v.IsNull() || v.Type().IsPrimitiveType()) {
			return marked(v, at), nil
		}
		return v, nil
	})
	if err != nil {
		return v
	}
	return out
}

// placeAll gives every leaf of a value one place.
func placeAll(v cty.Value, at diag.Range) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsNull() || v.Type().IsPrimitiveType() {
			return marked(v, at), nil
		}
		return v, nil
	})
	if err != nil {
		return v
	}
	return out
}

func (v *variable) convert(value cty.Value, at diag.Range, list *diag.List) (cty.Value, bool) {
	if v.secret { // its line would be shown
		at = v.block.rng
	}
	given := value
	if v.defaults != nil && !value.IsNull() {
		// Apply does not take marks.
		bare, marks := value.UnmarkDeepWithPaths()
		value = placeRest(v.defaults.Apply(bare).MarkWithPaths(marks), v.block.get("type").at())
	}
	out, err := convert.Convert(value, v.ty)
	if err != nil {
		*list = append(*list, diag.Diagnostic{
			Summary: fmt.Sprintf("The variable %q has the type %s", v.block.label, typeexpr.TypeString(v.ty)), Subject: at,
			Detail:  fmt.Sprintf("The value does not fit: %s.", convertFault(err)),
			Remedy:  "Write a value of that type, or change the variable's type.",
			Related: []diag.Related{{Range: v.block.rng, Note: "declared here"}},
		})
		return cty.NilVal, false
	}
	return markUnset(out, given, true), true
}

// convertFault names the part of a value that does not fit.
func convertFault(err error) string {
	at, ok := errors.AsType[cty.PathError](err)
	if !ok || len(at.Path) == 0 {
		return err.Error()
	}
	var b strings.Builder
	for _, step := range at.Path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			fmt.Fprintf(&b, ".%s", s.Name)
		case cty.IndexStep:
			if s.Key.Type() == cty.String {
				fmt.Fprintf(&b, "[%q]", s.Key.AsString())
			} else {
				fmt.Fprintf(&b, "[%s]", s.Key.AsBigFloat().Text('f', -1))
			}
		}
	}
	return fmt.Sprintf("at %s, %s", b.String(), err)
}

// validate evaluates a variable's rules.
func (p *Project) validate(v *variable, list *diag.List) {
	for _, rule := range v.block.all("validation") {
		condition, message := rule.get("condition"), rule.get("error_message")
		if condition == nil || message == nil {
			continue
		}
		c := checker{p, list}
		c.expression(condition, seesVariables, "in a validation")
		c.expression(message, seesVariables, "in a validation")
		if !v.set || v.diags.HasErrors() {
			continue
		}
		n := p.scope().node(condition, list)
		if n == nil {
			continue
		}
		good, ok := reader{list}.bool(condition, n)
		if !ok || good {
			continue
		}
		detail := ""
		if m := p.scope().node(message, list); m != nil && !m.Sensitive {
			detail, _ = reader{list}.string(message, m)
		}
		subject := condition.at()
		if at, ok := placeOf(v.value.Marks()); ok && !v.secret {
			subject = at
		}
		*list = append(*list, diag.Diagnostic{
			Summary: fmt.Sprintf("The value of the variable %q is refused", v.block.label), Subject: subject,
			Detail: detail, Remedy: "Give it a value that its validation accepts.",
			Related: []diag.Related{{Range: condition.at(), Note: "by this rule"}},
		})
	}
}
