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
func Retry(next Source, access *Access) Source { return &retry{next, access.pause} }

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
	return retrying(ctx, r.pause, try)
}

func retrying(ctx context.Context, pause func(context.Context, time.Duration) error, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		after, worth := Temporary(err)
		if err == nil || !worth || n == tries || after > longest || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, max(after, firstPause<<(2*(n-1)))); err != nil {
			return err
		}
	}
}

// finalError is a failure that was tried often enough.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// final marks a failure that nobody needs to try again.
func final(err error) error {
	if err == nil {
		return nil
	}
	return &finalError{err}
}
