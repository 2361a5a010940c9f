// Package charts has the charts that a run wants: which they are, where their files
// come from (stock.go), each fetched once and parsed once however many releases
// share it. It decides nothing: what is fetched is what engine/fetch finds by the
// lock, or what a verb that makes the lock lets it resolve. Charts become objects
// in engine/product.
package charts

import (
	"context"
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Pool gives every chart of a run: fetched once however many releases want
// it, parsed only when something has to be rendered. A panic in one of them is
// everybody's who waits for it, never half a value.
type Pool struct {
	from    fetch.From
	record  *fetch.Record // of what was not at hand
	mu      sync.Mutex
	fetched map[string]func() (*fetch.Chart, diag.List)
	parsed  *lru.Cache[string, func() (*render.Chart, diag.List)]
}

// keepParsed bounds how many parsed charts are held: templates are many times
// the size of their text.
const keepParsed = 64

// NewPool gives charts by the lock: whatever a run wants, it resolves nothing.
func NewPool(run work.Run) *Pool {
	stock, record := Stock(run)
	stock.Shelves = slices.Insert(stock.Shelves, 0, fetch.NewVendor(run.Project.FS()).Only())
	c := newPool(fetch.From{
		Project:      run.Project.FS(),
		Repositories: run.Project.Repositories(),
		Library:      &fetch.Pins{Lock: run.Project.Lock, Stock: stock},
	})
	c.record = record
	return c
}

func newPool(from fetch.From) *Pool {
	parsed, err := lru.New[string, func() (*render.Chart, diag.List)](keepParsed)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Pool{from: from, fetched: map[string]func() (*fetch.Chart, diag.List){}, parsed: parsed}
}

// Fetched are the charts that were not at hand.
func (c *Pool) Fetched() []fetch.Fetched { return c.record.Fetched() }

// Fetch returns the files and the digest of a chart.
func (c *Pool) Fetch(ctx context.Context, ref schema.Chart) (*fetch.Chart, diag.List) {
	c.mu.Lock()
	get := c.fetched[ref.LockKey()+"\x00"+ref.Path]
	if get == nil {
		get = sync.OnceValues(func() (*fetch.Chart, diag.List) { return Load(ctx, c.from, ref) })
		c.fetched[ref.LockKey()+"\x00"+ref.Path] = get
	}
	c.mu.Unlock()
	chart, found := get()
	if len(found) > 0 {
		return Load(ctx, c.from, ref) // once more, for the place of this reference; nothing is asked for twice
	}
	return chart, nil
}

// Parse returns a chart ready to be rendered.
func (c *Pool) Parse(chart *fetch.Chart) (*render.Chart, diag.List) {
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
