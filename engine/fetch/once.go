package fetch

import (
	"context"

	"github.com/weir-dev/weir/schema"
)

// Once asks a source once for each thing, however many want it; all of them get
// the same answer, a failure included.
func Once(next Source) Source { return &once{next: next} }

type once struct {
	next    Source
	found   memo[Found]
	content memo[Content]
}

func (o *once) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	return o.found.get(ref.LockKey()+"\x00"+ref.Repository.URL, func() (Found, error) { return o.next.Resolve(ctx, ref) })
}

func (o *once) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	key := pin.Origin
	if asksWhoSigned(ref, pin) {
		key += "\x00" + ref.Repository.Keyring // who does not ask gets no answer to that
	}
	return o.content.get(key, func() (Content, error) { return o.next.Fetch(ctx, ref, pin) })
}
