package fetch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/weir-dev/weir/schema"
)

// Record is a Source that remembers what was fetched through it.
type Record struct {
	Source

	mu      sync.Mutex
	fetched []Fetched
}

// Fetched is one chart that came from somewhere.
type Fetched struct {
	Source string `json:"source"` // as the project names it
	Origin string `json:"origin"`
	Bytes  int64  `json:"bytes"`
}

// Fetch implements Source.
func (r *Record) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	content, err := r.Source.Fetch(ctx, ref, pin)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.fetched = append(r.fetched, Fetched{withoutLogin(ref.Source), pin.Origin, content.Bytes})
	}
	return content, err
}

// Fetched lists what came, in an order that does not depend on who was faster.
func (r *Record) Fetched() []Fetched {
	r.mu.Lock()
	defer r.mu.Unlock()
	sorted := slices.Clone(r.fetched)
	slices.SortFunc(sorted, func(a, b Fetched) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Origin, b.Origin))
	})
	return sorted
}
