package engine

import (
	"path/filepath"
	"slices"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/land"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// Report is what a hydration did, or with Check would do.
type Report struct {
	Project  string          `json:"project"`
	Check    bool            `json:"check"`
	Push     bool            `json:"push"`          // remotes were to be written
	Out      string          `json:"out,omitempty"` // where plain files went instead of state repositories
	Clusters []ClusterReport `json:"clusters"`
	Total    Total           `json:"total"`
	Fetched  []fetch.Fetched `json:"fetched,omitempty"` // charts that were not at hand
}

// ClusterReport is one cluster's part of a hydration: one commit, or none.
type ClusterReport struct {
	Cluster string         `json:"cluster"`
	State   string         `json:"state"`             // the directory, relative to the project, or the remote's URL
	Remote  bool           `json:"remote,omitempty"`  // it is somewhere else, and only written with Push
	Branch  string         `json:"branch,omitempty"`  // empty for plain files
	Review  string         `json:"review,omitempty"`  // the branch that was to be written instead
	Commit  *state.Result  `json:"commit,omitempty"`  // nil where none was tried
	Pushed  bool           `json:"pushed"`            // the commit is in the remote
	Error   string         `json:"error,omitempty"`   // why nothing was committed, or with Check would not be
	Targets []TargetReport `json:"targets"`           // empty where nothing was committed for an error
	Foreign []string       `json:"foreign,omitempty"` // files that Weir did not write
}

// Changes tells whether anything is to be written, or was.
func (c ClusterReport) Changes() bool {
	for _, t := range c.Targets {
		for _, r := range t.Releases {
			if r.Status != state.Unchanged {
				return true
			}
		}
		if len(t.Namespaces) > 0 {
			return true
		}
	}
	return false
}

// TargetReport is one environment on the cluster.
type TargetReport struct {
	Environment string          `json:"environment"`
	Releases    []ReleaseReport `json:"releases"`
	Namespaces  []ObjectReport  `json:"namespaces,omitempty"` // of create_namespace: those that change
}

// ReleaseReport is what happens to one release.
type ReleaseReport struct {
	Release string         `json:"release"`
	Status  state.Status   `json:"status"`
	Why     string         `json:"why,omitempty"`   // of a removal
	From    string         `json:"from,omitempty"`  // the name it had before
	Chart   *ChartReport   `json:"chart,omitempty"` // nil for plain manifests
	Objects state.Counts   `json:"objects"`
	Changes []ObjectReport `json:"changes,omitempty"`
	Allowed []manifest.ID  `json:"secretsAllowed,omitempty"` // Secrets whose data is in the state
	Omitted []manifest.ID  `json:"secretsOmitted,omitempty"` // Secrets the cluster must have
	Kept    int            `json:"unstableKept,omitempty"`   // unstable fields carried over from the committed state
}

// ChartReport is a release's chart before and after.
type ChartReport struct {
	Name string `json:"name"`
	Old  string `json:"old,omitempty"` // version; empty where it is the same, or there was none
	New  string `json:"new,omitempty"` // version; empty where the release is removed
}

// ObjectReport is what happens to one object.
type ObjectReport struct {
	Status state.Status `json:"status"`
	Object manifest.ID  `json:"object"`
	Hook   string       `json:"hook,omitempty"` // the phase
	Path   string       `json:"path"`
}

// Total counts releases and objects of all clusters by what happens to them.
type Total struct {
	Releases state.Counts `json:"releases"`
	Objects  state.Counts `json:"objects"`
}

// WouldChange tells whether a check found something to do.
func (r Report) WouldChange() bool {
	return r.Check && slices.ContainsFunc(r.Clusters, ClusterReport.Changes)
}

// Unpushed tells whether there are changes that only Push would have written.
func (r Report) Unpushed() bool {
	return !r.Check && !r.Push && slices.ContainsFunc(r.Clusters, func(c ClusterReport) bool { return c.Remote && c.Changes() })
}

// Failed names the clusters that could not be written.
func (r Report) Failed() []string {
	var names []string
	for _, c := range r.Clusters {
		if c.Error != "" {
			names = append(names, c.Cluster)
		}
	}
	return names
}

func (t *Total) add(r ReleaseReport) {
	switch r.Status {
	case state.Created:
		t.Releases.Created++
	case state.Changed:
		t.Releases.Changed++
	case state.Removed:
		t.Releases.Removed++
	default:
		t.Releases.Unchanged++
	}
	t.Objects.Created += r.Objects.Created
	t.Objects.Changed += r.Objects.Changed
	t.Objects.Unchanged += r.Objects.Unchanged
	t.Objects.Removed += r.Objects.Removed
}

// reportOf puts every cluster's change into the plan's order.
func reportOf(g *site.Group, landed []*land.Outcome) *Report {
	o := g.Options
	report := &Report{Project: g.Run.Project.Name(), Check: o.Check, Push: o.Push, Out: o.Out, Clusters: []ClusterReport{}, Fetched: g.Maker.Fetched()}
	for _, s := range landed {
		cluster := clusterReport(s, o)
		for _, target := range cluster.Targets {
			for _, release := range target.Releases {
				report.Total.add(release)
			}
		}
		report.Clusters = append(report.Clusters, cluster)
	}
	return report
}

func clusterReport(s *land.Outcome, o site.Options) ClusterReport {
	jobs := map[state.Key]*site.Job{}
	for _, j := range s.Jobs {
		jobs[j.Key()] = j
	}
	cluster := ClusterReport{Cluster: s.Cluster.Name, State: s.At.Name, Branch: s.At.Branch, Remote: s.Remote(), Commit: s.Commit, Targets: []TargetReport{}}
	if o.Out != "" {
		cluster.State, cluster.Branch, cluster.Remote = filepath.Join(o.Out, s.Cluster.Name), "", false
	}
	if s.Remote() {
		cluster.Review = o.Review
		cluster.Pushed = s.Landed() && s.Commit != nil && s.Commit.Old != s.Commit.New
	}
	if !s.Landed() {
		cluster.Error = problemOf(s)
		if s.Remote() {
			cluster.Commit = nil // made, but not there
		}
		if !o.Check {
			return cluster
		}
	}
	cluster.Foreign = s.Change.Foreign
	target := func(environment string) *TargetReport {
		for i := range cluster.Targets {
			if cluster.Targets[i].Environment == environment {
				return &cluster.Targets[i]
			}
		}
		cluster.Targets = append(cluster.Targets, TargetReport{Environment: environment, Releases: []ReleaseReport{}})
		return &cluster.Targets[len(cluster.Targets)-1]
	}
	for _, change := range s.Change.Releases {
		release := ReleaseReport{Release: change.Release, Status: change.Status, Why: s.Why[change.Key], Chart: chartReport(change), Objects: change.Counts}
		if change.From != nil {
			release.From = change.From.Release
		}
		for _, object := range change.Objects {
			release.Changes = append(release.Changes, objectReport(object))
		}
		if j := jobs[change.Key]; j != nil {
			release.Allowed, release.Omitted, release.Kept = j.Product.Allowed, j.Product.Omitted, j.Kept
		}
		t := target(change.Environment)
		t.Releases = append(t.Releases, release)
	}
	for _, object := range s.Change.Namespaces {
		t := target(object.Environment())
		t.Namespaces = append(t.Namespaces, objectReport(object))
	}
	return cluster
}

// problemOf is in a line why a site did not land.
func problemOf(s *land.Outcome) string {
	if s.Failed != nil {
		return s.Failed.Error()
	}
	for _, d := range s.Found {
		if d.Severity == diag.Error {
			return d.Summary
		}
	}
	return ""
}

func objectReport(o state.ObjectChange) ObjectReport {
	return ObjectReport{Status: o.Status, Object: o.Object, Hook: o.Hook, Path: o.Path}
}

func chartReport(change state.ReleaseChange) *ChartReport {
	var old, next *state.Chart
	if change.Old != nil {
		old = change.Old.Chart
	}
	if change.New != nil {
		next = change.New.Chart
	}
	switch {
	case old == nil && next == nil:
		return nil
	case next == nil:
		return &ChartReport{Name: old.Name, Old: old.Version}
	case old == nil || old.Version == next.Version:
		return &ChartReport{Name: next.Name, New: next.Version}
	}
	return &ChartReport{Name: next.Name, Old: old.Version, New: next.Version}
}
