package schema

import (
	"fmt"
	"maps"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// scope evaluates expressions of one stage: of the project, of a target, of a
// release at a target. What an expression refers to is looked up, and locals are
// evaluated, only when an expression asks. A scope belongs to one goroutine; the
// locals that scopes share are behind the project's lock.
type scope struct {
	p        *Project
	t        *target              // nil for the project's own expressions
	extra    map[string]cty.Value // each, release; cluster and commit of a commit's message
	contexts map[string]*context  // by file
}

// context is the HCL context of the expressions of one file, filled as they ask.
type context struct {
	*hcl.EvalContext
	locals, vars map[string]cty.Value
	env          bool // has env.values
}

func (p *Project) scope() *scope { return &scope{p: p} }

// node evaluates an expression; nil where it is nil, failed, or was found wrong before.
func (s *scope) node(x *expression, list *diag.List) *values.Node {
	if x == nil || x.bad {
		return nil
	}
	if x.constant != nil {
		return x.constant
	}
	ctx, ok := s.context(x, list)
	if !ok {
		return nil
	}
	return x.node(ctx, list)
}

// value is node as a cty value: for_each needs to tell sets from lists.
func (s *scope) value(x *expression, list *diag.List) (cty.Value, bool) {
	if x == nil || x.bad {
		return cty.NilVal, false
	}
	ctx, ok := s.context(x, list)
	if !ok {
		return cty.NilVal, false
	}
	v := x.cty(ctx, list)
	return v, v != cty.NilVal
}

// node evaluates in a context that has all that x refers to; nil where it failed.
func (x *expression) node(ctx *hcl.EvalContext, list *diag.List) (n *values.Node) {
	defer x.recover(list)
	return nodes{ctx: budgeted(ctx), list: list}.expr(x.Expression)
}

// cty is node as a cty value; NilVal where it failed.
func (x *expression) cty(ctx *hcl.EvalContext, list *diag.List) (v cty.Value) {
	defer x.recover(list)
	v, diags := x.Value(budgeted(ctx))
	*list = append(*list, fromHCL(diags)...)
	if diags.HasErrors() {
		return cty.NilVal
	}
	if !v.IsWhollyKnown() {
		*list = append(*list, unknown(x.at()))
		return cty.NilVal
	}
	return v
}

// recover turns a panic of go-cty or HCL, which have some for odd mixes of
// types, into a finding: input never stops the program.
func (x *expression) recover(list *diag.List) {
	switch fault := recover().(type) {
	case nil:
	case overspent:
		*list = append(*list, fault.finding())
	default:
		*list = append(*list, diag.Diagnostic{
			Summary: "This expression cannot be evaluated", Subject: x.at(),
			Detail: fmt.Sprintf("The evaluator of HCL gave up: %v.", fault),
			Remedy: "Write it in simpler steps, with locals; and please report it.",
		})
	}
}

// context brings all that x refers to into its file's context. It is false
// where something referred to could not be evaluated, which has then been reported.
func (s *scope) context(x *expression, list *diag.List) (*hcl.EvalContext, bool) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	return s.locked(x, list)
}

func (s *scope) locked(x *expression, list *diag.List) (*hcl.EvalContext, bool) {
	c := s.contexts[x.file]
	if c == nil {
		c = &context{
			EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: s.p.functions(x.file)},
			locals:      map[string]cty.Value{}, vars: map[string]cty.Value{},
		}
		if s.contexts == nil {
			s.contexts = map[string]*context{}
		}
		s.contexts[x.file] = c
	}
	ok := s.fill(c, x, list)
	return c.EvalContext, ok
}

func (s *scope) fill(c *context, x *expression, list *diag.List) bool {
	n, ok := x.needs, true
	locals, vars := n.locals, n.vars
	if n.every&rootLocal != 0 {
		locals = keys(s.p.locals)
	}
	if n.every&rootVar != 0 {
		vars = keys(s.p.variables)
	}
	if n.roots&rootLocal != 0 {
		ok = fillMembers(c, "local", c.locals, locals, func(name string) (cty.Value, bool) { return s.local(name, list) }) && ok
	}
	if n.roots&rootVar != 0 {
		ok = fillMembers(c, "var", c.vars, vars, func(name string) (cty.Value, bool) { return s.p.variables[name].get(x, list) }) && ok
	}
	if n.roots&rootProject != 0 {
		c.Variables["project"] = s.p.object
	}
	if n.roots&rootPath != 0 {
		c.Variables["path"] = pathObject(x.file)
	}
	if n.roots&(rootEnv|rootEnvValues) != 0 && s.t != nil && (!c.env || c.Variables["env"] == cty.NilVal) {
		object := map[string]cty.Value{"name": s.t.name}
		if n.roots&rootEnvValues != 0 {
			v, have := s.t.values(list)
			ok, c.env, object["values"] = ok && have, have, v
		}
		c.Variables["env"] = cty.ObjectVal(object)
	}
	if n.roots&rootCluster != 0 && s.t != nil {
		c.Variables["cluster"] = s.t.cluster.object
	}
	maps.Copy(c.Variables, s.extra)
	return ok
}

// fillMembers makes the object `local` or `var` of the members asked for so far.
func fillMembers(c *context, root string, have map[string]cty.Value, names []string, get func(string) (cty.Value, bool)) bool {
	ok, grown := true, c.Variables[root] == cty.NilVal
	for _, name := range names {
		if _, is := have[name]; is {
			continue
		}
		v, good := get(name)
		if !good {
			ok = false
			continue
		}
		have[name], grown = v, true
	}
	if grown {
		c.Variables[root] = cty.ObjectVal(have)
	}
	return ok
}

// result is a value that is evaluated once, with what was found on the way.
type result struct {
	value cty.Value
	diags diag.List
}

func (r *result) get(list *diag.List) (cty.Value, bool) {
	*list = append(*list, r.diags...)
	return r.value, !r.diags.HasErrors() && r.value != cty.NilVal
}

// local evaluates a local once for the project, or once for each target where
// it depends on the target. Cycles were found before (Load).
func (s *scope) local(name string, list *diag.List) (cty.Value, bool) {
	x := s.p.locals[name]
	home, owner := s.p.localValues, &scope{p: s.p}
	if s.p.perTarget[name] {
		if s.t == nil {
			*list = append(*list, dependsOnTarget(name, x))
			return cty.NilVal, false
		}
		home, owner = s.t.locals, s.t.scope()
	}
	r := home[name]
	if r == nil {
		r = &result{}
		if !x.bad {
			if ctx, ok := owner.locked(x, &r.diags); ok {
				r.value = x.cty(ctx, &r.diags)
			}
		}
		home[name] = r
	}
	return r.get(list)
}

func dependsOnTarget(name string, x *expression) diag.Diagnostic {
	return diag.Diagnostic{
		Summary: "local." + name + " depends on the target, which is not known here", Subject: x.at(),
		Detail: "It refers to env or cluster, and is used where the project itself is described.",
		Remedy: "Use a local that refers to neither.",
	}
}

// pathObject is `path`. path.project leads from the file's directory to the
// project's: it works in file(…) and is the same in any checkout.
func pathObject(file string) cty.Value {
	up := "."
	if dir := path.Dir(file); dir != "." {
		up = strings.TrimSuffix(strings.Repeat("../", strings.Count(dir, "/")+1), "/")
	}
	return cty.ObjectVal(map[string]cty.Value{"project": cty.StringVal(up), "file": cty.StringVal(file)})
}
