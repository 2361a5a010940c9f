package engine

import (
	"sync"

	"github.com/weir-dev/weir/engine/work"
)

// expecting is a progress to which more work is added as it is found: how many
// pairs there are to compare and steps to render is not known from the start.
type expecting struct {
	work.Progress

	mu    sync.Mutex
	total int
}

// Total is remembered, for more to be added to it.
func (e *expecting) Total(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.total = n
	e.Progress.Total(n)
}

// more adds pieces of work; nil is watched by nobody.
func (e *expecting) more(n int) {
	if e == nil || n == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.total += n
	e.Progress.Total(e.total)
}

// watch tells that a piece of work has started; the function it returns, that it
// is done.
func (e *expecting) watch(name string) (done func()) {
	if e == nil {
		return func() {}
	}
	e.Started(name)
	return func() { e.Done(name) }
}
