package engine

import (
	"io/fs"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// charts gives every chart of a run: fetched once however many releases want
// it, parsed only when something has to be rendered.
type charts struct {
	files   fs.FS
	mu      sync.Mutex
	fetched map[string]*fetchedChart
	parsed  *lru.Cache[string, *parsedChart]
}

// keepParsed bounds how many parsed charts are held: templates are many times
// the size of their text.
const keepParsed = 64

type fetchedChart struct {
	once  sync.Once
	chart *fetch.Chart
	found diag.List
}

type parsedChart struct {
	once  sync.Once
	chart *render.Chart
	found diag.List
}

func newCharts(files fs.FS) *charts {
	parsed, err := lru.New[string, *parsedChart](keepParsed)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &charts{files: files, fetched: map[string]*fetchedChart{}, parsed: parsed}
}

// fetch returns the files and the digest of a chart.
func (c *charts) fetch(ref schema.Chart) (*fetch.Chart, diag.List) {
	key := ref.Source + "\x00" + ref.Path + "\x00" + ref.Version
	c.mu.Lock()
	slot := c.fetched[key]
	if slot == nil {
		slot = &fetchedChart{}
		c.fetched[key] = slot
	}
	c.mu.Unlock()
	slot.once.Do(func() { slot.chart, slot.found = fetch.Load(c.files, ref) })
	return slot.chart, slot.found
}

// parse returns a chart ready to be rendered.
func (c *charts) parse(chart *fetch.Chart) (*render.Chart, diag.List) {
	c.mu.Lock()
	key := chart.Digest + " " + chart.Root // two places of one chart are two in diagnostics
	slot, ok := c.parsed.Get(key)
	if !ok {
		slot = &parsedChart{}
		c.parsed.Add(key, slot)
	}
	c.mu.Unlock()
	slot.once.Do(func() {
		files := make([]render.File, len(chart.Files))
		for i, file := range chart.Files {
			files[i] = render.File(file)
		}
		slot.chart, slot.found = render.Parse(render.Input{Name: chart.Name, Root: chart.Root, Digest: chart.Digest, Files: files})
	})
	return slot.chart, slot.found
}
