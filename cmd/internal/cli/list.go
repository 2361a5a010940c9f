package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

type listView struct {
	Releases []engine.Listed `json:"releases"`
}

func (v listView) Human(w io.Writer, _ ui.Style) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENVIRONMENT\tCLUSTER\tRELEASE\tNAMESPACE\tCHART\tPLANNED")
	for _, r := range v.Releases {
		planned := "yes"
		if !r.Planned {
			planned = "no: " + r.Why
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Environment, r.Cluster, r.Release, r.Namespace, dash(r.Chart), planned)
	}
	table.Flush()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the releases of every target",
		Args:  takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			run, err := a.begin(ctx)
			if err != nil {
				return nil, err
			}
			releases, found, err := engine.List(ctx, run)
			if err := a.conclusion(found, err); err != nil {
				return nil, err
			}
			return listView{releases}, nil
		}),
	}
}
