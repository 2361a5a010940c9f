package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weir-dev/weir/schema"
)

// Limit lets a source answer n questions at a time, each of them for so long at
// most. Waiting for one's turn does not count.
func Limit(next Source, n int, each time.Duration) Source {
	return &limit{next, make(chan struct{}, n), each}
}

type limit struct {
	next  Source
	slots chan struct{}
	each  time.Duration
}

func (l *limit) Resolve(ctx context.Context, ref schema.Chart) (found Found, err error) {
	err = l.in(ctx, ref, func(ctx context.Context) (err error) { found, err = l.next.Resolve(ctx, ref); return err })
	return found, err
}

func (l *limit) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (content Content, err error) {
	err = l.in(ctx, ref, func(ctx context.Context) (err error) { content, err = l.next.Fetch(ctx, ref, pin); return err })
	return content, err
}

func (l *limit) in(ctx context.Context, ref schema.Chart, ask func(context.Context) error) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.slots }()
	asking, stop := context.WithTimeout(ctx, l.each)
	defer stop()
	err := ask(asking)
	if err != nil && ctx.Err() == nil && errors.Is(asking.Err(), context.DeadlineExceeded) {
		return refuse(fmt.Sprintf("chart %q is too slow to come", shown(ref)),
			fmt.Sprintf("It was not there after %s.", l.each), "Try again; if it stays so, ask who runs its server.")
	}
	return err
}
