package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/values"
)

type valuesView struct {
	Environment string         `json:"environment"`
	Cluster     string         `json:"cluster"`
	Release     string         `json:"release"`
	Values      *values.Node   `json:"values"`
	Origins     values.Origins `json:"origins,omitempty"`
}

func (v valuesView) Human(w io.Writer, _ ui.Style) {
	if v.Origins != nil {
		fmt.Fprint(w, v.Origins.Text())
		return
	}
	_, _ = w.Write(v.Values.YAML())
}

func (a *app) valuesCommand() *cobra.Command {
	var origins, all bool
	cmd := &cobra.Command{
		Use:               "values RELEASE",
		Short:             "Print a release's merged values, or where each of them comes from",
		Example:           "  weir values web -e production\n  weir values web -e production --origins",
		Args:              takes("RELEASE"),
		ValidArgsFunction: a.completeRelease,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			result, err := a.valuesOf(ctx, args[0], all)
			if err != nil {
				return nil, err
			}
			v := valuesView{Environment: result.Environment, Cluster: result.Cluster, Release: result.Release, Values: result.Tree}
			if origins {
				v.Origins = result.Tree.Origins()
			}
			return v, nil
		}),
	}
	cmd.Flags().BoolVar(&origins, "origins", false, "a line per value: file and line that set it, and what that overrode")
	cmd.Flags().BoolVar(&all, "all", false, "with the chart's own values.yaml as the lowest layer")
	return cmd
}

func (a *app) valuesOf(ctx context.Context, name string, chart bool) (engine.Values, error) {
	run, err := a.begin(ctx)
	if err != nil {
		return engine.Values{}, err
	}
	result, found, err := engine.ValuesOf(ctx, run, name, chart)
	return result, a.conclusion(found, err)
}

type explainView struct {
	Environment string             `json:"environment"`
	Cluster     string             `json:"cluster"`
	Release     string             `json:"release"`
	Explanation values.Explanation `json:"explanation"`
}

func (v explainView) Human(w io.Writer, _ ui.Style) { fmt.Fprint(w, v.Explanation.Text()) }

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "explain RELEASE PATH",
		Short:             "Tell why one value is what it is",
		Example:           "  weir explain web ingress.hosts[0].host -e production",
		Args:              takes("RELEASE", "PATH"),
		ValidArgsFunction: a.completeRelease,
		RunE: a.run(func(ctx context.Context, args []string) (view, error) {
			at, err := values.ParsePath(args[1])
			if err != nil {
				return nil, err
			}
			result, err := a.valuesOf(ctx, args[0], true)
			if err != nil {
				return nil, err
			}
			explanation := result.Tree.Explain(at)
			if !explanation.Found && explanation.Above == nil {
				return nil, a.report(unset(args[0], at, explanation))
			}
			return explainView{result.Environment, result.Cluster, result.Release, explanation}, nil
		}),
	}
}
