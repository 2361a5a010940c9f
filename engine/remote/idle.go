package remote

import (
	"context"
	"net"
	"time"
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
	return &idleConn{conn, a.idle()}, nil
}

// idleConn puts the deadline off with whatever goes through, in any direction:
// nothing comes back while a large pack is sent, and that is no silence.
type idleConn struct {
	net.Conn
	idle time.Duration
}

func (c *idleConn) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *idleConn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
