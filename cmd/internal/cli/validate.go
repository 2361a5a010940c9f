package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/fetch"
)

type validateView struct {
	Project  string          `json:"project"`
	Targets  int             `json:"targets"`
	Releases int             `json:"releases"`
	Fetched  []fetch.Fetched `json:"fetched,omitempty"` // charts that were not at hand

	verbose bool
}

func (v validateView) Human(w io.Writer, style ui.Style) {
	fmt.Fprintf(w, "%s is valid: %s, %s\n", v.Project, plural(v.Targets, "target"), plural(v.Releases, "release"))
	fetchedText(w, style, v.Fetched, v.verbose)
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check the project, its values and its charts without rendering",
		Long:  "Evaluate every selected release, find its charts, dependencies, values files,\npatches and components, and check values against the charts' schemas. Nothing is rendered:\n`weir hydrate --check` does that.",
		Args:  takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			run, err := a.begin(ctx)
			if err != nil {
				return nil, err
			}
			valid, found, err := engine.Validate(ctx, run, time.Now())
			if err := a.conclusion(found, err); err != nil {
				return nil, err
			}
			return validateView{run.Project.Name(), valid.Targets, valid.Releases, valid.Fetched, a.flags.verbose}, nil
		}),
	}
}
