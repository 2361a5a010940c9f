package review

import (
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

func verdict(r Review) Verdict {
	switch {
	case r.Totals.Hits.Block > 0:
		return Blocked
	case r.Totals.Hits.Caution > 0:
		return Careful
	case len(r.Restarts) > 0 || slices.ContainsFunc(r.Releases, Release.matters):
		return Changes
	case len(r.Releases) > 0 || len(r.Hits) > 0 || r.Totals.Recorded > 0:
		return Routine
	}
	return Same
}

// matters tells whether more changes than what is folded.
func (r Release) matters() bool {
	return slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Status != manifest.Changed || g.From != "" }) ||
		slices.ContainsFunc(r.Changes, func(c Change) bool { return !c.Routine })
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
			if !release.CreateNamespace {
				t.Releases += n
			}
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
