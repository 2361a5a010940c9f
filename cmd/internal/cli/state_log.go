package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

type logView struct {
	Deployments []engine.Deployed `json:"deployments"`
}

func (v logView) Human(w io.Writer, style ui.Style) {
	for _, d := range v.Deployments {
		fmt.Fprintf(w, "%s  %s  %.10s  %s\n", d.Date.Format("2006-01-02 15:04:05 -0700"), style.Bold(d.Cluster), d.Commit, d.Author)
		switch {
		case len(d.Weir) == 0:
			fmt.Fprintf(w, "    %s\n", style.Changed("! not by Weir: "+d.Subject))
		case !strings.HasPrefix(d.Subject, "hydrate("):
			fmt.Fprintf(w, "    %s\n", d.Subject)
		}
		for _, r := range d.Releases {
			sign, paint := mark(style, r.Status)
			line := fmt.Sprintf("%s %s", sign, r.Key)
			if r.Chart != "" {
				line += fmt.Sprintf("  %s %s", r.Chart, r.Version)
			}
			fmt.Fprintf(w, "    %s\n", paint(line))
		}
		for _, source := range d.Sources {
			fmt.Fprintf(w, "    %s\n", style.Faint("from "+source))
		}
	}
}

func (a *app) stateLogCommand() *cobra.Command {
	var options engine.LogOptions
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List who deployed what to which cluster, newest first",
		Long: `List who deployed what to which cluster, newest first: the commits of the state
repositories, with what their trailers say of releases, charts and the project's
commit. A merge is listed with what it brought.

-e selects by environment and -l by the labels that the project gives a release
today; a release that the project no longer has is selected by its name only
(-l name=web). With either, commits that touched nothing of that are left out.`,
		Example: `  weir state log -e production
  weir state log -l name=web --limit 5
  weir state log -c prod-eu -o json`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			if options.Limit < 0 {
				return nil, fmt.Errorf("--limit %d: use 0 for everything, or more", options.Limit)
			}
			run, reading, done, err := a.beginReading(ctx)
			if err != nil {
				return nil, err
			}
			defer done()
			options.Reading = reading
			deployments, found, err := engine.Log(ctx, run, options)
			if err := a.conclusion(found, err); err != nil {
				return nil, err
			}
			if deployments == nil {
				deployments = []engine.Deployed{}
			}
			return logView{deployments}, nil
		}),
	}
	cmd.Flags().IntVar(&options.Limit, "limit", 20, "how many, of all clusters together; 0: all")
	return cmd
}
