package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/risk"
)

// charts lists the steps of charts, each once.
func (m *maker) charts(in []diff.Release) []Chart {
	type key struct{ name, was, from, to string }
	charts := []Chart{}
	first := map[key]int{}
	for _, r := range in {
		var before, after diff.Chart
		if r.Before != nil {
			before = r.Before.Chart
		}
		if r.After != nil {
			after = r.After.Chart
		}
		if before.Name == after.Name && before.Version == after.Version {
			continue
		}
		k := key{name: after.Name, from: before.Version, to: after.Version}
		switch {
		case after.Name == "":
			k.name = before.Name
		case before.Name != "" && before.Name != after.Name:
			k.was = before.Name
		}
		i, ok := first[k]
		if !ok {
			i = len(charts)
			first[k] = i
			charts = append(charts, Chart{Name: k.name, Was: k.was, From: k.from, To: k.to, Step: step(before, after), Releases: []string{}})
		}
		c := &charts[i]
		c.Where = c.Where.with(m.at(r.Cluster, r.Environment))
		if at, there := slices.BinarySearch(c.Releases, r.Release); !there {
			c.Releases = slices.Insert(c.Releases, at, r.Release)
		}
		for _, change := range r.Changes {
			c.Fields += weight(change.Status, change.Fields)
		}
		switch {
		case len(r.Causes) == 0 && len(r.Changes) > 0:
			c.Caused = -1
		case c.Caused >= 0:
			for _, cause := range r.Causes {
				if cause.Kind == diff.ByChart {
					c.Caused += cause.Fields
				}
			}
		}
	}
	slices.SortStableFunc(charts, func(a, b Chart) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return charts
}

// step is how far a chart's version moves.
func step(before, after diff.Chart) string {
	switch {
	case before.Name == "":
		return "new"
	case after.Name == "":
		return "gone"
	case before.Name != after.Name:
		return "other"
	}
	return risk.Step(before.Version, after.Version)
}
