package remote

import (
	"context"
	"net"
	"time"

	"github.com/weir-dev/weir/engine/wire"
)

// idle is how long a connection may be silent.
func (a *Access) idle() time.Duration {
	if a.Idle > 0 {
		return a.Idle
	}
	return 2 * time.Minute
}

// dial connects, to a connection that gives up after having been silent for
// too long.
func (a *Access) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return wire.Dial(ctx, network, address, a.idle())
}
