package review

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// Make brings everything together: what is equal on several targets is there
// once, with where. Changes are equal when what a person may see of them is:
// Secrets whose values change differently count as equal, so that a review does
// not tell even whether two clusters share a password; so do checksums that differ,
// which only follow what is told elsewhere.
func Make(in Input) Review {
	m := maker{targets: slices.Clone(in.Targets), index: map[place]int{}}
	for i, t := range m.targets {
		m.targets[i].Change = false
		m.index[place{t.Cluster, t.Environment}] = i
	}
	r := Review{
		Format:   Format,
		Project:  in.Project,
		Base:     in.Base,
		Head:     in.Head,
		Command:  in.Command,
		Hits:     m.hits(in.Hits),
		Restarts: m.restarts(in.Restarts),
		Images:   m.images(in.Images),
		Charts:   m.charts(in.Releases),
		Releases: m.releases(in.Releases),
		Stale:    in.Stale,
		Notes:    in.Notes,
	}
	link(r.Releases, r.Hits)
	r.Targets = m.targets
	r.Totals = totals(r)
	r.Verdict = verdict(r)
	return r
}

func verdict(r Review) Verdict {
	switch {
	case r.Totals.Hits.Block > 0:
		return Blocked
	case r.Totals.Hits.Caution > 0:
		return Careful
	case len(r.Releases) > 0 || len(r.Hits) > 0:
		return Routine
	}
	return Same
}

// place names a target.
type place struct{ cluster, environment string }

type maker struct {
	targets []Target
	index   map[place]int
}

// at is the index of a target; of one that nobody announced, a new one.
func (m *maker) at(cluster, environment string) int {
	key := place{cluster, environment}
	i, ok := m.index[key]
	if !ok {
		i = len(m.targets)
		m.index[key] = i
		m.targets = append(m.targets, Target{Cluster: cluster, Environment: environment})
	}
	return i
}

// with is w and one target more, w being in use nowhere else.
func (w Where) with(target int) Where {
	i, found := slices.BinarySearch(w, target)
	if found {
		return w
	}
	return slices.Insert(w, i, target)
}

func (w Where) has(target int) bool {
	_, found := slices.BinarySearch(w, target)
	return found
}

// meets tells whether two have a target in common.
func (w Where) meets(other Where) bool {
	return slices.ContainsFunc(other, w.has)
}

func (m *maker) hits(found []risk.Hit) []Hit {
	type key struct {
		rule, level, release, path, reason, consequence string
		object                                          manifest.ID
		hook, removal, waived                           bool
		waiver                                          risk.Waiver
	}
	hits := []Hit{}
	first := map[key]int{}
	for _, h := range found {
		k := key{h.Rule, string(h.Level), h.Release, h.Path.String(), h.Reason, h.Consequence, h.Object, h.Hook, h.Removal, h.Waived != nil, risk.Waiver{}}
		if h.Waived != nil {
			k.waiver = *h.Waived
		}
		i, ok := first[k]
		if !ok {
			i = len(hits)
			first[k] = i
			hits = append(hits, Hit{Hit: h})
		}
		hits[i].Where = hits[i].Where.with(m.at(h.Cluster, h.Environment))
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return b.Level.Compare(a.Level) })
	return hits
}

func (m *maker) restarts(found []risk.Restart) []Restart {
	type key struct {
		release, why, scaler string
		object               manifest.ID
		perNode, allAtOnce   bool
	}
	restarts := []Restart{}
	first := map[key]int{}
	for _, f := range found {
		var why strings.Builder
		for _, w := range f.Why {
			why.WriteString(string(w) + "\n")
		}
		k := key{f.Release, why.String(), f.Scaler, f.Object, f.PerNode, f.AllAtOnce}
		i, ok := first[k]
		if !ok {
			i = len(restarts)
			first[k] = i
			restarts = append(restarts, Restart{Restart: f})
			restarts[i].Pods = 0
		}
		restarts[i].Pods += f.Pods
		restarts[i].Where = restarts[i].Where.with(m.at(f.Cluster, f.Environment))
	}
	return restarts
}

func (m *maker) images(found []Images) []Image {
	type key struct{ repository, was, from, to, step string }
	images := []Image{}
	first := map[key]int{}
	for _, release := range found {
		for _, c := range release.Images {
			k := key{c.Repository, c.Was, c.From, c.To, c.Step}
			i, ok := first[k]
			if !ok {
				i = len(images)
				first[k] = i
				images = append(images, Image{Repository: c.Repository, Was: c.Was, From: c.From, To: c.To, Step: c.Step})
			}
			images[i].Where = images[i].Where.with(m.at(release.Cluster, release.Environment))
			if at, there := slices.BinarySearchFunc(images[i].Workloads, c.Object, manifest.ID.Compare); !there {
				images[i].Workloads = slices.Insert(images[i].Workloads, at, c.Object)
			}
		}
	}
	slices.SortStableFunc(images, func(a, b Image) int {
		return cmp.Or(strings.Compare(a.Repository, b.Repository), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return images
}

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

func (m *maker) release(name string, targets []diff.Release) Release {
	release := Release{Name: name, Causes: []diff.Cause{}, Changes: []Change{}, Groups: []Group{}}
	causes := map[diff.Cause]int{} // their Fields left out
	changes := map[digest]int{}
	groups := map[digest]int{}
	var d digester
	for _, t := range targets {
		at := m.at(t.Cluster, t.Environment)
		renumber := make([]int, len(t.Causes))
		for i, c := range t.Causes {
			renumber[i] = numbered(&release.Causes, causes, c)
		}
		group := Group{Status: status(t), From: t.From}
		keys := make([]digest, 0, len(t.Changes))
		for _, c := range t.Changes {
			keep := keeps(t) && c.Status == manifest.Removed
			key := d.change(c, keep)
			keys = append(keys, key)
			i, ok := changes[key]
			if !ok {
				i = len(release.Changes)
				changes[key] = i
				release.Changes = append(release.Changes, changed(c, keep, renumber))
			}
			release.Changes[i].Where = release.Changes[i].Where.with(at)
			group.count(c)
		}
		key := d.group(group, keys)
		i, ok := groups[key]
		if !ok {
			i = len(release.Groups)
			groups[key] = i
			release.Groups = append(release.Groups, group)
		}
		g := &release.Groups[i]
		g.Where = g.Where.with(at)
		for _, c := range t.Causes {
			g.cause(c, at)
		}
	}
	slices.SortStableFunc(release.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.Where), len(a.Where)), cmp.Compare(a.Where[0], b.Where[0]))
	})
	slices.SortStableFunc(release.Changes, func(a, b Change) int {
		return cmp.Or(a.Object.Compare(b.Object), falseFirst(a.Hook, b.Hook), cmp.Compare(a.Where[0], b.Where[0]))
	})
	return release
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

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
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
	switch c.Status {
	case manifest.Created:
		g.Counts.Created++
	case manifest.Removed:
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
		k := key{h.Release, h.Object, h.Hook}
		known[k] = append(known[k], i)
	}
	for _, r := range releases {
		for i := range r.Changes {
			c := &r.Changes[i]
			about := known[key{r.Name, c.Object, c.Hook}]
			if c.Was != nil {
				about = slices.Concat(about, known[key{r.Name, *c.Was, c.Hook}])
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

func totals(r Review) Totals {
	var t Totals
	clusters := map[string]bool{}
	for _, target := range r.Targets {
		if target.Change {
			clusters[target.Cluster] = true
		}
	}
	t.Clusters = len(clusters)
	for _, release := range r.Releases {
		for _, g := range release.Groups {
			n := len(g.Where)
			t.Releases += n
			t.Objects.Created += n * g.Counts.Created
			t.Objects.Changed += n * g.Counts.Changed
			t.Objects.Removed += n * g.Counts.Removed
			t.Fields += n * g.Fields
		}
		for _, c := range release.Changes {
			if c.Routine {
				t.Routine += len(c.Where)
			}
		}
	}
	for _, restart := range r.Restarts {
		t.Restarts += len(restart.Where)
		if !restart.PerNode {
			t.Pods += restart.Pods
		}
	}
	t.Images = len(r.Images)
	for _, h := range r.Hits {
		switch {
		case h.Waived != nil:
			t.Waived++
		case h.Level == risk.Block:
			t.Hits.Block++
		case h.Level == risk.Caution:
			t.Hits.Caution++
		case h.Level == risk.Info:
			t.Hits.Info++
		}
	}
	return t
}

type digest = [sha256.Size]byte
