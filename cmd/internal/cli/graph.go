package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/plan"
)

// graphForms are the texts that a graph can be printed as.
var graphForms = map[string]func(plan.Graph) string{
	"text":    plan.Graph.Text,
	"dot":     plan.Graph.DOT,
	"mermaid": plan.Graph.Mermaid,
}

type graphView struct {
	graph plan.Graph
	form  func(plan.Graph) string
}

func (v graphView) Human(w io.Writer, _ ui.Style) { fmt.Fprint(w, v.form(v.graph)) }
func (v graphView) MarshalJSON() ([]byte, error)  { return json.Marshal(v.graph) }

func (a *app) graphCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Show what needs what: text, DOT or Mermaid",
		Args:  takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			print, ok := graphForms[form]
			if !ok {
				return nil, fmt.Errorf("--format %s: use text, dot or mermaid", form)
			}
			run, err := a.begin(ctx)
			if err != nil {
				return nil, err
			}
			graph, found, err := engine.Graph(ctx, run)
			if err := a.conclusion(found, err); err != nil {
				return nil, err
			}
			return graphView{graph, print}, nil
		}),
	}
	cmd.Flags().StringVar(&form, "format", "text", "text, dot or mermaid")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "dot", "mermaid"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
