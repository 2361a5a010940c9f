package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// charts gives every chart of a run: fetched once however many releases want
// it, parsed only when something has to be rendered. A panic in one of them is
// everybody's who waits for it, never half a value.
type charts struct {
	from    fetch.From
	record  *fetch.Record // of what was not at hand
	mu      sync.Mutex
	fetched map[string]func() (*fetch.Chart, diag.List)
	parsed  *lru.Cache[string, func() (*render.Chart, diag.List)]
}

// keepParsed bounds how many parsed charts are held: templates are many times
// the size of their text.
const keepParsed = 64

// newCharts gives charts by the lock: whatever a run wants, it resolves nothing.
func newCharts(run Run) *charts {
	stock, record := stockOf(run)
	stock.Shelves = slices.Insert(stock.Shelves, 0, fetch.NewVendor(run.Project.FS()).Only())
	c := chartsOf(fetch.From{
		Project:      run.Project.FS(),
		Repositories: run.Project.Repositories(),
		Library:      &fetch.Pins{Lock: run.Project.Lock, Stock: stock},
	})
	c.record = record
	return c
}

// load loads a chart; what it needs from elsewhere comes at once.
func load(ctx context.Context, from fetch.From, ref schema.Chart) (*fetch.Chart, diag.List) {
	from.Loop = func(n int, do func(int)) {
		_ = work.Each(ctx, fetchesAtOnce, n, func(int) string { return "the dependencies of " + ref.Source }, func(_ context.Context, i int) error { do(i); return nil })
	}
	return from.Load(ctx, ref)
}

func chartsOf(from fetch.From) *charts {
	parsed, err := lru.New[string, func() (*render.Chart, diag.List)](keepParsed)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &charts{from: from, fetched: map[string]func() (*fetch.Chart, diag.List){}, parsed: parsed}
}

// How much is fetched at once, and how long one chart may take. The network is
// waited for, not computed: more at once than releases are rendered.
const (
	fetchesAtOnce = 8
	fetchLimit    = 10 * time.Minute
)

// stockOf is where the content of charts comes from, and the record of what was
// fetched for it. Nothing is opened before it is needed.
func stockOf(run Run) (*fetch.Stock, *fetch.Record) {
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
	record := &fetch.Record{Source: fetch.Retry(fetch.Limit(fetch.Signed(source, access), fetchesAtOnce, fetchLimit), access)}
	stock.Source = fetch.Once(record)
	return stock, record
}

// fetch returns the files and the digest of a chart.
func (c *charts) fetch(ctx context.Context, ref schema.Chart) (*fetch.Chart, diag.List) {
	c.mu.Lock()
	get := c.fetched[ref.LockKey()+"\x00"+ref.Path]
	if get == nil {
		get = sync.OnceValues(func() (*fetch.Chart, diag.List) { return load(ctx, c.from, ref) })
		c.fetched[ref.LockKey()+"\x00"+ref.Path] = get
	}
	c.mu.Unlock()
	chart, found := get()
	if len(found) > 0 {
		return load(ctx, c.from, ref) // once more, for the place of this reference; nothing is asked for twice
	}
	return chart, nil
}

// parse returns a chart ready to be rendered.
func (c *charts) parse(chart *fetch.Chart) (*render.Chart, diag.List) {
	c.mu.Lock()
	key := chart.Digest + " " + chart.Root // two places of one chart are two in diagnostics
	parse, ok := c.parsed.Get(key)
	if !ok {
		parse = sync.OnceValues(func() (*render.Chart, diag.List) {
			files := make([]render.File, len(chart.Files))
			for i, file := range chart.Files {
				files[i] = render.File(file)
			}
			return render.Parse(render.Input{Name: chart.Name, Root: chart.Root, Digest: chart.Digest, Files: files})
		})
		c.parsed.Add(key, parse)
	}
	c.mu.Unlock()
	return parse()
}
