package engine

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// nameable is what the releases of some headers are called: each by its name, all
// of a for_each block by its label.
type nameable map[string][]string

func (n nameable) add(h schema.Header) {
	n[h.Name] = append(n[h.Name], h.Name)
	if h.Key != "" {
		n[h.Declaration] = append(n[h.Declaration], h.Name)
	}
}

// releases are the names of single releases that a name means.
func (n nameable) releases(name string) []string {
	return slices.Compact(slices.Sorted(slices.Values(n[name])))
}

// missing says that nothing is called so, and what there is.
func (n nameable) missing(name string) diag.Diagnostic {
	d := diag.Errorf(diag.Range{}, "There is no release %q here", name)
	var all []string
	for known := range n {
		all = append(all, known)
	}
	slices.Sort(all)
	_, rest, inEnvironment := strings.Cut(name, "/")
	// tenant["a"] is what others call tenant-a.
	plain := strings.NewReplacer(`["`, "-", `"]`, "", "[", "-", "]", "", "/", "-").Replace(name)
	switch {
	case inEnvironment && n[rest] != nil:
		d = d.Remedyf("Write %q, and choose its environment with -e.", rest)
	case n[plain] != nil:
		d = d.Remedyf("Did you mean %q?", plain)
	default:
		d = d.Suggest(name, all)
	}
	switch {
	case len(all) == 0:
		return d.Remedyf("The selected targets have no releases.")
	case len(all) > 12:
		return d.Remedyf("`weir list` names them all.")
	}
	return d.Remedyf("Releases: %s.", strings.Join(all, ", "))
}

// regenerated are the releases that --regenerate names.
func regenerated(p *plan.Plan, given []string) ([]string, diag.List) {
	n := nameable{}
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			n.add(r.Header)
		}
	}
	var meant []string
	var found diag.List
	for _, name := range given {
		if n[name] == nil {
			found = append(found, n.missing(name).Detailf("--regenerate names a release that this run does not render."))
		}
		meant = append(meant, n.releases(name)...)
	}
	return meant, found
}

// oneRelease is the single release that an argument names, among those of the
// selected targets, planned or not.
func oneRelease(run Run, name string) (string, diag.List) {
	selection := run.Selection
	selection.Selector = plan.Selector{}
	outline, found := plan.Draw(run.Project, selection, plan.Serially)
	if found.HasErrors() {
		return name, found
	}
	n := nameable{}
	for _, target := range outline.Targets {
		for _, h := range target.Headers {
			n.add(h)
		}
	}
	switch meant := n.releases(name); len(meant) {
	case 0:
		return name, diag.List{n.missing(name)}
	case 1:
		return meant[0], nil
	default:
		at, _ := run.Project.Declaration(name)
		return name, diag.List{diag.Errorf(at, "%q is a for_each block, not one release", name).
			Remedyf("Name one of its releases: %s.", strings.Join(meant, ", "))}
	}
}
