package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine"
)

func (a *app) updateCommand() *cobra.Command {
	var o engine.UpdateOptions
	cmd := &cobra.Command{
		Use:   "update [RELEASE…]",
		Short: "Move locked charts to the newest versions that their constraints allow",
		Long: `Resolve the charts of the named releases anew, of all releases where none is named,
sub-charts included, and write what is newest within the constraints to weir.lock.hcl.
Nothing else is rendered or written: look at the difference with "weir hydrate --check".

A chart that was changed under the same version is an error that shows both digests. Who
has found out why takes what is there now with --accept and the new digest.`,
		Example: `  weir update            # everything
  weir update podinfo    # one release
  weir update --check    # is there anything newer? exit 2 if so`,
		ValidArgsFunction: a.completeRelease,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			return a.locking(ctx, func(run engine.Run) (*engine.LockReport, error) {
				o.Releases = args
				report, found, err := engine.Update(ctx, run, o)
				return report, a.conclusion(found, err)
			})
		}),
	}
	cmd.Flags().BoolVar(&o.Check, "check", false, "write nothing; exit 2 if something newer exists")
	cmd.Flags().StringSliceVar(&o.Accept, "accept", nil, "take the chart with this `sha256` though it was changed under the same version")
	return cmd
}
