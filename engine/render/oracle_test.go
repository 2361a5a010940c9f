package render_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// open fetches and parses a chart of a file system.
func open(t testing.TB, fsys fs.FS, at string) *render.Chart {
	t.Helper()
	chart, found := fetch.From{Project: fsys}.Load(t.Context(), schema.Chart{Source: "./" + at, Path: at})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return parse(t, chart)
}

func parse(t testing.TB, chart *fetch.Chart) *render.Chart {
	t.Helper()
	files := make([]render.File, len(chart.Files))
	for i, f := range chart.Files {
		files[i] = render.File(f)
	}
	c, found := render.Parse(render.Input{Name: chart.Name, Root: chart.Root, Digest: chart.Digest, Files: files})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return c
}

// release makes a release with values from YAML.
func release(t testing.TB, yaml string) *plan.Release {
	t.Helper()
	node, found := values.ParseYAML("values/web.yaml", []byte(yaml))
	if found.HasErrors() {
		t.Skip(found[0].Summary) // values that Helm reads and we refuse
	}
	if node == nil || node.Value == nil {
		node = &values.Node{Value: map[string]*values.Node{}}
	}
	r := &plan.Release{Environment: "prod", Values: node}
	r.Name, r.HelmName, r.Namespace = "web", "web", "shop"
	r.CRDs, r.Hooks = "include", "keep"
	r.Chart = &schema.Chart{Source: "./chart", Path: "chart", Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 3, Column: 11}, End: diag.Pos{Line: 3, Column: 20}}}
	r.Cluster = schema.Cluster{Name: "main", Kubernetes: "1.34", APIVersions: []string{"monitoring.coreos.com/v1"}}
	return r
}

// TestPublicCharts compares with Helm's own executor on every chart below the
// directory that WEIR_CHARTS names: <chart>/Chart.yaml, values in
// <chart>/ci/*-values.yaml beside the defaults.
func TestPublicCharts(t *testing.T) {
	dir := os.Getenv("WEIR_CHARTS")
	if dir == "" {
		t.Skip("WEIR_CHARTS names no directory of charts")
	}
	charts, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
	if err != nil || len(charts) == 0 {
		t.Fatalf("no charts in %s: %v", dir, err)
	}
	for _, file := range charts {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			chart, found := fetch.From{Project: os.DirFS(dir)}.Load(t.Context(), schema.Chart{Source: name, Path: name})
			if found.HasErrors() {
				t.Skip(found[0].Summary)
			}
			c := parse(t, chart)
			inputs := map[string]string{"defaults": ""}
			extra, _ := filepath.Glob(filepath.Join(dir, name, "ci", "*.yaml"))
			for _, f := range extra {
				data, _ := os.ReadFile(f)
				inputs[path.Base(f)] = string(data)
			}
			for input, yaml := range inputs {
				t.Run(input, func(t *testing.T) { compare(t, c, release(t, yaml)) })
			}
		})
	}
}

// compare fails where Render and Helm disagree: on the objects, or on whether
// there are any.
func compare(t *testing.T, c *render.Chart, rel *plan.Release) {
	ours, found := render.Render(context.Background(), c, rel, render.Options{})
	schema := schemaError(c, rel)
	if found.HasErrors() && schema != nil {
		t.Skipf("both find schema violations: %s", found[0].Summary)
	}
	if schema != nil && !found.HasErrors() && !strings.Contains(fmt.Sprint(ours.Notes), "is not followed") {
		t.Fatalf("only Helm refuses the values: %v", schema)
	}
	if found.HasErrors() {
		_, theirs := render.Oracle(context.Background(), c, rel, render.Options{})
		if !theirs.HasErrors() {
			t.Fatalf("only Weir fails: %+v", found)
		}
		if theirs[0].Detail == "" {
			t.Errorf("Helm says nothing: %+v", theirs)
		}
		t.Skipf("both fail: %s -- %s", found[0].Summary, theirs[0].Detail)
	}
	if different := render.Verify(context.Background(), c, rel, render.Options{}, ours); len(different) > 0 {
		for _, d := range different {
			t.Errorf("%s:%d: %s %s", d.Subject.File, d.Subject.Start.Line, d.Summary, d.Detail)
		}
	}
	t.Logf("%d objects, %d unstable", len(ours.Objects), len(ours.Unstable))
	for _, u := range ours.Unstable {
		t.Logf("unstable: %v %s %s:%d", u.ID, u.Path, u.Template, u.Line)
	}
	for _, n := range ours.Notes {
		t.Logf("note: %s %s", n.Summary, n.Detail)
	}
}

// schemaError is what Helm says of the values and the chart's schemas.
func schemaError(c *render.Chart, rel *plan.Release) error {
	var files []*loader.BufferedFile
	for _, f := range c.Input.Files {
		files = append(files, &loader.BufferedFile{Name: f.Name, Data: f.Data})
	}
	root, err := loader.LoadFiles(files)
	if err != nil {
		return err
	}
	if err := chartutil.ProcessDependenciesWithMerge(root, rel.Values.PlainMap()); err != nil {
		return nil
	}
	vals, err := chartutil.CoalesceValues(root, rel.Values.PlainMap())
	if err != nil {
		return nil
	}
	return chartutil.ValidateAgainstSchema(root, vals)
}
