package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// releases brings the targets of each release together.
func (m *maker) releases(in []diff.Release) []Release {
	byName := map[string][]diff.Release{}
	for _, r := range in {
		if changes(r) {
			byName[r.Release] = append(byName[r.Release], r)
			m.targets[m.at(r.Cluster, r.Environment)].Change = true
		}
	}
	releases := []Release{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		releases = append(releases, m.release(name, byName[name]))
	}
	return releases
}

// changes tells whether there is anything to say of a release.
func changes(r diff.Release) bool {
	if r.Before == nil || r.After == nil {
		return r.Before != nil || r.After != nil
	}
	return len(r.Changes) > 0 || r.Release != r.From && r.From != "" || r.Before.Chart != r.After.Chart
}

// namespacesRelease is the name of what create_namespace asks for, see
// Release.CreateNamespace. No release can have it.
const namespacesRelease = "_namespaces"

func (m *maker) release(name string, targets []diff.Release) Release {
	release := Release{Name: name, Causes: []diff.Cause{}, Changes: []Change{}, Groups: []Group{}, CreateNamespace: name == namespacesRelease}
	causes := map[diff.Cause]int{} // their Fields left out
	groups := map[string]int{}
	known := newSames(targets)
	for _, t := range targets {
		at, home := m.at(t.Cluster, t.Environment), homeOf(t)
		renumber := make([]int, len(t.Causes))
		for i, c := range t.Causes {
			renumber[i] = numbered(&release.Causes, causes, c)
		}
		group := Group{Status: status(t), From: t.From}
		key := fmt.Appendf(nil, "%s %q", group.Status, group.From)
		for _, c := range t.Changes {
			keep := keeps(t) && c.Status == manifest.Removed
			i, is := known.find(c, keep, home, len(release.Changes))
			if !is {
				release.Changes = append(release.Changes, changed(c, keep, renumber))
				release.Changes[i].Own = home.has(c.Object().Namespace)
			}
			same := &release.Changes[i]
			same.Where = same.Where.with(at)
			same.Namespaces = in(same.Namespaces, c.Object().Namespace, at)
			key = strconv.AppendInt(append(key, ' '), int64(i), 10)
			group.count(c)
		}
		i, ok := groups[string(key)]
		if !ok {
			i = len(release.Groups)
			groups[string(key)] = i
			release.Groups = append(release.Groups, group)
		}
		g := &release.Groups[i]
		g.Where = g.Where.with(at)
		for _, c := range t.Causes {
			g.cause(c, at)
		}
	}
	for i := range release.Changes {
		release.Changes[i].Namespaces = several(release.Changes[i].Namespaces)
	}
	slices.SortStableFunc(release.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.Where), len(a.Where)), cmp.Compare(a.Where[0], b.Where[0]))
	})
	slices.SortStableFunc(release.Changes, func(a, b Change) int {
		return cmp.Or(a.anywhere().Compare(b.anywhere()), diff.FalseFirst(a.Hook, b.Hook), cmp.Compare(a.Where[0], b.Where[0]))
	})
	return release
}

// anywhere is the object as all targets name it.
func (c Change) anywhere() manifest.ID { return anywhere(c.Object, c.Own) }

func anywhere(id manifest.ID, own bool) manifest.ID {
	if own {
		id.Namespace = "\x00own"
	}
	return id
}

// sames finds changes again that another target of the release has, too.
type sames struct {
	digester
	known  map[digest]int
	varies bool // the namespace of the release is not the same everywhere
}

func newSames(targets []diff.Release) *sames {
	s := &sames{known: map[digest]int{}}
	for _, t := range targets {
		s.varies = s.varies || homeOf(t) != homeOf(targets[0])
	}
	return s
}

// find is the index of a change; next, and false, where it is new. Two are the
// same if they are but for the namespace of the release, in one of three ways: no
// value has it, only those have it that are called namespace, all that are equal
// to it stand for it. Not all of these hold at once of a release shop in a
// namespace shop.
func (s *sames) find(c diff.Change, keep bool, h home, next int) (int, bool) {
	ways := []reach{literally}
	if s.varies {
		ways = []reach{literally, byKey, byValue}
	}
	keys := make([]digest, len(ways))
	for i, way := range ways {
		s.home, s.reach = h, way
		keys[i] = s.change(c, keep)
		if i, ok := s.known[keys[i]]; ok {
			return i, true
		}
	}
	for _, key := range keys {
		s.known[key] = next
	}
	return next, false
}

// numbered is the place of a cause in a list where each is once, its fields
// counted over all targets.
func numbered(list *[]diff.Cause, known map[diff.Cause]int, c diff.Cause) int {
	key := c
	key.Fields = 0
	i, ok := known[key]
	if !ok {
		i = len(*list)
		known[key] = i
		*list = append(*list, key)
	}
	(*list)[i].Fields += c.Fields
	return i
}

// cause adds what caused changes on a target.
func (g *Group) cause(c diff.Cause, target int) {
	for i := range g.Causes {
		if g.Causes[i].Cause == c {
			g.Causes[i].Where = g.Causes[i].Where.with(target)
			return
		}
	}
	g.Causes = append(g.Causes, Cause{Cause: c, Where: Where{target}})
}

// status is what becomes of a release on a target.
func status(r diff.Release) manifest.Status {
	switch {
	case r.Before == nil:
		return manifest.Created
	case r.After == nil:
		return manifest.Removed
	}
	return manifest.Changed
}

// keeps tells whether objects that disappear stay in the cluster.
func keeps(r diff.Release) bool {
	if r.After != nil {
		return r.After.Keep
	}
	return r.Before != nil && r.Before.Keep
}

func (g *Group) count(c diff.Change) {
	switch {
	case c.Rename == diff.Guess: // to the cluster it is two
		g.Counts.Created++
		g.Counts.Removed++
	case c.Status == manifest.Created:
		g.Counts.Created++
	case c.Status == manifest.Removed:
		g.Counts.Removed++
	default:
		g.Counts.Changed++
	}
	g.Fields += weight(c.Status, c.Fields)
}

// weight is how many changed fields an object counts for.
func weight(status manifest.Status, fields []diff.Field) int {
	if status == manifest.Changed {
		return len(fields)
	}
	return 1
}

// changed is a change as the review has it, its causes renumbered.
func changed(c diff.Change, keep bool, renumber []int) Change {
	now := func(cause int) int {
		if cause < 0 || cause >= len(renumber) {
			return 0
		}
		return renumber[cause]
	}
	made := Change{
		Status: c.Status,
		Object: c.Object(),
		Hook:   c.Hook(),
		Rename: c.Rename,
		Keep:   keep,
		Fields: slices.Clone(c.Fields),
	}
	if c.Status != manifest.Changed {
		made.Cause = now(c.Cause)
	}
	for i := range made.Fields {
		f := &made.Fields[i]
		f.Cause = now(f.Cause)
		if f.Inner != nil && len(f.Inner.Fields) > 0 {
			inner := *f.Inner
			inner.Fields = slices.Clone(inner.Fields)
			for j := range inner.Fields {
				inner.Fields[j].Cause = f.Cause
			}
			f.Inner = &inner
		}
	}
	if c.Status == manifest.Changed && c.Before.ID != c.After.ID {
		was := c.Before.ID
		made.Was = &was
	}
	made.Routine = c.Status == manifest.Changed && len(c.Fields) > 0 && made.Was == nil &&
		!slices.ContainsFunc(c.Fields, func(f diff.Field) bool { return !f.Class.Routine() })
	if c.Status != manifest.Created {
		made.Before = c.Before.Bytes()
	}
	if c.Status != manifest.Removed {
		made.After = c.After.Bytes()
	}
	return made
}

// link writes into each change the hits about its object.
func link(releases []Release, hits []Hit) {
	type key struct {
		release string
		object  manifest.ID
		hook    bool
	}
	known := map[key][]int{}
	for i, h := range hits {
		k := key{h.Release, anywhere(h.Object, h.Own), h.Hook}
		known[k] = append(known[k], i)
	}
	for _, r := range releases {
		for i := range r.Changes {
			c := &r.Changes[i]
			about := known[key{r.Name, c.anywhere(), c.Hook}]
			if c.Was != nil {
				about = slices.Concat(about, known[key{r.Name, anywhere(*c.Was, c.Own), c.Hook}])
				slices.Sort(about)
			}
			for _, h := range about {
				if c.Where.meets(hits[h].Where) {
					c.Hits = append(c.Hits, h)
				}
			}
		}
	}
}
