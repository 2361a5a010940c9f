package plan

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// disappearances checks `removed` and `moved` blocks against what the project
// declares. A chain of moves is fine, as such blocks may stay for ever.
func disappearances(p Project, targets []OutlineTarget) diag.List {
	d := declared{project: p, names: map[string]schema.Header{}, single: map[string]bool{}}
	for _, t := range targets {
		for _, h := range t.Headers {
			if h.Planned {
				d.names[h.Name] = h
			}
			if h.Key == "" {
				d.single[h.Declaration] = true
			}
		}
	}
	var list diag.List
	gone := map[string]diag.Range{}
	for _, r := range p.Removed() {
		gone[r.Release] = r.Range
		if at, ok := d.place(r.Release, targets, r.Environments); ok {
			list = append(list, diag.Errorf(r.Range, "Release %q is declared and removed", r.Release).
				Detailf("A `removed` block says that a release is gone for good.").
				Remedyf("Delete this block, or the release. To leave it out of some environments, use `environments` or `when`.").
				Also(at, "declared here"))
		}
	}
	moves := map[string]schema.Moved{}
	for _, m := range p.Moved() {
		if first, ok := moves[m.From]; ok {
			list = append(list, diag.Errorf(m.Range, "Release %q is moved twice", m.From).
				Detailf("A release goes on under one name: here it would be both %q and %q.", first.To, m.To).
				Remedyf("Keep one of the blocks.").Also(first.Range, "moved here first"))
			continue
		}
		moves[m.From] = m
		if at, ok := gone[m.From]; ok {
			list = append(list, diag.Errorf(m.Range, "Release %q is moved and removed", m.From).
				Detailf("It cannot go on under another name and be gone.").
				Remedyf("Keep one of the blocks.").Also(at, "removed here"))
		}
		if at, ok := d.place(m.From, targets, nil); ok {
			list = append(list, diag.Errorf(m.Range, "Release %q is declared and moved", m.From).
				Detailf("A `moved` block says that the release goes on as %q, but its old name is still in use.", m.To).
				Remedyf("Delete this block, or rename the release.").Also(at, "declared here"))
		}
	}
	for _, m := range p.Moved() {
		if moves[m.From].Range != m.Range {
			continue // reported above
		}
		way := []string{m.From, m.To}
		end := m.To
		for next, ok := moves[end]; ok && !slices.Contains(way[:len(way)-1], end); next, ok = moves[end] {
			end = next.To
			way = append(way, end)
		}
		if slices.Contains(way[:len(way)-1], end) {
			list = append(list, diag.Errorf(m.Range, "Moved blocks lead in a circle").
				Detailf("%s.", strings.Join(way, " → ")).
				Remedyf("Delete the block that no longer holds."))
			continue
		}
		if _, ok := gone[end]; ok || d.exists(end) {
			continue
		}
		list = append(list, diag.Errorf(m.Range, "Release %q is not known", end).
			Detailf("`moved` says that %q goes on under this name, but no release has it.", m.From).
			Suggest(end, p.Declarations()).
			Remedyf("Name the release that took its place, or use a `removed` block."))
	}
	return list
}

// declared answers whether a name is in use.
type declared struct {
	project Project
	names   map[string]schema.Header // planned releases of the targets at hand
	single  map[string]bool          // blocks known to have no for_each
}

// place is where a name is in use: a block's label, or a release of a for_each
// in one of the environments, which are globs.
func (d declared) place(name string, targets []OutlineTarget, environments []string) (diag.Range, bool) {
	if at, ok := d.project.Declaration(name); ok {
		return at, true
	}
	for _, t := range targets {
		if !chosen(environments, t.Environment) {
			continue
		}
		for _, h := range t.Headers {
			if h.Planned && h.Name == name {
				return h.Range, true
			}
		}
	}
	return diag.Range{}, false
}

// exists also believes in what may be an element of a for_each at a target that
// is not at hand.
func (d declared) exists(name string) bool {
	if _, ok := d.project.Declaration(name); ok {
		return true
	}
	if _, ok := d.names[name]; ok {
		return true
	}
	for _, label := range d.project.Declarations() {
		if strings.HasPrefix(name, label+"-") && !d.single[label] {
			return true
		}
	}
	return false
}
