package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema/diag"
)

func (a *app) loginCommand() *cobra.Command {
	var login fetch.Login
	var stdin bool
	cmd := &cobra.Command{
		Use:   "login HOST",
		Short: "Log in to a registry of charts",
		Long: `Show a user's name and password to an OCI registry, and keep them where Helm keeps
them (HELM_REGISTRY_CONFIG, or registry/config.json of Helm's configuration), so that
helm and weir share a login. What the registry refuses is not kept.

Charts are fetched with the first of these that knows the registry: WEIR_CHARTS_USER_<host>
and WEIR_CHARTS_PASSWORD_<host> (dots are _, dashes __), that file, Docker's config.json,
Podman's auth.json, netrc. Programs that these files name (credsStore, credHelpers) are asked.`,
		Example: `  weir login ghcr.io -u ann                                # asks for the password
  weir login registry.example:5000 -u ci --password-stdin < token`,
		Args:              takes("HOST"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			login.Registry = args[0]
			if err := a.askFor(ctx, &login, stdin); err != nil {
				return nil, err
			}
			kept, err := a.outside().Access.Login(ctx, login)
			if err := a.refused(err); err != nil {
				return nil, err
			}
			return loginView{kept}, nil
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&login.User, "user", "u", "", "the user's name")
	flags.BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	flags.StringVar(&login.TLS.CA, "ca-file", "", "PEM file of the authorities that vouch for the registry")
	flags.StringVar(&login.TLS.Certificate, "cert-file", "", "PEM file of a client certificate")
	flags.StringVar(&login.TLS.Key, "key-file", "", "PEM file of its key")
	flags.BoolVar(&login.TLS.PlainHTTP, "plain-http", false, "speak to the registry without TLS")
	return cmd
}

// askFor completes a login by what standard input or a person says.
func (a *app) askFor(ctx context.Context, login *fetch.Login, stdin bool) (err error) {
	switch {
	case stdin && login.User == "":
		return errors.New("--user is missing: with --password-stdin nobody is asked for it")
	case stdin:
		text, err := io.ReadAll(io.LimitReader(a.streams.In, 64<<10))
		if err != nil {
			return fmt.Errorf("read the password: %w", err)
		}
		login.Password = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
		if login.Password == "" {
			return errors.New("there is no password on standard input")
		}
		return nil
	case !a.streams.CanAsk():
		return errors.New("there is no terminal to ask for the password on: use --password-stdin")
	}
	if login.User == "" {
		if login.User, err = a.streams.Ask("User: "); err != nil {
			return err
		}
	}
	if login.Password, err = a.streams.AskSecret(ctx, "Password: "); err != nil {
		return err
	}
	if login.User == "" || login.Password == "" {
		return errors.New("a name and a password are wanted")
	}
	return nil
}

// refused puts what a person can do something about among the diagnostics.
func (a *app) refused(err error) error {
	if list, ok := diag.Refused(err); ok {
		return a.report(list)
	}
	return err
}

type loginView struct{ fetch.Kept }

func (v loginView) Human(w io.Writer, style ui.Style) {
	fmt.Fprintf(w, "%s: %s\n", v.Registry, style.Created("logged in"))
	if !v.Verified {
		fmt.Fprintln(w, style.Changed("it asks nobody who he is: the password was not checked"))
	}
	where := "kept in " + v.Kept.Kept
	if v.Plain {
		where += ", not encrypted"
	}
	fmt.Fprintln(w, style.Faint(where))
}
