package charts

import (
	"context"
	"time"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// AtOnce is how many charts are fetched at once. The network is waited for, not
// computed: more than releases are rendered.
const AtOnce = 8

// fetchLimit is how long one chart may take.
const fetchLimit = 10 * time.Minute

// Stock is where the content of charts comes from, and the record of what was
// fetched for it. Nothing is opened before it is needed.
func Stock(run work.Run) (*fetch.Stock, *fetch.Record) {
	stock := &fetch.Stock{Keep: run.Outside.Store}
	if run.Outside.Store != nil {
		stock.Shelves = append(stock.Shelves, run.Outside.Store)
	}
	access := run.Outside.Access
	if access == nil {
		return stock, &fetch.Record{}
	}
	var source fetch.Source = fetch.Kinds{
		schema.Repository: fetch.NewRepositories(access, run.Outside.Store),
		schema.URL:        fetch.NewArchives(access, run.Outside.Store),
		schema.OCI:        fetch.NewRegistries(access, run.Project.Repositories()),
		schema.Git:        fetch.NewGit(access),
	}
	record := &fetch.Record{Source: fetch.Retry(fetch.Limit(fetch.Signed(source, access), AtOnce, fetchLimit), access)}
	stock.Source = fetch.Once(record)
	return stock, record
}

// Load loads a chart; what it needs from elsewhere comes at once.
func Load(ctx context.Context, from fetch.From, ref schema.Chart) (*fetch.Chart, diag.List) {
	from.Loop = func(n int, do func(int)) {
		_ = work.Each(ctx, AtOnce, n, func(int) string { return "the dependencies of " + ref.Source }, func(_ context.Context, i int) error { do(i); return nil })
	}
	return from.Load(ctx, ref)
}
