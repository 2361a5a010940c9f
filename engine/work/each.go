package work

import (
	"context"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/errgroup"
)

// Each calls work for 0…n-1, at most jobs at a time, and stops at the first
// error or when ctx ends. A panic of one call becomes an error that names it:
// libraries below panic on some input.
func Each(ctx context.Context, jobs, n int, name func(int) string, work func(ctx context.Context, i int) error) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(max(jobs, 1))
	for i := range n {
		if working.Err() != nil {
			break
		}
		group.Go(func() (err error) {
			defer func() {
				if bug := recover(); bug != nil {
					err = &PanicError{Where: name(i), Value: bug, Stack: debug.Stack()}
				}
			}()
			if err := working.Err(); err != nil {
				return err
			}
			return work(working, i)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// PanicError is a bug of Weir or of a library, caught where it happened.
type PanicError struct {
	Where string // the release that was worked on
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("weir has a bug: working on %s ended with: %v", e.Where, e.Value)
}
