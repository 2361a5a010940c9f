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
	dialer := net.Dialer{Timeout: min(a.idle(), 30*time.Second)}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return wire.Idle(conn, a.idle()), nil
}
