package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/schema"
)

// schemaView is the language: a reference page for people, its tables for machines.
type schemaView struct{}

func (schemaView) Human(w io.Writer, _ ui.Style) { _, _ = w.Write(schema.Reference()) }

// MarshalJSON has the description in the tables' own order.
func (schemaView) MarshalJSON() ([]byte, error) { return schema.Describe(), nil }

// reviewSchemaView is the form in which `weir diff` answers programs.
type reviewSchemaView struct{}

func (reviewSchemaView) Human(w io.Writer, _ ui.Style) { _, _ = w.Write(review.Schema()) }

// MarshalJSON is the same, for it is a document for programs already.
func (reviewSchemaView) MarshalJSON() ([]byte, error) { return review.Schema(), nil }

func (a *app) schemaCommand() *cobra.Command {
	var ofReview bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the project language: a reference page, or its tables with -o json",
		Args:  takes(),
		RunE: a.run(func(context.Context, []string) (view, error) {
			if ofReview {
				return reviewSchemaView{}, nil
			}
			return schemaView{}, nil
		}),
	}
	cmd.Flags().BoolVar(&ofReview, "review", false, "instead, the JSON Schema of a review: what weir diff saves as .json, and prints as result with -o json")
	return cmd
}
