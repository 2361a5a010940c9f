package work

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema/diag"
)

// Patience says how often and after which pauses a thing that failed for reasons
// that pass is tried again. The zero value is the usual one.
type Patience struct {
	Pause  func(context.Context, time.Duration) error // between two tries; nil: waits
	Random func() float64                             // in [0,1), for how long; nil: any
}

// Try does something until it is done, fails for good, or has failed often enough.
func (p Patience) Try(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || !p.Again(err, try) || ctx.Err() != nil {
			return Tried(err, try)
		}
		if err := p.Wait(ctx, try); err != nil {
			return err
		}
	}
}

// Somebody who commits in between has made progress, so it is worth to try for
// long: of n writers one succeeds each time, and the pauses spread the others.
// A server that does not answer is given up sooner. The pauses of the longest
// way are a minute and a half together, on the average.
const (
	triesMoved     = 12
	triesTemporary = 5
	firstPause     = 500 * time.Millisecond
	longestPause   = 30 * time.Second
)

// Again tells whether to go on after the try-th try failed.
func (Patience) Again(err error, try int) bool {
	switch moved := (*state.MovedError)(nil); {
	case errors.As(err, &moved):
		return try < triesMoved
	case remote.Temporary(err):
		return try < triesTemporary
	}
	return false
}

// Wait pauses after the try-th try: up to twice as long each time, anything
// between nothing and that, so that those who collided do not meet again.
func (p Patience) Wait(ctx context.Context, try int) error {
	pause, random := p.Pause, p.Random
	if pause == nil {
		pause = wire.Pause
	}
	if random == nil {
		random = rand.Float64
	}
	d := min(firstPause<<(try-1), longestPause)
	return pause(ctx, time.Duration(random()*float64(d)))
}

// Tried adds to an error that it came more than once.
func Tried(err error, tries int) error {
	if tries == 1 || !remote.Temporary(err) {
		return err
	}
	list, ok := diag.Refused(err)
	if !ok {
		return fmt.Errorf("%w (tried %d times)", err, tries)
	}
	list = slices.Clone(list)
	last := &list[len(list)-1]
	last.Detail = strings.TrimSpace(fmt.Sprintf("%s Weir tried %d times.", last.Detail, tries))
	return diag.RefuseFor(err, list...)
}
