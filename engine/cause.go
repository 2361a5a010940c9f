package engine

import (
	"github.com/weir-dev/weir/engine/plan"
)

// making is what one side of a release was made from.
type making struct {
	h       *hydrator
	release *plan.Release
}
