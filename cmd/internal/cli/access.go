package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/remote"
)

// access is what connections to remote repositories may use of this machine. It
// is one for the whole run: it remembers credentials.
func (a *app) access() *remote.Access {
	if a.connections == nil {
		a.connections = &remote.Access{Env: a.streams.Env, Home: home(), Before: failpoint.Before}
	}
	return a.connections
}

// home is the user's home directory, as ssh finds it where HOME is not set, in
// a container for example; empty where there is none: no keys and no netrc then.
func home() string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if who, err := user.Current(); err == nil {
		return who.HomeDir
	}
	return ""
}

// mayFetch gives a command that reads a project the flag to read one that is not
// checked out.
func (a *app) mayFetch(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&a.flags.fromGit, "from-git", "", "the project as a Git repository has it: URL[//DIRECTORY][@REV], REV a branch, a tag or a whole commit id")
	return cmd
}

// fetch brings the project of --from-git.
func (a *app) fetch(ctx context.Context) error {
	if a.flags.fromGit == "" {
		return nil
	}
	if a.flags.dir != "." {
		return errors.New("--from-git and -C do not go together: name a directory of the repository with //, as in https://git.example/shop.git//deploy@v1")
	}
	a.flags.dir = ""
	origin, found, err := engine.FetchProject(ctx, a.flags.fromGit, "", a.access())
	if err := a.conclusion(found, err); err != nil {
		return err
	}
	a.origin = origin
	return nil
}

// files are those of the project that was fetched, if one was.
func (a *app) files() fs.FS {
	if a.origin == nil {
		return nil
	}
	return a.origin.Files
}
