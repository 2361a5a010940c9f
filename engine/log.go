package engine

import (
	"context"
	"slices"
	"time"

	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// LogOptions say how much of the history to list.
type LogOptions struct {
	Reading
	Limit int // the newest of all clusters together; 0: everything
}

// Deployed is one move of a cluster's state: who deployed what, when.
type Deployed struct {
	Cluster  string                 `json:"cluster"`
	State    string                 `json:"state"`
	Commit   state.Hash             `json:"commit"`
	Date     time.Time              `json:"date"` // when it was committed to the state's branch
	Author   string                 `json:"author"`
	Subject  string                 `json:"subject"`
	Weir     []string               `json:"weir,omitempty"`    // the versions that made it; none: it is not by Weir
	Sources  []string               `json:"sources,omitempty"` // commits of the project, <url>@<id>
	Releases []state.TrailerRelease `json:"releases,omitempty"`
}

// Log lists what was deployed to the selected clusters, newest first, from the
// trailers of the commits: a merge with those that it brought. -e selects by the
// environments of the commits, -l by the labels that the project gives its
// releases today; what the project no longer declares is selected by name only.
// With either, commits that touched nothing of that are left out.
func Log(ctx context.Context, run Run, o LogOptions) ([]Deployed, diag.List, error) {
	clusters, known, found := site.AskedFor(run)
	if found.HasErrors() {
		return nil, found, nil
	}
	logs := make([][]Deployed, len(clusters))
	more, err := site.Read(ctx, run, o.Reading, clusters, func(ctx context.Context, i int, s *site.Site) error {
		if s.Base.Commit() == "" {
			return diag.Refuse(diag.Warningf(diag.Range{File: s.At.Name}, "The state of cluster %q has no commit yet", s.Cluster.Name).
				Remedyf("`weir hydrate` makes the first one."))
		}
		for d, err := range s.Base.Deployments(ctx) {
			if err != nil {
				return err
			}
			if entry, ok := deployedOf(known, s, d); ok {
				logs[i] = append(logs[i], entry)
			}
			if o.Limit > 0 && len(logs[i]) == o.Limit {
				break
			}
		}
		return nil
	})
	found = append(found, more...)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	all := slices.Concat(logs...)
	slices.SortStableFunc(all, func(a, b Deployed) int { return b.Date.Compare(a.Date) })
	if o.Limit > 0 && len(all) > o.Limit {
		all = all[:o.Limit]
	}
	if len(all) == 0 {
		found = append(found, known.Nothing...)
	}
	return all, found, nil
}

// deployedOf is a line of the log; false where the selection leaves it out.
func deployedOf(p site.Asked, s *site.Site, d state.Deployment) (Deployed, bool) {
	t := d.Trailers()
	entry := Deployed{
		Cluster: s.Cluster.Name, State: s.At.Name, Commit: d.ID, Date: d.Committer.When,
		Author: d.Author.Name + " <" + d.Author.Email + ">", Subject: d.Subject(), Weir: t.Versions,
	}
	for _, source := range t.Sources {
		entry.Sources = append(entry.Sources, source.String())
	}
	for _, r := range t.Releases {
		if p.Selects(s.Cluster.Name, r.Key) {
			entry.Releases = append(entry.Releases, r)
		}
	}
	return entry, len(entry.Releases) > 0 || len(p.Environments) == 0 && p.Selector.Empty()
}
