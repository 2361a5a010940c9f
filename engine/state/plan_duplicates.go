package state

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// owner is a release that has an object, and where it took it from.
type owner struct {
	Key
	source string
}

// duplicates finds objects that two releases of the cluster would have. Only
// what is new to a release is looked for: the rest was looked for before.
func (p *planner) duplicates() error {
	owners := map[manifest.ID]owner{}
	fresh := 0
	for _, c := range p.change.Releases {
		if c.New == nil {
			continue
		}
		had := map[manifest.ID]bool{}
		if c.Old != nil {
			for _, f := range c.Old.Files {
				had[f.Object] = true
			}
		}
		seen := map[manifest.ID]bool{} // a hook has a file per phase
		for _, f := range c.New.Files {
			if seen[f.Object] {
				continue
			}
			seen[f.Object] = true
			if !had[f.Object] {
				fresh++
			}
			if o, ok := owners[f.Object]; ok {
				p.duplicate(f.Object, o, owner{c.Key, f.Source})
				continue
			}
			owners[f.Object] = owner{c.Key, f.Source}
		}
	}
	if fresh == 0 {
		return nil
	}
	kept, err := p.kept()
	if err != nil {
		return err
	}
	for _, k := range kept {
		m, err := p.metadata(k)
		if err != nil {
			return err
		}
		seen := map[manifest.ID]bool{}
		for _, f := range m.Files {
			if o, ok := owners[f.Object]; ok && !seen[f.Object] {
				seen[f.Object] = true
				p.duplicate(f.Object, owner{k, f.Source}, o)
			}
		}
	}
	return nil
}

// pair is two releases that claim the same objects.
type pair struct{ a, b Key }

// claim is one object of a pair, and where each takes it from.
type claim struct {
	object manifest.ID
	a, b   string
}

func (p *planner) duplicate(id manifest.ID, a, b owner) {
	if p.claims == nil {
		p.claims = map[pair][]claim{}
	}
	k := pair{a.Key, b.Key}
	p.claims[k] = append(p.claims[k], claim{id, a.source, b.source})
}

// mostClaims is how many objects one message names.
const mostClaims = 5

// contested reports duplicates, one diagnostic for two releases.
func (p *planner) contested() {
	pairs := slices.SortedFunc(maps.Keys(p.claims), func(x, y pair) int { return cmp.Or(x.a.compare(y.a), x.b.compare(y.b)) })
	for _, k := range pairs {
		claims := p.claims[k]
		first := claims[0]
		d := diag.Diagnostic{
			Summary: fmt.Sprintf("releases %s and %s both have %s", k.a, k.b, describe(first.object)),
			Subject: p.declared(k.b, first.b),
			Detail:  "They go to one cluster, where an object exists once: whichever is applied last would win.",
			Remedy:  "Give one of them another name or namespace, or leave the objects out of one release.",
			Related: []diag.Related{{Range: diag.Range{File: first.a}, Note: fmt.Sprintf("%s has it from here", k.a)}},
		}
		if k.a.Environment != k.b.Environment {
			d.Remedy += " Where environments share a cluster, let the namespace name the environment: \"shop-${env.name}\"."
		}
		if first.b != first.a && first.b != d.Subject.File {
			d.Related = append(d.Related, diag.Related{Range: diag.Range{File: first.b}, Note: fmt.Sprintf("%s has it from here", k.b)})
		}
		if more := len(claims) - 1; more > 0 {
			var names []string
			for _, c := range claims[1:min(mostClaims, len(claims))] {
				names = append(names, describe(c.object))
			}
			d.Detail += fmt.Sprintf(" The same is true of %s", strings.Join(names, ", "))
			if more := len(claims) - mostClaims; more > 0 {
				d.Detail += fmt.Sprintf(" and %d more", more)
			}
			d.Detail += "."
		}
		p.problems = append(p.problems, d)
	}
}

// declared is where the project declares a release of this run, else the file
// that an object came from.
func (p *planner) declared(k Key, source string) diag.Range {
	if put := p.puts[k]; put != nil && put.declared.File != "" {
		return put.declared
	}
	return diag.Range{File: source}
}
