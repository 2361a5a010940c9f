package state

import (
	"slices"
	"strings"
)

// CommitFacts are what a commit template of a project may speak of: plain data,
// sorted, nothing of it computed again by who reads it. What a template makes of
// them becomes the Subject, the Body or Trailers of a Message; the computed
// lines and Weir's own trailers are there whatever it says.
type CommitFacts struct {
	Cluster      string
	Environments []string       // in which something changes
	Created      []string       // releases, as <environment>/<release>
	Changed      []string       //
	Removed      []string       //
	Releases     []ReleaseFacts // all of the three, by environment and name
	Namespaces   []string       // of create_namespace, that are created, changed or removed, as <environment>/<name>
	Objects      Counts         // of all these releases
	Source       Source         // of the project; zero where it is in no repository
	Version      string         // of Weir
	Summary      string         // the computed subject: hydrate(<environment>[,…]): <what changed>
}

// ReleaseFacts are those of one release.
type ReleaseFacts struct {
	Environment string
	Release     string
	Status      Status // created, changed or removed
	From        string // the name it had before; empty where it was not moved
	Chart       string // name; empty for plain manifests
	OldVersion  string // of the chart; empty where the release is created
	Version     string // of the chart; empty where the release is removed
	Objects     Counts
	Line        string // the computed one: "changed, podinfo 6.7.0→6.7.1; objects: 2 changed"
}

// Facts returns what a template may speak of. It is pure.
func (m Message) Facts(cluster string, c *Change) CommitFacts {
	changes := c.changes()
	f := CommitFacts{Cluster: cluster, Source: m.Source, Version: m.Version, Summary: subject(changes, c.Namespaces)}
	for _, r := range changes {
		facts := ReleaseFacts{Environment: r.Environment, Release: r.Release, Status: r.Status, Objects: r.Counts, Line: oneLine(r.line())}
		if r.From != nil {
			facts.From = r.From.Release
		}
		if r.Old != nil && r.Old.Chart != nil {
			facts.Chart, facts.OldVersion = r.Old.Chart.Name, r.Old.Chart.Version
		}
		if r.New != nil && r.New.Chart != nil {
			facts.Chart, facts.Version = r.New.Chart.Name, r.New.Chart.Version
		}
		f.Releases = append(f.Releases, facts)
		f.Objects = f.Objects.Add(r.Counts)
		f.Environments = append(f.Environments, r.Environment)
		for status, list := range map[Status]*[]string{Created: &f.Created, Changed: &f.Changed, Removed: &f.Removed} {
			if r.Status == status {
				*list = append(*list, r.String())
			}
		}
	}
	for _, n := range c.Namespaces {
		f.Environments = append(f.Environments, n.Environment())
		f.Namespaces = append(f.Namespaces, n.Environment()+"/"+n.Object.Name)
	}
	slices.Sort(f.Environments)
	f.Environments = slices.Compact(f.Environments)
	slices.SortFunc(f.Releases, func(a, b ReleaseFacts) int {
		return Key{a.Environment, a.Release}.compare(Key{b.Environment, b.Release})
	})
	for _, list := range [][]string{f.Created, f.Changed, f.Removed, f.Namespaces} {
		slices.SortFunc(list, strings.Compare)
	}
	return f
}
