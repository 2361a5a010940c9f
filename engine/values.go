package engine

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Values is the values of one release at one target.
type Values struct {
	Environment string
	Cluster     string
	Release     string
	Tree        *values.Node // a map
}

// ValuesOf returns what the project says of a release's values; with its
// chart's own values.yaml as the lowest layer where chart is set. A release
// that several selected targets have is an answer only where they agree.
func ValuesOf(ctx context.Context, run Run, name string, chart bool) (Values, diag.List, error) {
	name, found := oneRelease(run, name)
	if found.HasErrors() {
		return Values{}, found, nil
	}
	named, _ := plan.ParseSelector([]string{"name=" + name})
	run.Selection.Selector = named
	p, found, err := run.Plan(ctx)
	if err != nil || found.HasErrors() {
		return Values{}, found, err
	}
	var releases []*plan.Release
	for _, target := range p.Targets {
		releases = append(releases, target.Releases...)
	}
	if len(releases) == 0 {
		for i := range found {
			found[i].Severity = diag.Error // without a target there is no answer
		}
		return Values{}, found, nil
	}
	first := releases[0]
	for _, other := range releases[1:] {
		if other.Values.Digest() != first.Values.Digest() || chart && !sameChart(first, other) {
			return Values{}, append(found, ambiguous(name, releases)), nil
		}
	}
	answer := Values{Environment: first.Environment, Cluster: first.Cluster.Name, Release: first.Name, Tree: first.Values}
	if chart && first.Chart != nil {
		base, list := chartValues(ctx, run, first)
		found = append(found, list...)
		if base != nil {
			answer.Tree = values.Merge([]values.Layer{{Name: values.ChartLayer, Root: base}, {Root: first.Values}})
		}
	}
	return answer, found, nil
}

func sameChart(a, b *plan.Release) bool {
	return (a.Chart == nil) == (b.Chart == nil) && (a.Chart == nil || a.Chart.Source == b.Chart.Source && a.Chart.Version == b.Chart.Version)
}

// chartValues reads the chart's own values.yaml, with lines.
func chartValues(ctx context.Context, run Run, r *plan.Release) (*values.Node, diag.List) {
	pool := charts.NewPool(run)
	chart, found := pool.Fetch(ctx, *r.Chart)
	if found.HasErrors() {
		return nil, found
	}
	for _, file := range chart.Files {
		if file.Name == "values.yaml" {
			root, list := values.ParseYAML(path.Join(chart.Root, file.Name), file.Data)
			if !list.HasErrors() {
				list = nil // what the chart's author might have written better is not for this user
			}
			return root, append(found, list...)
		}
	}
	return nil, found
}

func ambiguous(name string, releases []*plan.Release) diag.Diagnostic {
	var targets []string
	for _, r := range releases {
		targets = append(targets, fmt.Sprintf("%s@%s", r.Environment, r.Cluster.Name))
	}
	return diag.Errorf(releases[0].Range, "Release %q has different values at different targets", name).
		Detailf("It is planned for %s.", strings.Join(targets, ", ")).
		Remedyf("Choose one with -e and -c.")
}
