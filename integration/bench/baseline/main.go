// Command baseline is the bare loop over the Helm SDK that Weir is measured
// against: each chart is loaded once, every job is one action.Install dry run,
// two at a time, and what comes out is written as one file per job. It does
// nothing else that Weir does: no canonical YAML, no checks, no state.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/integration/bench"
)

func main() {
	dir := flag.String("dir", "", "a project that package bench has written")
	out := flag.String("out", "", "where to write")
	workers := flag.Int("jobs", 2, "jobs at once")
	flag.Parse()
	if err := run(*dir, *out, *workers); err != nil {
		log.Fatal(err)
	}
}

func run(dir, out string, workers int) error {
	data, err := os.ReadFile(filepath.Join(dir, "jobs.json"))
	if err != nil {
		return err
	}
	var jobs []bench.Job
	if err := json.Unmarshal(data, &jobs); err != nil {
		return err
	}
	charts := map[string]*chart.Chart{}
	for _, job := range jobs {
		if charts[job.Chart] == nil {
			if charts[job.Chart], err = loader.Load(filepath.Join(dir, job.Chart)); err != nil {
				return err
			}
		}
		if err := os.MkdirAll(filepath.Join(out, job.Environment), 0o755); err != nil {
			return err
		}
	}

	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(workers)
	for _, job := range jobs {
		group.Go(func() error {
			text, err := render(ctx, dir, job, clone(charts[job.Chart]))
			if err != nil {
				return fmt.Errorf("%s/%s: %w", job.Environment, job.Name, err)
			}
			return os.WriteFile(filepath.Join(out, job.Environment, job.Name+".yaml"), []byte(text), 0o644)
		})
	}
	return group.Wait()
}

func render(ctx context.Context, dir string, job bench.Job, loaded *chart.Chart) (string, error) {
	values := map[string]any{}
	for _, file := range job.Files {
		layer, err := chartutil.ReadValuesFile(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		values = merge(values, layer)
	}
	values = merge(values, job.Values)

	kubernetes, err := chartutil.ParseKubeVersion(job.Kubernetes)
	if err != nil {
		return "", err
	}
	install := action.NewInstall(&action.Configuration{})
	install.DryRun, install.ClientOnly, install.Replace = true, true, true
	install.IncludeCRDs, install.SkipCRDs = !job.SkipCRDs, job.SkipCRDs
	install.ReleaseName, install.Namespace = job.Name, job.Namespace
	install.KubeVersion, install.APIVersions = kubernetes, job.APIVersions
	release, err := install.RunWithContext(ctx, loaded, values)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString(release.Manifest)
	for _, hook := range release.Hooks {
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return text.String(), nil
}

// merge returns both maps as one, deeply; later wins, lists are replaced.
func merge(under, over map[string]any) map[string]any {
	merged := maps.Clone(under)
	for key, value := range over {
		above, isMap := value.(map[string]any)
		below, wasMap := merged[key].(map[string]any)
		if isMap && wasMap {
			merged[key] = merge(below, above)
			continue
		}
		merged[key] = value
	}
	return merged
}

// clone copies what the SDK changes in a chart while it renders: dependencies,
// their metadata, and values.
func clone(c *chart.Chart) *chart.Chart {
	copied, metadata := *c, *c.Metadata
	metadata.Dependencies = slices.Clone(metadata.Dependencies)
	for i, dependency := range metadata.Dependencies {
		declared := *dependency
		metadata.Dependencies[i] = &declared
	}
	copied.Metadata, copied.Values = &metadata, merge(c.Values, nil)
	var dependencies []*chart.Chart
	for _, dependency := range c.Dependencies() {
		dependencies = append(dependencies, clone(dependency))
	}
	copied.SetDependencies(dependencies...)
	return &copied
}
