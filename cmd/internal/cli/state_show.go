package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

type showView struct{ engine.Shown }

// Human writes one YAML stream, the metadata as comments.
func (v showView) Human(w io.Writer, _ ui.Style) {
	m := v.Metadata
	fmt.Fprintf(w, "# %s/%s on %s, commit %.10s of %s\n", v.Environment, v.Release, v.Cluster, v.Commit, v.State)
	fmt.Fprintf(w, "# %s, %s\n", v.Date.Format("2006-01-02 15:04:05 -0700"), v.Author)
	if m.Chart != nil {
		fmt.Fprintf(w, "# chart %s %s from %s, %s\n", m.Chart.Name, m.Chart.Version, dash(m.Chart.Source), m.Chart.Digest)
	}
	fmt.Fprintf(w, "# Kubernetes %s, namespace %s, values %s\n", m.Kubernetes, m.Namespace, m.ValuesDigest)
	for _, image := range m.Images {
		fmt.Fprintf(w, "# image %s\n", image)
	}
	for _, need := range m.Needs {
		fmt.Fprintf(w, "# needs %s\n", need)
	}
	for _, id := range m.OmittedSecrets {
		fmt.Fprintf(w, "# left out: %s\n", id)
	}
	for _, file := range v.Files {
		fmt.Fprintf(w, "---\n# %s\n", file.Path)
		_, _ = io.WriteString(w, file.Content)
	}
}

func (a *app) stateShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show REV RELEASE",
		Short: "Print a release as a commit of a state repository has it",
		Long: `Print a release as a commit of a state repository has it: its metadata, and its
manifests as one YAML stream, hooks last.

REV names a commit as git rev-parse does: HEAD (the state's branch), HEAD~2, a
branch or tag, the first digits of an id. RELEASE is a name, or an environment
and a name: production/web.`,
		Example: `  weir state show HEAD web -e production
  weir state show HEAD~1 production/web -c prod-eu | kubectl diff -f -`,
		Args: takes("REV", "RELEASE"),
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			run, reading, done, err := a.beginReading(ctx)
			if err != nil {
				return nil, err
			}
			defer done()
			shown, found, err := engine.Show(ctx, run, engine.ShowOptions{Reading: reading, Rev: args[0], Release: args[1]})
			if err := a.conclusion(found, err); err != nil {
				return nil, err
			}
			return showView{shown}, nil
		}),
	}
	return cmd
}
