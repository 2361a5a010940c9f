package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/risk"
)

// rulesView is what a diff looks for: a line each for people, with what it means
// for machines.
type rulesView []risk.Rule

func (v rulesView) Human(w io.Writer, _ ui.Style) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, rule := range v {
		fmt.Fprintf(table, "%s\t%s\t%s\n", rule.ID, rule.Level, rule.Title)
	}
	_ = table.Flush()
}

func (a *app) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules",
		Short: "List what `weir diff` looks for, and how bad each finding is",
		Long:  "List the rules of `weir diff` with their levels. A project gives them other levels in its\n`policy` block, and waives single findings with `accept` blocks; -o json says what each rule means.",
		Args:  takes(),
		RunE: a.run(func(context.Context, []string) (view, error) {
			return rulesView(risk.Rules()), nil
		}),
	}
}
