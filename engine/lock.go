package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// LockReport is what became of the lock.
type LockReport struct {
	Check   bool            `json:"check"` // nothing was written
	Charts  int             `json:"charts"`
	Changes []LockChange    `json:"changes"`
	Fetched []fetch.Fetched `json:"fetched"`
}

// WouldChange tells whether there was anything to do that was not done.
func (r *LockReport) WouldChange() bool { return r.Check && len(r.Changes) > 0 }

// LockChange is one entry of the lock that came, went or moved.
type LockChange struct {
	Status     state.Status `json:"status"`
	Source     string       `json:"source"`
	Constraint string       `json:"constraint,omitempty"`
	Old        string       `json:"old,omitempty"`
	New        string       `json:"new,omitempty"`
	OldOrigin  string       `json:"oldOrigin,omitempty"`
	NewOrigin  string       `json:"newOrigin,omitempty"`
	Releases   []string     `json:"releases,omitempty"` // that name it; none for sub-charts
	Notes      []string     `json:"notes,omitempty"`    // what the chart says of its new version
	MovedTag   string       `json:"movedTag,omitempty"` // of Git or of a registry: it was at the old origin, and is at the new one
	// Of a chart that is found in another repository than it was.
	OldRepository string `json:"oldRepository,omitempty"`
	NewRepository string `json:"newRepository,omitempty"`
	// Of a chart that was changed under the same version.
	OldSHA256 string `json:"oldSha256,omitempty"`
	NewSHA256 string `json:"newSha256,omitempty"`
}

// Lock adds to weir.lock.hcl what the project needs and the lock has not, and
// makes stale entries anew; what it has stays as it is. Where nothing is left
// out by the selection, entries that nothing needs are dropped. An error means
// that nothing was written.
func Lock(ctx context.Context, run Run) (*LockReport, diag.List, error) {
	p, found, err := run.Plan(ctx)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	l, list := newLocker(run, p)
	if found = append(found, list...); found.HasErrors() {
		return nil, found, nil
	}
	list, err = charts.LoadAll(ctx, run, l.locking.Missing(), l.wants)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	report, err := l.finish(ctx)
	return report, found, err
}

// locker is what lock and update share.
type locker struct {
	run      Run
	old      schema.Lock
	locking  *fetch.Locking
	record   *fetch.Record
	wants    []charts.Want
	unwanted []schema.Chart // charts of releases that are not planned
	whole    bool           // the selection leaves nothing out
}

func newLocker(run Run, p *plan.Plan) (*locker, diag.List) {
	old, found := run.Project.Lock()
	if found.HasErrors() {
		return nil, found
	}
	stock, record := charts.Stock(run)
	stock.Shelves = slices.Insert(stock.Shelves, 0, fetch.Shelf(fetch.NewVendor(run.Project.FS())))
	if stock.Source == nil {
		return nil, append(found, diag.Diagnostic{Summary: "Nothing can be fetched here", Remedy: "Run it where the network is."})
	}
	l := &locker{
		run: run, old: old, record: record,
		locking: &fetch.Locking{Old: old, Stock: stock},
		whole:   !run.Partial() && len(run.Selection.Clusters) == 0,
	}
	l.wants = charts.Wants(p)
	for _, target := range p.Targets {
		l.unwanted = append(l.unwanted, unplanned(run, target)...)
	}
	return l, found
}

// unplanned are the charts of releases that `when` or `environments` keep out
// of a target today: another variable may let them in.
func unplanned(run Run, target plan.Target) []schema.Chart {
	var refs []schema.Chart
	for _, h := range target.Headers {
		if h.Planned {
			continue
		}
		r, _ := run.Project.Release(h, schema.Target{Environment: target.Environment, Cluster: target.Cluster.Name})
		if r.Chart != nil {
			refs = append(refs, *r.Chart)
		}
	}
	return refs
}

// finish writes the new lock, if it is another one, and says what it is.
func (l *locker) finish(ctx context.Context) (*LockReport, error) {
	made := l.locking.Lock()
	made = schema.NewLock(append(made.Charts, l.kept(ctx, made)...))
	report := &LockReport{Check: l.locking.Look, Charts: len(made.Charts), Changes: l.changes(made), Fetched: l.record.Fetched()}
	if report.Fetched == nil {
		report.Fetched = []fetch.Fetched{}
	}
	if l.locking.Look || len(made.Charts) == 0 && len(l.old.Charts) == 0 {
		return report, nil
	}
	text := made.Format()
	if there, err := fs.ReadFile(l.run.Project.FS(), schema.LockFile); err == nil && bytes.Equal(there, text) {
		return report, nil
	}
	if l.run.Dir == "" {
		return nil, errors.New("write the lock: the project is a commit, not a directory")
	}
	if err := whole.Write(filepath.Join(l.run.Dir, schema.LockFile), text, 0o644); err != nil {
		return nil, fmt.Errorf("write the lock: %w", err)
	}
	return report, nil
}

// kept are the entries of the old lock that stay though nothing that was
// loaded needs them.
func (l *locker) kept(ctx context.Context, made schema.Lock) []schema.Locked {
	have := map[string]bool{}
	for _, e := range made.Charts {
		have[e.Key()] = true
	}
	stay := map[string]bool{}
	everything := !l.whole
	if l.whole && len(l.unwanted) > 0 {
		offline := &fetch.Locking{Old: l.old, Stock: &fetch.Stock{Shelves: l.locking.Stock.Shelves}}
		from := fetch.From{Project: l.run.Project.FS(), Repositories: l.run.Project.Repositories(), Library: offline.Missing()}
		for _, ref := range l.unwanted {
			if _, locked, _ := l.old.Find(ref); ref.Kind != schema.Local && !locked {
				continue
			}
			if _, found := from.Load(ctx, ref); found.HasErrors() {
				everything = true // who knows what it depends on
			}
		}
		for _, e := range offline.Lock().Charts {
			stay[e.Key()] = true
		}
	}
	var kept []schema.Locked
	for _, e := range l.old.Charts {
		if !have[e.Key()] && (everything || stay[e.Key()]) {
			kept = append(kept, e)
		}
	}
	return kept
}

// changes compares the new lock with the old one, in its order.
func (l *locker) changes(made schema.Lock) []LockChange {
	releases := map[string][]string{}
	for _, w := range l.wants {
		releases[w.Ref.LockKey()] = w.Releases
	}
	before := map[string]schema.Locked{}
	for _, e := range l.old.Charts {
		before[e.Key()] = e
	}
	changes := []LockChange{}
	change := func(status state.Status, e schema.Locked) LockChange {
		names := slices.Sorted(slices.Values(releases[e.Key()]))
		return LockChange{Status: status, Source: e.Source, Constraint: e.Constraint, Releases: names}
	}
	for _, e := range made.Charts {
		old, known := before[e.Key()]
		delete(before, e.Key())
		c := change(state.Created, e)
		c.New, c.NewOrigin = e.Version, e.Origin
		if known {
			c.Status, c.Old, c.OldOrigin = state.Changed, old.Version, old.Origin
			if old.Range = e.Range; old == e {
				continue
			}
			if old.Repository != e.Repository {
				c.OldRepository, c.NewRepository = old.Repository, e.Repository
			}
			c.MovedTag = l.locking.MovedTag(e)
			if old.Version == e.Version && old.SHA256 != e.SHA256 {
				c.OldSHA256, c.NewSHA256 = old.SHA256, e.SHA256
			}
		}
		if c.Old != c.New {
			c.Notes = l.locking.Notes(e)
		}
		changes = append(changes, c)
	}
	for _, e := range l.old.Charts {
		if _, gone := before[e.Key()]; gone {
			c := change(state.Removed, e)
			c.Old, c.OldOrigin = e.Version, e.Origin
			changes = append(changes, c)
		}
	}
	return changes
}
