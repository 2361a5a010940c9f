package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/fetch"
)

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout HOST",
		Short: "Forget the login to a registry",
		Long: `Remove a login from where "weir login" and "helm registry login" keep it. Logins that
Docker or Podman keep are theirs, and named.`,
		Args:              takes("HOST"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			forgotten, err := a.outside().Access.Logout(ctx, args[0])
			if err := a.refused(err); err != nil {
				return nil, err
			}
			return logoutView{forgotten}, nil
		}),
	}
}

type logoutView struct{ fetch.Forgotten }

func (v logoutView) Human(w io.Writer, style ui.Style) {
	if v.Removed {
		fmt.Fprintf(w, "%s: %s\n", v.Registry, style.Removed("logged out"))
		fmt.Fprintln(w, style.Faint("removed from "+v.Kept))
	} else {
		fmt.Fprintf(w, "%s: there was no login in %s\n", v.Registry, v.Kept)
	}
	for _, file := range v.Others {
		fmt.Fprintf(w, "%s still has one\n", file)
	}
}
