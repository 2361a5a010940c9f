package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/assess"
	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/schema/diag"
)

// DiffOptions say what is compared with what; the zero value compares the project as
// it is with what its clusters' states have.
type DiffOptions = compare.Options

// Diff compares what the selected releases were with what they are to be, and
// says what that breaks. Where it could not tell there is no review.
func Diff(ctx context.Context, run Run, o DiffOptions) (*review.Review, diag.List, error) {
	run = run.Growing()
	c, found, err := compare.Of(ctx, run, o)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	defer c.Close()
	in, list, err := assess.Input(ctx, run, c, o)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	r := review.Make(*in)
	return &r, found, nil
}
