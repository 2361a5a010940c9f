package engine

import (
	"context"
	"path/filepath"
	"time"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/state"
)

// CacheReport is what the user's cache directory holds.
type CacheReport struct {
	Dir   string      `json:"dir"`
	Parts []CachePart `json:"parts"`
	Bytes int64       `json:"bytes"`
}

// CachePart is one kind of what is cached.
type CachePart struct {
	Name  string    `json:"name"`
	Items int       `json:"items"`
	Bytes int64     `json:"bytes"`
	Used  time.Time `json:"used,omitzero"` // last, to a day; of mirrors when something was fetched
}

// PruneReport is what was removed from the cache, or would be.
type PruneReport struct {
	DryRun bool        `json:"dryRun"`
	Before time.Time   `json:"before"` // what was not used since
	Gone   CacheReport `json:"removed"`
	Kept   CacheReport `json:"kept"`
}

// cached is one thing in the cache.
type cached struct {
	part   int
	bytes  int64
	used   time.Time
	rest   bool // of a run that was killed
	remove func() error
}

// cacheParts are the kinds: where their files are, in the order of reports. The
// mirrors of state repositories are the last, and no plain files.
var cacheParts = []struct{ name, dir string }{
	{"charts", "charts"},
	{"indexes of repositories", "indexes"},
	{"hydrated releases", "hydrate"},
	{"mirrors of states", ""},
}

// CacheInfo tells what is in the cache. It changes nothing.
func CacheInfo(ctx context.Context, dir string) (*CacheReport, error) {
	all, err := listCache(ctx, dir, time.Now())
	if err != nil {
		return nil, err
	}
	report := newCacheReport(dir)
	for _, c := range all {
		report.add(c)
	}
	return report, nil
}

// CachePrune removes what was not used since a time. Other processes may run:
// what one misses it makes or fetches again.
func CachePrune(ctx context.Context, dir string, before time.Time) (*PruneReport, error) {
	return pruneCache(ctx, dir, before, func(c cached) error { return c.remove() })
}

// CachePruneDry only tells what CachePrune would remove.
func CachePruneDry(ctx context.Context, dir string, before time.Time) (*PruneReport, error) {
	report, err := pruneCache(ctx, dir, before, func(cached) error { return nil })
	if report != nil {
		report.DryRun = true
	}
	return report, err
}

func pruneCache(ctx context.Context, dir string, before time.Time, remove func(cached) error) (*PruneReport, error) {
	all, err := listCache(ctx, dir, time.Now())
	if err != nil {
		return nil, err
	}
	report := &PruneReport{Before: before, Gone: *newCacheReport(dir), Kept: *newCacheReport(dir)}
	for _, c := range all {
		if !c.rest && !c.used.Before(before) {
			report.Kept.add(c)
			continue
		}
		if err := ctx.Err(); err != nil {
			return report, err
		}
		if err := remove(c); err != nil {
			return report, err
		}
		report.Gone.add(c)
	}
	return report, nil
}

func listCache(ctx context.Context, dir string, now time.Time) ([]cached, error) {
	var all []cached
	for part, p := range cacheParts {
		if p.dir == "" {
			continue
		}
		entries, err := cache.Scan(ctx, filepath.Join(dir, p.dir))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			all = append(all, cached{part, e.Bytes, e.Used, e.Unfinished(now), e.Remove})
		}
	}
	mirrors, err := state.Mirrors(ctx, dir)
	for _, m := range mirrors {
		all = append(all, cached{len(cacheParts) - 1, m.Bytes, m.Changed, false, func() error { return m.Drop(ctx) }})
	}
	return all, err
}

func newCacheReport(dir string) *CacheReport {
	report := &CacheReport{Dir: dir}
	for _, p := range cacheParts {
		report.Parts = append(report.Parts, CachePart{Name: p.name})
	}
	return report
}

func (r *CacheReport) add(c cached) {
	p := &r.Parts[c.part]
	p.Items++
	p.Bytes += c.bytes
	r.Bytes += c.bytes
	if c.used.After(p.Used) {
		p.Used = c.used
	}
}
