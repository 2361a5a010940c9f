package work

import "sync"

// growing is a progress to which more work is added as it is found.
type growing struct {
	Progress

	mu    sync.Mutex
	total int
}

// Total is remembered, for more to be added to it.
func (g *growing) Total(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total = n
	g.Progress.Total(n)
}

// Growing is the run for work of which nobody knows at the start how much it is:
// what Expect says can be added to with ExpectMore.
func (run Run) Growing() Run {
	if run.Progress != nil {
		run.Progress = &growing{Progress: run.Progress}
	}
	return run
}

// ExpectMore tells whoever watches a growing run of more pieces of work.
func (run Run) ExpectMore(n int) {
	g, ok := run.Progress.(*growing)
	if !ok || n == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total += n
	g.Progress.Total(g.total)
}
