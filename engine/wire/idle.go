package wire

import (
	"context"
	"net"
	"time"
)

// Dial connects, to a connection that gives up after having been silent for too
// long.
func Dial(ctx context.Context, network, address string, idle time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: min(idle, 30*time.Second)}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return Idle(conn, idle), nil
}

// Idle is a connection that gives up after having been silent for too long.
func Idle(conn net.Conn, after time.Duration) net.Conn { return &idleConn{conn, after} }

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
