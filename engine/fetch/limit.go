package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weir-dev/weir/schema"
)

// Limit lets a source fetch n charts at a time, and gives each so long at most.
// Waiting for one's turn does not count. What is resolved waits for no turn: many
// may want to hear of one slow index.
func Limit(next Source, n int, each time.Duration) Source {
	return &limit{next, make(chan struct{}, n), each}
}

type limit struct {
	next  Source
	slots chan struct{}
	each  time.Duration
}

func (l *limit) Resolve(ctx context.Context, ref schema.Chart) (found Found, err error) {
	err = l.within(ctx, ref, func(ctx context.Context) (err error) { found, err = l.next.Resolve(ctx, ref); return err })
	return found, err
}

func (l *limit) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (content Content, err error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return Content{}, ctx.Err()
	}
	defer func() { <-l.slots }()
	err = l.within(ctx, ref, func(ctx context.Context) (err error) { content, err = l.next.Fetch(ctx, ref, pin); return err })
	return content, err
}

func (l *limit) within(ctx context.Context, ref schema.Chart, ask func(context.Context) error) error {
	asking, stop := context.WithTimeout(ctx, l.each)
	defer stop()
	err := ask(asking)
	if err != nil && ctx.Err() == nil && errors.Is(asking.Err(), context.DeadlineExceeded) {
		return refuse(fmt.Sprintf("chart %q is too slow to come", shown(ref)),
			fmt.Sprintf("It was not there after %s.", l.each), "Try again; if it stays so, ask who runs its server.")
	}
	return err
}
