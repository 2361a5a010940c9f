package cli

import (
	"os"
	"path/filepath"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/fetch"
)

// outside is what getting charts may use of this machine: its credentials, and
// the user's cache directory, which all projects share. Nothing is opened here.
func (a *app) outside() engine.Outside {
	store := ""
	if dir, err := os.UserCacheDir(); err == nil {
		store = filepath.Join(dir, "weir")
	}
	access := &fetch.Access{Env: a.streams.Env, Home: home(), Git: a.access()}
	if a.project != nil {
		access.Project = a.project.FS()
	}
	return engine.Outside{Access: access, Store: fetch.NewStore(store)}
}
