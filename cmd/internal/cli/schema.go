package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/schema"
)

// schemaView is the language: a reference page for people, its tables for machines.
type schemaView struct{}

func (schemaView) Human(w io.Writer, _ ui.Style) { _, _ = w.Write(schema.Reference()) }

// MarshalJSON has the description in the tables' own order.
func (schemaView) MarshalJSON() ([]byte, error) { return schema.Describe(), nil }

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the project language: a reference page, or its tables with -o json",
		Args:  takes(),
		RunE: a.run(func(context.Context, []string) (view, error) {
			return schemaView{}, nil
		}),
	}
}
