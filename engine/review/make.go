package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// Make brings everything together: what is equal on several targets is there
// once, with where; the namespace of a release may be another one on each. Changes are equal when what a person may see of them is:
// Secrets whose values change differently count as equal, so that a review does
// not tell even whether two clusters share a password; so do checksums that differ,
// which only follow what is told elsewhere.
func Make(in Input) Review {
	m := maker{targets: slices.Clone(in.Targets), index: map[place]int{}, homes: homesOf(in.Releases)}
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
	r.Totals.Recorded = in.Recorded
	r.Verdict = verdict(r)
	return r
}

// place names a target.
type place struct{ cluster, environment string }

type maker struct {
	targets []Target
	index   map[place]int
	homes   homes
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
		home := m.homes[tenant{h.Cluster, h.Environment, h.Release}]
		k := key{h.Rule, string(h.Level), h.Release, home.path(h.Path), h.Reason, h.Consequence, home.anywhere(h.Object), h.Hook, h.Removal, h.Waived != nil, risk.Waiver{}}
		if h.Waived != nil {
			k.waiver = *h.Waived
		}
		i, ok := first[k]
		if !ok {
			i = len(hits)
			first[k] = i
			hits = append(hits, Hit{Hit: h, Own: home.has(h.Object.Namespace)})
		}
		at := m.at(h.Cluster, h.Environment)
		hits[i].Where = hits[i].Where.with(at)
		hits[i].Namespaces = in(hits[i].Namespaces, h.Object.Namespace, at)
	}
	for i := range hits {
		hits[i].Namespaces = several(hits[i].Namespaces)
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
