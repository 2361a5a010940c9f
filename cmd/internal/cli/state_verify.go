package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

type verifyView struct {
	engine.VerifyReport
	verbose bool
}

func (v verifyView) Human(w io.Writer, style ui.Style) {
	for _, c := range v.Clusters {
		signatures := style.Faint("signatures not checked")
		if c.Signatures {
			signatures = "signatures checked"
		}
		outcome := style.Created("good")
		if c.Findings > 0 {
			outcome = style.Removed(plural(c.Findings, "finding"))
		}
		fmt.Fprintf(w, "%s  %s  %s  %s, %s, %s; %s\n", style.Bold(c.Cluster), c.State, outcome,
			plural(len(c.Commits), "commit"), plural(c.Releases, "release"), plural(c.Files, "file"), signatures)
		if !v.verbose {
			continue
		}
		for _, commit := range c.Commits {
			fmt.Fprintf(w, "  %.10s  %s\n", commit.Commit, commit.Subject)
			if commit.Weir != "" {
				fmt.Fprintf(w, "    %s\n", style.Faint("by weir/"+commit.Weir))
			}
			if commit.SameAs != "" {
				fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("as good as %.10s, which has the same files", commit.SameAs)))
			}
			if commit.Signer != "" {
				fmt.Fprintf(w, "    %s\n", style.Faint("signed by "+commit.Signer))
			}
		}
	}
}

func (a *app) stateVerifyCommand() *cobra.Command {
	var options engine.VerifyOptions
	cmd := &cobra.Command{
		Use:   "verify [RANGE]",
		Short: "Look for what is in the state repositories and is not as Weir made it",
		Long: `Look for what is in the state repositories of the selected clusters and is not as
Weir made it, and exit 1 if there is anything: files that no metadata lists,
listed files that are missing, edited or hold another object, objects that two
releases have, commits that are not by Weir.

RANGE is A..B, every commit that B has and A has not, or one commit; without it
the last commit is verified. A commit that is not by Weir is as good as one with
the same files that is: the merge or the squash of a review branch.

With --allowed-signers (see ssh-keygen(1), ALLOWED SIGNERS; Git's
gpg.ssh.allowedSignersFile where it is set) or --keyring (public OpenPGP keys)
every commit has to carry a good signature by one of these keys. Neither gpg nor
ssh-keygen is needed.`,
		Example: `  weir state verify
  weir state verify --allowed-signers signers HEAD~10..HEAD -c prod-eu`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			if len(args) == 1 {
				options.Range = args[0]
			}
			run, reading, done, err := a.beginReading(ctx)
			if err != nil {
				return nil, err
			}
			defer done()
			options.Reading = reading
			options.Env = a.streams.Env
			report, found, err := engine.Verify(ctx, run, options)
			err = a.conclusion(found, err)
			if len(report.Clusters) == 0 && err != nil {
				return nil, err
			}
			return verifyView{report, a.flags.verbose}, err
		}),
	}
	cmd.Flags().StringVar(&options.AllowedSigners, "allowed-signers", "", "SSH keys whose signatures are good")
	cmd.Flags().StringVar(&options.Keyring, "keyring", "", "OpenPGP keys whose signatures are good, armored or binary")
	return cmd
}
