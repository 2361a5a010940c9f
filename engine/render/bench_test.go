package render_test

import (
	"context"
	"io"
	"log"
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
)

// BenchmarkRender renders a chart to canonical bytes, next to the SDK's dry run
// of the same: WEIR_CHARTS and WEIR_CHART (a glob) choose others than the
// synthetic one.
func BenchmarkRender(b *testing.B) {
	if dir := os.Getenv("WEIR_CHARTS"); dir != "" {
		matches, _ := filepath.Glob(filepath.Join(dir, os.Getenv("WEIR_CHART")))
		for _, m := range matches {
			name := filepath.Base(m)
			c := open(b, os.DirFS(dir), name)
			b.Run(name, func(b *testing.B) { benchmark(b, c, release(b, "")) })
		}
		return
	}
	benchmark(b, open(b, large(), "large"), release(b, "services: 40\n"))
}

func benchmark(b *testing.B, c *render.Chart, rel *plan.Release) {
	b.Run("weir", func(b *testing.B) {
		memo := manifest.NewMemo(128 << 20)
		b.ReportAllocs()
		size := 0
		for b.Loop() {
			r, found := render.Render(context.Background(), c, rel, render.Options{Memo: memo})
			if found.HasErrors() {
				b.Fatal(found)
			}
			size = 0
			for _, o := range r.Objects {
				size += len(o.Bytes())
			}
		}
		b.ReportMetric(float64(size), "bytes/render")
	})
	b.Run("sdk", func(b *testing.B) {
		log.SetOutput(io.Discard)
		var files []*loader.BufferedFile
		for _, f := range c.Input.Files {
			files = append(files, &loader.BufferedFile{Name: f.Name, Data: f.Data})
		}
		loaded, err := loader.LoadFiles(files)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			install := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
			install.DryRun, install.ClientOnly, install.IncludeCRDs, install.Replace = true, true, true, true
			install.ReleaseName, install.Namespace = rel.HelmName, rel.Namespace
			install.KubeVersion, _ = chartutil.ParseKubeVersion(rel.Cluster.Kubernetes)
			install.APIVersions = rel.Cluster.APIVersions
			if _, err := install.Run(copied(loaded), rel.Values.PlainMap()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// copied is what somebody who knows that the SDK changes a chart would do.
func copied(c *chart.Chart) *chart.Chart {
	out := *c
	metadata := *c.Metadata
	metadata.Dependencies = nil
	for _, d := range c.Metadata.Dependencies {
		d := *d
		metadata.Dependencies = append(metadata.Dependencies, &d)
	}
	out.Metadata = &metadata
	var children []*chart.Chart
	for _, child := range c.Dependencies() {
		children = append(children, copied(child))
	}
	out.SetDependencies(children...)
	return &out
}
