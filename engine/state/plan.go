package state

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/manifest"
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

// planner is the state of one Plan.
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

// releases edits the tree for every release that was mentioned.
func (p *planner) releases() error {
	froms := map[Key]bool{}
	for to, from := range p.moved {
		if put := p.puts[to]; put == nil {
			return fmt.Errorf("release %s is moved to %s, which the run has no answer for", from, to)
		}
		if p.puts[from] == nil {
			froms[from] = true
		}
	}
	keys := map[Key]bool{}
	for k := range p.puts {
		keys[k] = true
	}
	for k := range p.removed {
		if p.puts[k] == nil && !froms[k] {
			keys[k] = true
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), Key.compare) {
		c, err := p.release(k)
		if err != nil {
			return err
		}
		if c != nil {
			p.change.Releases = append(p.change.Releases, *c)
		}
	}
	return nil
}

// release edits the tree for one release; nil where there was nothing to remove.
func (p *planner) release(k Key) (*ReleaseChange, error) {
	put := p.puts[k]
	from, moved := p.moved[k]
	if moved && p.puts[from] != nil {
		moved = false // it is there again, under its own name
	}
	if moved {
		m, err := p.metadata(from)
		if err != nil {
			return nil, err
		}
		moved = m != nil
	}
	if put != nil && put.metadata == nil && !moved {
		return &ReleaseChange{Key: k, Status: Unchanged, Counts: Counts{Unchanged: put.objects}}, nil
	}
	old, err := p.metadata(k)
	if err != nil {
		return nil, err
	}
	if put == nil && old == nil {
		return nil, nil
	}
	c := &ReleaseChange{Key: k, Old: old}
	switch {
	case put == nil:
		c.Status = Removed
	case old == nil && !moved:
		c.Status = Created
	default:
		c.Status = Changed
	}

	// What the release has now: by path, and by the path it would have here.
	entries, err := p.base.entries(k)
	if err != nil {
		return nil, err
	}
	listed := map[string]FileEntry{}
	if old != nil {
		for _, f := range old.Files {
			listed[f.Path] = f
		}
	}
	before := map[string]oldFile{} // by the path under k
	for path, f := range listed {
		if e, ok := entries[path]; ok {
			before[path] = oldFile{FileEntry: f, id: e.id, plain: e.isFile()}
		}
	}
	if moved {
		c.From = &from
		c.Old = p.old[from]
		if err := p.moveAway(k, from, before); err != nil {
			return nil, err
		}
	}

	if put != nil {
		if put.metadata == nil {
			// Kept under its new name while the old one is still there.
			put, err = p.expand(k, put, entries)
			if err != nil {
				return nil, err
			}
		}
		c.New = put.metadata
		for i, f := range put.files {
			id := put.ids[i]
			b, had := before[f.Path]
			delete(before, f.Path)
			if e, ok := entries[f.Path]; ok && !had && e.id != id {
				p.inTheWay(f, k, f.Path)
				continue
			}
			object := ObjectChange{Object: f.Object, Path: f.Path, Old: hexOf(b.id), New: hexOf(id)}
			if f.Hook != nil {
				object.Hook = f.Hook.Phase
			}
			switch {
			case !had:
				object.Status = Created
				c.Counts.Created++
			case b.id == id && b.plain:
				c.Counts.Unchanged++
			default:
				object.Status = Changed
				if b.Path != f.Path {
					object.OldPath = b.Path
				}
				c.Counts.Changed++
			}
			if object.Status != "" {
				c.Objects = append(c.Objects, object)
			}
			if e, ok := entries[f.Path]; ok && e.id == id && e.isFile() {
				continue
			}
			err := p.root.set(p.base.store, f.Path, id)
			if o, ok := errors.AsType[*occupiedError](err); ok {
				p.inTheWay(f, k, o.path)
			} else if err != nil {
				return nil, err
			}
		}
		if err := p.root.set(p.base.store, MetadataPath(k), put.metaID); err != nil {
			return nil, fmt.Errorf("release %s: %w", k, err)
		}
	} else if err := p.root.remove(p.base.store, MetadataPath(k)); err != nil {
		return nil, err
	}

	wanted := map[string]bool{}
	if put != nil {
		for _, f := range put.files {
			wanted[f.Path] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		b := before[path]
		object := ObjectChange{Status: Removed, Object: b.Object, Path: b.Path, Old: hexOf(b.id)}
		if b.Hook != nil {
			object.Hook = b.Hook.Phase
		}
		c.Objects = append(c.Objects, object)
		c.Counts.Removed++
		if b.Path == path { // not one of a release that was moved away
			if err := p.root.remove(p.base.store, path); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(c.Objects, func(a, b ObjectChange) int { return strings.Compare(a.Path, b.Path) })
	for path := range entries {
		if _, ours := listed[path]; !ours && !wanted[path] {
			p.foreign[path] = true
		}
	}
	return c, nil
}

// oldFile is a file of a release as the snapshot has it.
type oldFile struct {
	FileEntry
	id    plumbing.Hash
	plain bool // no link, no submodule
}

// moveAway takes the files of a release out of the tree and adds them to what
// its successor had before, at the paths they would have there.
func (p *planner) moveAway(to, from Key, before map[string]oldFile) error {
	entries, err := p.base.entries(from)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, f := range p.old[from].Files {
		e, ok := entries[f.Path]
		if !ok {
			continue
		}
		ours[f.Path] = true
		if err := p.root.remove(p.base.store, f.Path); err != nil {
			return err
		}
		path := ObjectPath(to, f.Object)
		if f.Hook != nil {
			path = HookPath(to, f.Hook.Phase, f.Object)
		}
		if _, ok := before[path]; !ok {
			before[path] = oldFile{FileEntry: f, id: e.id, plain: e.isFile()}
		}
	}
	for path := range entries {
		if !ours[path] {
			p.foreign[path] = true
		}
	}
	return p.root.remove(p.base.store, MetadataPath(from))
}

// expand reads what a release that is kept as it is consists of.
func (p *planner) expand(k Key, kept *put, entries map[string]entry) (*put, error) {
	m, err := p.metadata(k)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("release %s is to be kept, but the snapshot has none", k)
	}
	d, err := p.base.dir(join(metadataDir, k.Environment))
	if err != nil {
		return nil, err
	}
	full := &put{metadata: m, metaID: d[k.Release+".json"].id, objects: kept.objects}
	for _, f := range m.Files {
		if e, ok := entries[f.Path]; ok {
			full.files = append(full.files, f)
			full.ids = append(full.ids, e.id)
		}
	}
	return full, nil
}

// inTheWay reports a file that Weir did not write where it wants to write.
func (p *planner) inTheWay(f FileEntry, k Key, path string) {
	p.problems = append(p.problems, diag.Diagnostic{
		Summary: "a file that Weir did not write is in the way",
		Subject: diag.Range{File: p.base.place(path)},
		Detail: fmt.Sprintf("It is committed, no metadata lists it, and %s of release %s belongs at %s.",
			describe(f.Object), k, f.Path),
		Remedy: fmt.Sprintf("Take it out with `%s rm -r %s` and a commit, or undo the commit that brought it; then hydrate again.",
			p.base.git(), path),
	})
}

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
