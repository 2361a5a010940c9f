package engine

import (
	"context"
	"errors"

	"github.com/weir-dev/weir/schema/diag"
)

func (run Run) betweenStates(ctx context.Context, o DiffOptions) (*comparison, diag.List, error) {
	return nil, nil, errors.New("not yet")
}
