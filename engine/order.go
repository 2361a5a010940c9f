package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// source is the commit that the project is of.
func (run Run) source(o HydrateOptions) (state.Source, error) {
	return state.SourceOf(run.Dir)
}

func (l landing) order(ctx context.Context, s *site) (diag.List, error) { return nil, nil }

func sameState(clusters []schema.Cluster) diag.List { return nil }
