package fetch

import (
	"context"
	"time"

	"github.com/weir-dev/weir/schema"
)

// How often something is tried, and how long a server may make us wait for it.
const (
	tries      = 4
	firstPause = 300 * time.Millisecond
	longest    = 30 * time.Second
)

// Retry asks again where a failure is Temporary, after a pause that grows or
// that the server asked for.
func Retry(next Source, pause func(context.Context, time.Duration) error) Source {
	return &retry{next, pause}
}

type retry struct {
	next  Source
	pause func(context.Context, time.Duration) error
}

func (r *retry) Resolve(ctx context.Context, ref schema.Chart) (found Found, err error) {
	err = r.again(ctx, func() (err error) { found, err = r.next.Resolve(ctx, ref); return err })
	return found, err
}

func (r *retry) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (content Content, err error) {
	err = r.again(ctx, func() (err error) { content, err = r.next.Fetch(ctx, ref, pin); return err })
	return content, err
}

func (r *retry) again(ctx context.Context, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		after, worth := Temporary(err)
		if err == nil || !worth || n == tries || after > longest || ctx.Err() != nil {
			return err
		}
		if err := r.pause(ctx, max(after, firstPause<<(2*(n-1)))); err != nil {
			return err
		}
	}
}
