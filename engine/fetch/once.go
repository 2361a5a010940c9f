package fetch

import (
	"context"
	"sync"

	"github.com/weir-dev/weir/schema"
)

// Once asks a source once for each thing, however many want it; all of them get
// the same answer, a failure included.
func Once(next Source) Source {
	return &once{next: next, found: map[string]func() (Found, error){}, content: map[string]func() (Content, error){}}
}

type once struct {
	next Source

	mu      sync.Mutex
	found   map[string]func() (Found, error)
	content map[string]func() (Content, error)
}

func (o *once) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	key := ref.LockKey() + "\x00" + ref.Repository.URL
	o.mu.Lock()
	ask := o.found[key]
	if ask == nil {
		ask = sync.OnceValues(func() (Found, error) { return o.next.Resolve(ctx, ref) })
		o.found[key] = ask
	}
	o.mu.Unlock()
	return ask()
}

func (o *once) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	key := pin.Origin
	o.mu.Lock()
	ask := o.content[key]
	if ask == nil {
		ask = sync.OnceValues(func() (Content, error) { return o.next.Fetch(ctx, ref, pin) })
		o.content[key] = ask
	}
	o.mu.Unlock()
	return ask()
}
