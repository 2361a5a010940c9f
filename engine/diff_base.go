package engine

import (
	"context"
	"errors"

	"github.com/weir-dev/weir/schema/diag"
)

// Revision is the project as a commit of the repository that dir lies in has it.
func Revision(dir, rev string) (*Origin, diag.List, error) {
	return nil, nil, errors.New("not yet")
}

func (run Run) betweenRevisions(ctx context.Context, o DiffOptions) (*comparison, diag.List, error) {
	return nil, nil, errors.New("not yet")
}
