package state

import (
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// Plan compares what was collected with the snapshot. Releases that were not
// mentioned stay as they are, their trees untouched. The error carries
// diagnostics for duplicate identities and for foreign files in the way.
func (s *Stage) Plan() (*Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &planner{Stage: s, root: &node{was: s.base.root}, foreign: map[string]bool{}, old: map[Key]*Metadata{}}
	steps := []func() error{p.strays, p.releases, p.askedNamespaces, p.duplicates, p.twoNamespaces}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.contested()
	if p.problems != nil {
		return nil, diag.Refuse(p.problems.Sorted()...)
	}
	for _, put := range p.puts {
		for _, f := range put.files {
			delete(p.foreign, f.Path) // written now, whoever wrote it before
		}
	}
	p.change.Base, p.change.pool = s.base, s.pool
	p.change.Foreign = slices.Sorted(maps.Keys(p.foreign))
	p.change.root = p.root.write(func(id plumbing.Hash, data []byte) {
		if s.pool != nil {
			s.pool.add(plumbing.TreeObject, id, data)
		}
	})
	return &p.change, nil
}

// planner is the state of one Plan: every step edits the tree, adds to the change
// and reports problems. Releases are in plan_release.go, the Namespaces that they
// ask for in plan_namespaces.go, what two releases both have in
// plan_duplicates.go.
type planner struct {
	*Stage
	root     *node
	change   Change
	foreign  map[string]bool
	claims   map[pair][]claim
	problems diag.List
	old      map[Key]*Metadata // of releases whose metadata was read
}

func (p *planner) strays() error {
	strays, err := p.base.strays()
	for _, path := range strays {
		p.foreign[path] = true
	}
	return err
}

// metadata is the snapshot's, remembered.
func (p *planner) metadata(k Key) (*Metadata, error) {
	if m, ok := p.old[k]; ok {
		return m, nil
	}
	m, err := p.base.Metadata(k)
	if err != nil {
		return nil, err
	}
	p.old[k] = m
	return m, nil
}

// kept lists the releases of the snapshot that the commit will have unchanged.
func (p *planner) kept() ([]Key, error) {
	touched := map[Key]bool{}
	for _, c := range p.change.Releases {
		if c.Status != Unchanged {
			touched[c.Key] = true
		}
		if c.From != nil {
			touched[*c.From] = true
		}
	}
	keys, err := p.base.Keys()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(keys, func(k Key) bool { return touched[k] }), nil
}
