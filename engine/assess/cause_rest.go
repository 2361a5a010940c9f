package assess

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// attributes are what the project says of a release besides its chart, values,
// manifests and kustomize, and how a release takes one from another.
var attributes = []struct {
	name string
	take func(to, from *plan.Release)
}{
	{"name", func(to, from *plan.Release) {
		namespace := to.Namespace
		to.Header = from.Header
		to.Namespace = namespace
	}},
	{"namespace", func(to, from *plan.Release) { to.Namespace = from.Namespace }},
	{"create_namespace", func(to, from *plan.Release) { to.CreateNamespace = from.CreateNamespace }},
	{"hooks", func(to, from *plan.Release) { to.Hooks = from.Hooks }},
	{"crds", func(to, from *plan.Release) { to.CRDs = from.CRDs }},
	{"secrets", func(to, from *plan.Release) { to.Secrets = from.Secrets }},
	{"nondeterminism", func(to, from *plan.Release) { to.Nondeterminism = from.Nondeterminism }},
	{"restart_on_config_change", func(to, from *plan.Release) { to.RestartOnConfigChange = from.RestartOnConfigChange }},
	{"needs", func(to, from *plan.Release) { to.Needs, to.After = from.Needs, from.After }},
	{"sync.prune", func(to, from *plan.Release) { to.Sync.Prune = from.Sync.Prune }},
	{"sync.wait", func(to, from *plan.Release) { to.Sync.Wait = from.Sync.Wait }},
	{"sync.timeout", func(to, from *plan.Release) { to.Sync.Timeout = from.Sync.Timeout }},
	{"sync.adopt", func(to, from *plan.Release) { to.Sync.Adopt = from.Sync.Adopt }},
}

// set is the cause that is another setting of an attribute: the lines that make it
// another one or, where none does, the release's block.
func (r references) set(name string) diff.Cause {
	cause := diff.Cause{Kind: diff.ByRelease, Attribute: name, Place: line(r.is.Release.Range)}
	old, now := setting(r.was, name), setting(r.is, name)
	if old == nil && now == nil {
		return cause
	}
	if lines := r.setting(old, now); len(lines) > 0 {
		cause.Place, cause.More = lines[0], len(lines)-1
	}
	return cause
}

func setting(m compare.Making, name string) *values.Node {
	target := schema.Target{Environment: m.Release.Environment, Cluster: m.Release.Cluster.Name}
	return m.Maker.Project.Setting(name, m.Release.Header, target)
}

// setting are the lines that make two settings differ; nil is none.
func (r references) setting(old, now *values.Node) []diag.Range {
	if old == nil && now == nil {
		return nil
	}
	one := func(n *values.Node) map[string]*values.Node {
		if n == nil {
			return nil
		}
		return map[string]*values.Node{"": n}
	}
	return r.differing(one(old), one(now), mostFollowed)
}

// kustomized is the cause that is another kustomize block: the lines of it that
// differ or, where none does, the release's block.
func (r references) kustomized() diff.Cause {
	old, now := r.was.Release.Kustomize, r.is.Release.Kustomize
	var all []diag.Range
	for _, name := range []string{"labels", "annotations"} {
		all = append(all, r.setting(setting(r.was, "kustomize."+name), setting(r.is, "kustomize."+name))...)
	}
	all = append(all, others(replicas(old), replicas(now))...)
	for _, refs := range [][2][]schema.Ref{{old.Directories, now.Directories}, {old.Components, now.Components}} {
		all = append(all, others(places(refs[0], plainRef), places(refs[1], plainRef))...)
	}
	all = append(all, others(places(old.Images, plainImage), places(now.Images, plainImage))...)
	all = append(all, others(places(old.Patches, plainPatch), places(now.Patches, plainPatch))...)
	cause := diff.Cause{Kind: diff.ByKustomize, Place: line(r.is.Release.Range)}
	slices.SortFunc(all, compareLines)
	if all = slices.Compact(all); len(all) > 0 {
		cause.Place, cause.More = all[0], len(all)-1
	}
	return cause
}

// part is a part of a kustomize block without its place, and with it.
type part struct {
	plain string
	at    diag.Range
}

func places[T any](all []T, plain func(T) part) []part {
	out := make([]part, len(all))
	for i, x := range all {
		out[i] = plain(x)
	}
	return out
}

func plainRef(r schema.Ref) part { return part{r.Path, r.Range} }

func plainImage(i schema.Image) part {
	return part{fmt.Sprintf("%q %q %q %q", i.Name, i.NewName, i.NewTag, i.Digest), i.Range}
}

func plainPatch(p schema.Patch) part {
	target := ""
	if p.Target != nil {
		target = fmt.Sprintf("%q", *p.Target)
	}
	return part{fmt.Sprintf("%s %q %s", target, p.File, p.Text), p.Range}
}

func replicas(k schema.Kustomize) []part {
	var all []part
	for name, count := range k.Replicas {
		all = append(all, part{fmt.Sprintf("%q %d", name, count.Value), count.Range})
	}
	return all
}

// others are the lines of the parts that only one side has: of those that came or
// changed, else of those that went.
func others(old, now []part) []diag.Range {
	var all []diag.Range
	for _, sides := range [][2][]part{{now, old}, {old, now}} {
		for _, p := range sides[0] {
			if !slices.ContainsFunc(sides[1], func(q part) bool { return p.plain == q.plain }) {
				all = append(all, line(p.at))
			}
		}
		if all != nil {
			break
		}
	}
	return all
}

// line is a range without its columns.
func line(r diag.Range) diag.Range {
	at := diag.Pos{Line: r.Start.Line}
	return diag.Range{File: r.File, Start: at, End: at}
}

func compareLines(a, b diag.Range) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start.Line, b.Start.Line))
}
