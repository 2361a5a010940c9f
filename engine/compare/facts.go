package compare

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// What one release's files say of another's: which kinds have namespaces, and
// which Namespaces are there. Releases that are the same on both sides are looked
// at only where one's text speaks of it.

// learn finds out for every cluster, as each side has it, which of the kinds that
// a release cannot tell have namespaces.
func (r *revisions) learn(ctx context.Context) error {
	unknown := map[*side]map[string]map[string]bool{r.before: {}, r.after: {}} // by cluster: kinds
	note := func(s *side, cluster string, p *product.Product) {
		if p == nil || len(p.Unknown) == 0 {
			return
		}
		if unknown[s][cluster] == nil {
			unknown[s][cluster] = map[string]bool{}
		}
		for _, kind := range p.Unknown {
			unknown[s][cluster][kind] = true
		}
	}
	for _, p := range r.pairs {
		note(r.before, p.cluster, p.before)
		note(r.after, p.cluster, p.after)
	}
	for _, s := range []*side{r.before, r.after} {
		s.scopes = map[string]map[string]bool{}
		for _, cluster := range slices.Sorted(maps.Keys(unknown[s])) {
			scopes, err := r.scopes(ctx, s, cluster, unknown[s][cluster])
			if err != nil {
				return err
			}
			s.scopes[cluster] = scopes
		}
	}
	return nil
}

// scopes are those of some kinds in a cluster, as one side has it.
func (r *revisions) scopes(ctx context.Context, s *side, cluster string, kinds map[string]bool) (map[string]bool, error) {
	var names [][]byte
	for kind := range kinds {
		name, _, _ := strings.Cut(kind, ".")
		names = append(names, []byte(name))
	}
	speaks := func(text []byte) bool {
		return bytes.Contains(text, []byte("CustomResourceDefinition")) && slices.ContainsFunc(names, func(name []byte) bool { return bytes.Contains(text, name) })
	}
	products, err := r.products(ctx, s, cluster, speaks)
	scopes := map[string]bool{}
	for _, p := range products {
		for _, kind := range p.Defines {
			scopes[kind.Kind+"."+kind.Group] = kind.Namespaced
		}
	}
	return scopes, err
}

// products are those of a cluster that differ, and those of which a text speaks.
func (r *revisions) products(ctx context.Context, s *side, cluster string, speaks func([]byte) bool) ([]*product.Product, error) {
	var all []*product.Product
	charts := map[string]bool{} // by digest
	for _, p := range r.pairs {
		if p.cluster != cluster {
			continue
		}
		made, release := p.after, p.now
		if s == r.before {
			made, release = p.before, p.old
		}
		if p.same {
			said, err := s.speaks(ctx, release, charts, speaks)
			if err != nil {
				return nil, err
			}
			if !said {
				continue
			}
			var found diag.List
			if made, found, err = s.h.Make(ctx, release); err != nil {
				return nil, err
			}
			if found.HasErrors() {
				return nil, diag.Refuse(s.marked(found)...)
			}
			made.LetGo()
		}
		if made != nil {
			all = append(all, made)
		}
	}
	return all, nil
}

// speaks tells whether anything that a release is made of speaks of something.
func (s *side) speaks(ctx context.Context, r *plan.Release, charts map[string]bool, of func([]byte) bool) (bool, error) {
	if len(r.Kustomize.Directories)+len(r.Kustomize.Components) > 0 {
		return true, nil
	}
	for _, file := range r.Manifests {
		if of(file.Data) {
			return true, nil
		}
	}
	chart, found := s.h.Chart(ctx, r)
	if found.HasErrors() {
		return false, diag.Refuse(s.marked(found)...)
	}
	if chart == nil {
		return false, nil
	}
	said, known := charts[chart.Digest]
	if !known {
		said = slices.ContainsFunc(chart.Files, func(f fetch.File) bool { return of(f.Data) })
		charts[chart.Digest] = said
	}
	return said, nil
}

// namespaces pairs what create_namespace asks for on both sides.
func (r *revisions) namespaces(ctx context.Context) ([]*Pairing, diag.List, error) {
	before, after := r.before.askedNamespaces(), r.after.askedNamespaces()
	var all []*Pairing
	for _, t := range targetUnion(r.before.plan, r.after.plan) {
		at := schema.Target{Environment: t.Environment, Cluster: t.Cluster.Name}
		doubtful := r.doubtful(at, before[at], after[at])
		if len(doubtful) == 0 {
			continue
		}
		for _, half := range []struct {
			s     *side
			asked map[string][]byte
		}{{r.before, before[at]}, {r.after, after[at]}} {
			brought, err := r.brought(ctx, half.s, at.Cluster)
			if list, err := work.Refusal(err); err != nil || list.HasErrors() {
				return nil, list, err
			}
			maps.DeleteFunc(half.asked, func(name string, _ []byte) bool { return brought[name] })
		}
		was, is := paths(at.Environment, before[at]), paths(at.Environment, after[at])
		if maps.EqualFunc(was, is, bytes.Equal) {
			continue
		}
		pair := namespacePair(t.Cluster, at.Environment, was, is)
		pair.Declared = namespaceBlock(r.after.plan, at.Cluster, at.Environment, doubtful[0])
		all = append(all, pair)
	}
	return all, nil, nil
}

// askedNamespaces are the Namespaces that create_namespace asks for, by target.
func (s *side) askedNamespaces() map[schema.Target]map[string][]byte {
	all := map[schema.Target]map[string][]byte{}
	for _, t := range s.plan.Targets {
		asked := map[string][]byte{}
		for _, r := range t.Releases {
			if product.WantsNamespace(r) && asked[r.Namespace] == nil {
				asked[r.Namespace] = product.Namespace(t, r.Namespace)
			}
		}
		all[schema.Target{Environment: t.Environment, Cluster: t.Cluster.Name}] = asked
	}
	return all
}

// doubtful are the Namespaces that may come, go or change: those that only one
// side asks for, or in another form, and those that a release which differs brings.
func (r *revisions) doubtful(at schema.Target, before, after map[string][]byte) []string {
	names := map[string]bool{}
	for name, data := range before {
		if now, there := after[name]; !bytes.Equal(data, now) && (there || !r.after.unselected(at, name)) {
			names[name] = true
		} else if !there {
			after[name] = data // who asks for it is not selected
		}
	}
	for name, data := range after {
		if _, there := before[name]; !there {
			if r.before.unselected(at, name) {
				before[name] = data
			} else {
				names[name] = true
			}
		}
	}
	for _, p := range r.pairs {
		if p.cluster != at.Cluster || p.same {
			continue
		}
		for _, made := range []*product.Product{p.before, p.after} {
			if made == nil {
				continue
			}
			for _, name := range made.Namespaces {
				if before[name] != nil || after[name] != nil {
					names[name] = true
				}
			}
		}
	}
	return sortedKeys(names)
}

// unselected tells whether a release that the selection leaves out may ask for a
// Namespace.
func (s *side) unselected(at schema.Target, name string) bool {
	for _, t := range s.plan.Targets {
		if t.Environment != at.Environment || t.Cluster.Name != at.Cluster {
			continue
		}
		for _, h := range t.Headers {
			if h.Planned && h.Namespace == name && !slices.ContainsFunc(t.Selected, func(picked schema.Header) bool { return picked.Name == h.Name }) {
				return true
			}
		}
	}
	return false
}

// brought are the Namespaces that releases of a cluster render themselves.
func (r *revisions) brought(ctx context.Context, s *side, cluster string) (map[string]bool, error) {
	products, err := r.products(ctx, s, cluster, func(text []byte) bool { return bytes.Contains(text, []byte("kind: Namespace")) })
	names := map[string]bool{}
	for _, p := range products {
		for _, name := range p.Namespaces {
			names[name] = true
		}
	}
	return names, err
}

func paths(environment string, namespaces map[string][]byte) map[string][]byte {
	all := make(map[string][]byte, len(namespaces))
	for name, data := range namespaces {
		all[state.NamespacePath(environment, name)] = data
	}
	return all
}

// targetUnion is the targets of the head and behind them those that only the base
// has.
func targetUnion(before, after *plan.Plan) []plan.Target {
	all := slices.Clone(after.Targets)
	for _, t := range before.Targets {
		if !slices.ContainsFunc(after.Targets, func(have plan.Target) bool {
			return have.Environment == t.Environment && have.Cluster.Name == t.Cluster.Name
		}) {
			all = append(all, t)
		}
	}
	return all
}

func sortedKeys(names map[string]bool) []string { return slices.Sorted(maps.Keys(names)) }
