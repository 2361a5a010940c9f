package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// roots is a set of names that an expression may begin with. Evaluation goes in
// stages, and a later stage sees more.
type roots uint16

const (
	rootVar roots = 1 << iota
	rootLocal
	rootProject
	rootPath
	rootEnv       // env.name
	rootEnvValues // env.values
	rootCluster
	rootEach
	rootRelease
	rootCommit

	seesNothing     roots = 0
	seesVariables         = rootVar
	seesProject           = rootVar | rootLocal | rootProject | rootPath
	seesEnvironment       = seesProject | rootEnv | rootCluster
	seesLocals            = seesEnvironment | rootEnvValues // what a local sees where it is used for a target
	seesHeader            = seesLocals | rootEach
	seesBody              = seesHeader | rootRelease
	seesCommit            = seesProject | rootCluster | rootCommit
)

// rootName maps what a person writes to its bit.
type rootName struct {
	name string
	bit  roots
	has  []string // attributes; nil where any may come
}

var rootNames = []rootName{
	{"var", rootVar, nil},
	{"local", rootLocal, nil},
	{"project", rootProject, []string{"name"}},
	{"path", rootPath, []string{"project", "file"}},
	{"env", rootEnv, []string{"name", "values"}},
	{"cluster", rootCluster, []string{"name", "labels", "kubernetes"}},
	{"each", rootEach, []string{"key", "value"}},
	{"release", rootRelease, []string{"name", "namespace"}},
	{"commit", rootCommit, keys(someCommit.Type().AttributeTypes())},
}

// needs is what an expression refers to, found out once.
type needs struct {
	roots  roots
	locals []string
	vars   []string
	every  roots // roots used as a whole, as in local[each.key]
}

// checker finds the references and calls that cannot be right for any target.
type checker struct {
	p    *Project
	list *diag.List
}

func (c checker) add(x *expression, d diag.Diagnostic) {
	x.bad = true
	*c.list = append(*c.list, d)
}

// expression checks one expression against the stage that evaluates it; where
// says to a person what that is.
func (c checker) expression(x *expression, sees roots, where string) {
	for _, call := range x.calls {
		c.call(x, call)
	}
	for _, ref := range x.refs {
		c.reference(x, ref, sees, where)
	}
	slices.Sort(x.needs.locals)
	x.needs.locals = slices.Compact(x.needs.locals)
	slices.Sort(x.needs.vars)
	x.needs.vars = slices.Compact(x.needs.vars)
}

func (c checker) call(x *expression, call *call) {
	if _, ok := pureFunctions[call.Name]; ok || slices.Contains(fileFunctions, call.Name) {
		return
	}
	remedy := didYouMean(call.Name, functionNames())
	if hint, ok := refusedFunctions[call.Name]; ok {
		remedy = hint
	}
	if remedy == "" {
		remedy = "`weir schema` lists the functions."
	}
	c.add(x, diag.Diagnostic{
		Summary: fmt.Sprintf("There is no function %q", call.Name), Subject: rangeOf(call.NameRange), Remedy: remedy,
	})
}

// refusedFunctions are Terraform's that weir leaves out on purpose.
var refusedFunctions = map[string]string{
	"timestamp":     "Output never depends on the clock; pass a time with a variable.",
	"plantimestamp": "Output never depends on the clock; pass a time with a variable.",
	"uuid":          "Output never depends on chance; pass the value with a variable.",
	"bcrypt":        "Output never depends on chance; keep the hash in a secret store.",
	"pathexpand":    "Nothing outside of the project is read.",
	"abspath":       "Output never depends on the checkout's path.",
	"sensitive":     "Declare a variable with `sensitive = true`.",
	"nonsensitive":  "Use a variable that is not sensitive.",
}

func (c checker) reference(x *expression, ref hcl.Traversal, sees roots, where string) {
	name, at := ref.RootName(), rangeOf(ref.SourceRange())
	i := slices.IndexFunc(rootNames, func(r rootName) bool { return r.name == name })
	if i < 0 {
		c.unknownRoot(x, name, rangeOf(ref[0].SourceRange()), sees)
		return
	}
	root := rootNames[i]
	member, literal := second(ref)
	if sees&root.bit == 0 {
		detail := ""
		if sees&seesProject == seesProject {
			detail = "Evaluation goes in order: environment, for_each, name and labels and when, then everything else."
		}
		c.add(x, diag.Diagnostic{
			Summary: fmt.Sprintf("%q is not known %s", name, where), Subject: at, Detail: detail, Remedy: visible(sees),
		})
		return
	}
	x.needs.roots |= root.bit
	if !literal {
		x.needs.every |= root.bit
		if root.bit == rootEnv && sees&rootEnvValues != 0 {
			x.needs.roots |= rootEnvValues
		}
		return
	}
	switch {
	case root.bit == rootLocal:
		if c.p.locals[member] == nil {
			c.unknownMember(x, "local", member, ref, keys(c.p.locals), "Declare it in a locals block.")
			return
		}
		x.needs.locals = append(x.needs.locals, member)
	case root.bit == rootVar:
		if c.p.variables[member] == nil {
			c.unknownMember(x, "var", member, ref, keys(c.p.variables), fmt.Sprintf("Declare it with `variable %q { … }`.", member))
			return
		}
		x.needs.vars = append(x.needs.vars, member)
	case !slices.Contains(root.has, member):
		c.unknownMember(x, name, member, ref, root.has, "")
	case root.bit == rootEnv && member == "values":
		if sees&rootEnvValues == 0 {
			c.add(x, diag.Diagnostic{
				Summary: "env.values is not known " + where, Subject: at,
				Detail: "The environment's values are what is being evaluated.",
				Remedy: "Share a value through locals instead.",
			})
			return
		}
		x.needs.roots |= rootEnvValues
	}
}

func (c checker) unknownRoot(x *expression, name string, at diag.Range, sees roots) {
	var known []string
	for _, r := range rootNames {
		if sees&r.bit != 0 {
			known = append(known, r.name)
		}
	}
	remedy := ""
	switch {
	case c.p.locals[name] != nil && sees&rootLocal != 0:
		remedy = fmt.Sprintf("Did you mean local.%s?", name)
	case c.p.variables[name] != nil && sees&rootVar != 0:
		remedy = fmt.Sprintf("Did you mean var.%s?", name)
	case diag.Nearest(name, known) != "":
		remedy = didYouMean(name, known)
	default:
		remedy = sentences("Put a text in quotes.", visible(sees))
	}
	c.add(x, diag.Diagnostic{Summary: fmt.Sprintf("Unknown reference %q", name), Subject: at, Remedy: remedy})
}

func (c checker) unknownMember(x *expression, root, member string, ref hcl.Traversal, known []string, declare string) {
	near := diag.Nearest(member, known)
	remedy := didYouMean(member, known)
	if near != "" {
		remedy = fmt.Sprintf("Did you mean %s.%s?", root, near)
	}
	if remedy == "" || declare != "" && near == "" {
		remedy = sentences(remedy, declare)
	}
	at := hcl.RangeBetween(ref[0].SourceRange(), ref[1].SourceRange())
	if declare != "" && near == "" {
		c.list = c.p.ifWhole(c.list)
	}
	c.add(x, diag.Diagnostic{Summary: fmt.Sprintf("There is no %s.%s", root, member), Subject: rangeOf(at), Remedy: remedy})
}

// visible says what an expression sees, as a remedy.
func visible(sees roots) string {
	var names []string
	for _, r := range rootNames {
		if sees&r.bit != 0 {
			names = append(names, r.name)
		}
	}
	if len(names) == 0 {
		return "Write a plain value: nothing can be referred to here."
	}
	return "Visible here: " + strings.Join(names, ", ") + "."
}

// second is the second step of a reference where it is written out.
func second(ref hcl.Traversal) (string, bool) {
	if len(ref) < 2 {
		return "", false
	}
	switch step := ref[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if key, _ := step.Key.Unmark(); key.Type() == cty.String && key.IsKnown() && !key.IsNull() {
			return key.AsString(), true
		}
	}
	return "", false
}
