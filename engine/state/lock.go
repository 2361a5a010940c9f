package state

import (
	"context"
	"time"

	"github.com/gofrs/flock"
)

// lockAgain is after how long a lock is asked for once more: only so can
// waiting for it be given up.
const lockAgain = 10 * time.Millisecond

// lock keeps other processes out until it is released or this one ends. Who
// waits for it may stop to: the one that holds it may itself wait for somebody.
func (d disk) lock(ctx context.Context, path string) (unlock func(), err error) {
	d.about("lock", path)
	l := flock.New(path, flock.SetPermissions(0o666))
	if _, err := l.TryLockContext(ctx, lockAgain); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, d.failed(err)
	}
	return func() { l.Unlock() }, nil
}
