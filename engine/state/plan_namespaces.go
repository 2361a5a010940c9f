package state

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// askedNamespaces edits the tree for the Namespaces that releases ask for.
func (p *planner) askedNamespaces() error {
	// A Namespace that a release brings wins over one that was asked for.
	brought := map[string]bool{}
	for _, c := range p.change.Releases {
		if c.New != nil {
			c.New.namespaces(brought)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(p.namespaces)) {
		n := p.namespaces[path]
		have, err := p.base.dir(join(manifestsDir, n.environment, namespacesDir))
		if err != nil {
			return err
		}
		e, ok := have[path[strings.LastIndexByte(path, '/')+1:]]
		if brought[n.name] || ok && e.id == n.id && e.isFile() {
			continue
		}
		if ok {
			asked, err := p.base.asked(n.environment, func(Key) bool { return false })
			if err != nil {
				return err
			}
			if !asked[n.name] {
				p.problems = append(p.problems, diag.Diagnostic{
					Summary: "a file that Weir did not write is in the way",
					Subject: diag.Range{File: p.base.place(path)},
					Detail:  fmt.Sprintf("It is committed, no metadata asks for it, and Namespace %s belongs there.", n.name),
					Remedy: fmt.Sprintf("Take it out with `%s rm %s` and a commit, or undo the commit that brought it; then hydrate again.",
						p.base.git(), path),
				})
				continue
			}
		} else {
			bring, err := p.keptBrings()
			if err != nil {
				return err
			}
			if bring[n.name] {
				continue
			}
		}
		if err := p.root.set(p.base.store, path, n.id); err != nil {
			return fmt.Errorf("namespace %s: %w", n.name, err)
		}
		status := Created
		if ok {
			status = Changed
		}
		p.change.Namespaces = append(p.change.Namespaces,
			ObjectChange{Status: status, Object: namespaceID(n.name), Path: path, Old: hexOf(e.id), New: hexOf(n.id)})
	}
	if err := p.pruneNamespaces(brought); err != nil {
		return err
	}
	slices.SortFunc(p.change.Namespaces, func(a, b ObjectChange) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// namespaces adds the Namespaces among the release's own objects.
func (m *Metadata) namespaces(to map[string]bool) {
	for _, f := range m.Files {
		if f.Hook == nil && f.Object == namespaceID(f.Object.Name) {
			to[f.Object.Name] = true
		}
	}
}

// keptBrings is the Namespaces that releases bring which this run does not
// change.
func (p *planner) keptBrings() (map[string]bool, error) {
	kept, err := p.kept()
	if err != nil {
		return nil, err
	}
	brought := map[string]bool{}
	for _, k := range kept {
		m, err := p.metadata(k)
		if err != nil {
			return nil, err
		}
		m.namespaces(brought)
	}
	return brought, nil
}

// pruneNamespaces removes what nobody asks for any more and what a release
// brings from now on.
func (p *planner) pruneNamespaces(brought map[string]bool) error {
	lost := map[Key]bool{} // environment and name of a Namespace
	after := map[string][]string{}
	for _, c := range p.change.Releases {
		if c.Status == Unchanged {
			continue
		}
		if c.New != nil {
			after[c.Environment] = append(after[c.Environment], c.New.Namespaces...)
		}
		for _, m := range []*Metadata{c.Old, p.old[c.Key]} {
			if m != nil {
				for _, name := range m.Namespaces {
					lost[Key{m.Environment, name}] = true
				}
			}
		}
	}
	if len(brought) > 0 {
		environments, err := p.base.Environments()
		if err != nil {
			return err
		}
		for _, environment := range environments {
			for name := range brought {
				lost[Key{environment, name}] = true
			}
		}
	}
	for k := range lost {
		if slices.Contains(after[k.Environment], k.Release) && !brought[k.Release] {
			delete(lost, k)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	kept, err := p.kept()
	if err != nil {
		return err
	}
	stays := map[Key]bool{}
	for _, k := range kept {
		stays[k] = true
	}
	before, now := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, k := range slices.SortedFunc(maps.Keys(lost), Key.compare) {
		environment, name := k.Environment, k.Release
		path := NamespacePath(environment, name)
		have, err := p.base.dir(join(manifestsDir, environment, namespacesDir))
		if err != nil {
			return err
		}
		e, ok := have[path[strings.LastIndexByte(path, '/')+1:]]
		if !ok {
			continue
		}
		if before[environment] == nil {
			if before[environment], err = p.base.asked(environment, func(Key) bool { return false }); err != nil {
				return err
			}
			if now[environment], err = p.base.asked(environment, func(k Key) bool { return !stays[k] }); err != nil {
				return err
			}
		}
		if !before[environment][name] {
			p.foreign[path] = true
			continue
		}
		if now[environment][name] && !brought[name] {
			continue
		}
		if err := p.root.remove(p.base.store, path); err != nil {
			return err
		}
		p.change.Namespaces = append(p.change.Namespaces,
			ObjectChange{Status: Removed, Object: namespaceID(name), Path: path, Old: hexOf(e.id)})
	}
	return nil
}

// twoNamespaces finds a Namespace that two environments of the cluster want to
// be different.
func (p *planner) twoNamespaces() error {
	if len(p.change.Namespaces) == 0 {
		return nil
	}
	environments := map[string]bool{}
	known, err := p.base.Environments()
	if err != nil {
		return err
	}
	for _, environment := range known {
		environments[environment] = true
	}
	for _, n := range p.namespaces {
		environments[n.environment] = true
	}
	gone := map[string]bool{}
	for _, c := range p.change.Namespaces {
		gone[c.Path] = c.Status == Removed
	}
	sorted := slices.Sorted(maps.Keys(environments))
	for _, c := range p.change.Namespaces {
		if c.Status == Removed {
			continue
		}
		mine := p.namespaces[c.Path]
		for _, environment := range sorted {
			path := NamespacePath(environment, mine.name)
			other, wanted := p.namespaces[path]
			id := other.id
			if !wanted {
				have, err := p.base.dir(join(manifestsDir, environment, namespacesDir))
				if err != nil {
					return err
				}
				id = have[path[strings.LastIndexByte(path, '/')+1:]].id
			}
			changedToo := wanted && slices.ContainsFunc(p.change.Namespaces, func(c ObjectChange) bool { return c.Path == path })
			if environment == mine.environment || id.IsZero() || id == mine.id || gone[path] || changedToo && environment < mine.environment {
				continue
			}
			p.problems = append(p.problems, diag.Diagnostic{
				Summary: fmt.Sprintf("environments %s and %s want Namespace %s to be different", mine.environment, environment, mine.name),
				Subject: diag.Range{File: p.base.place(c.Path)},
				Detail:  "They share a cluster, where the Namespace exists once.",
				Remedy:  fmt.Sprintf("Let the namespace block %q be the same for both, or give their releases different namespaces.", mine.name),
			})
		}
	}
	return nil
}
