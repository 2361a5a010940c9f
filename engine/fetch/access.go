package fetch

import (
	"context"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/wire"
)

// Access is what fetching may use of the machine.
type Access struct {
	Env     func(string) string                        // nil: of the process
	Home    string                                     // for netrc and registry logins; empty: there are none
	Idle    time.Duration                              // a connection that is silent for so long is given up; 0: one minute
	Project fs.FS                                      // where relative certificate and keyring files are
	Git     *remote.Access                             // for Git sources
	Pause   func(context.Context, time.Duration) error // between two tries; nil: waits
	// Dial opens every connection of HTTP(S) and OCI; nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (a *Access) env(name string) string {
	if a.Env == nil {
		return os.Getenv(name)
	}
	return a.Env(name)
}

func (a *Access) pause(ctx context.Context, d time.Duration) error {
	if a.Pause != nil {
		return a.Pause(ctx, d)
	}
	return wire.Pause(ctx, d)
}

func (a *Access) idle() time.Duration {
	if a.Idle > 0 {
		return a.Idle
	}
	return time.Minute
}
