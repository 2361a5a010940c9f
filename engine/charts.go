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
// it, parsed only when something has to be rendered. A panic in one of them is
// everybody's who waits for it, never half a value.
type charts struct {
	files   fs.FS
	mu      sync.Mutex
	fetched map[string]func() (*fetch.Chart, diag.List)
	parsed  *lru.Cache[string, func() (*render.Chart, diag.List)]
}

// keepParsed bounds how many parsed charts are held: templates are many times
// the size of their text.
const keepParsed = 64

func newCharts(files fs.FS) *charts {
	parsed, err := lru.New[string, func() (*render.Chart, diag.List)](keepParsed)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &charts{files: files, fetched: map[string]func() (*fetch.Chart, diag.List){}, parsed: parsed}
}

// fetch returns the files and the digest of a chart.
func (c *charts) fetch(ref schema.Chart) (*fetch.Chart, diag.List) {
	key := ref.Source + "\x00" + ref.Path + "\x00" + ref.Version
	c.mu.Lock()
	load := c.fetched[key]
	if load == nil {
		load = sync.OnceValues(func() (*fetch.Chart, diag.List) { return fetch.Load(c.files, ref) })
		c.fetched[key] = load
	}
	c.mu.Unlock()
	return load()
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
