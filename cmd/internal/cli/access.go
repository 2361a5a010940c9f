package cli

import (
	"os"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/remote"
)

// access is what connections to remote repositories may use of this machine.
func (a *app) access() *remote.Access {
	home, _ := os.UserHomeDir() // without one there are no keys and no netrc
	return &remote.Access{Env: a.streams.Env, Home: home, Before: failpoint.Before}
}
