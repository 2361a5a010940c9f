package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine"
)

func (a *app) updateCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "update [RELEASE…]",
		Short: "Move locked charts to the newest versions that their constraints allow",
		Long: `Resolve the charts of the named releases anew, of all releases where none is named,
sub-charts included, and write what is newest within the constraints to weir.lock.hcl.
Nothing else is rendered or written: look at the difference with "weir hydrate --check".`,
		Example: `  weir update            # everything
  weir update podinfo    # one release
  weir update --check    # is there anything newer? exit 2 if so`,
		ValidArgsFunction: a.completeRelease,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			return a.locking(ctx, func(run engine.Run) (*engine.LockReport, error) {
				report, found, err := engine.Update(ctx, run, args, check)
				return report, a.conclusion(found, err)
			})
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 2 if something newer exists")
	return cmd
}
