package fetch_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/repo"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
)

// helm is `helm dependency` with a home of its own.
type helm struct {
	t    *testing.T
	home string
}

func newHelm(t *testing.T, repositories map[string]string) *helm {
	h := &helm{t, t.TempDir()}
	file := repo.NewFile()
	for name, url := range repositories {
		file.Update(&repo.Entry{Name: name, URL: url})
	}
	if err := file.WriteFile(filepath.Join(h.home, "repositories.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	return h
}

// do runs `helm dependency update` or `build` on a chart.
func (h *helm) do(what func(*downloader.Manager) error, chart string) {
	h.t.Helper()
	err := what(&downloader.Manager{
		Out: io.Discard, ChartPath: chart, Getters: getter.All(&cli.EnvSettings{}),
		RepositoryConfig: filepath.Join(h.home, "repositories.yaml"), RepositoryCache: filepath.Join(h.home, "cache"),
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// write puts a chart into a new directory.
func write(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		file := filepath.Join(dir, filepath.FromSlash(pairs[i]))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestDependenciesAsHelm compares what Weir puts together with what Helm does,
// without a Chart.lock, with one that is older than what is there, and with one
// that is of other dependencies.
func TestDependenciesAsHelm(t *testing.T) {
	server := chartserver.New(t)
	for _, version := range []string{"18.1.0", "18.5.0", "18.10.0", "19.0.0"} {
		server.Add("redis", version, "templates/a.yaml", "redis: "+version+"\n", "values.yaml", "a: 1\n")
	}
	server.Add("common", "1.0.0", "templates/_a.tpl", "")
	nested := chartserver.Pack("common", "1.0.0", "templates/_a.tpl", "")
	server.Add("stack", "2.0.0", "Chart.yaml", chartYAML("stack", "2.0.0", "dependencies:\n- name: common\n  version: 1.x\n  repository: "+server.URL+"\n"), "charts/common-1.0.0.tgz", string(nested))

	chart := chartYAML("web", "1.0.0", `dependencies:
- {name: redis, version: "18.5.0", repository: "URL/", alias: old}
- {name: redis, version: "^18", repository: "@main", alias: new, condition: new.enabled}
- {name: stack, version: ">=1", repository: "alias:main"}
- {name: lib, version: "*", repository: "file://../lib"}
`)
	chart = strings.ReplaceAll(chart, "URL", server.URL)
	files := []string{
		"web/Chart.yaml", chart, "web/templates/a.yaml", "a: 1\n",
		"lib/Chart.yaml", "apiVersion: v2\nname: lib\ntype: library\nversion: 0.1.0\n", "lib/templates/_a.tpl", "x",
	}
	helm := newHelm(t, map[string]string{"main": server.URL})
	access := &fetch.Access{Home: t.TempDir(), Env: func(string) string { return "" }}
	// ours and theirs are the files of a chart, put together by Weir and by Helm.
	ours := func(dir string) (map[string]string, []schema.Locked) {
		t.Helper()
		locking := &fetch.Locking{Stock: &fetch.Stock{Source: fetch.NewRepositories(access, nil)}}
		from := fetch.From{Project: os.DirFS(dir), Repositories: []schema.ChartRepository{{Name: "main", URL: server.URL}}, Library: locking.Missing()}
		chart, found := from.Load(context.Background(), ref("web"))
		if chart == nil {
			t.Fatal(show(nil, found))
		}
		return contents(chart), locking.Lock().Charts
	}
	theirs := func(dir string) map[string]string {
		t.Helper()
		chart, found := fetch.From{Project: os.DirFS(dir)}.Load(context.Background(), ref("web"))
		if chart == nil {
			t.Fatal(show(nil, found))
		}
		return contents(chart)
	}
	versions := func(locked []schema.Locked) string {
		var b strings.Builder
		for _, e := range locked {
			b.WriteString(strings.ReplaceAll(e.Source, server.URL, "URL") + " " + e.Constraint + ": " + e.Version + "\n")
		}
		return b.String()
	}

	built := write(t, files...)
	helm.do((*downloader.Manager).Update, filepath.Join(built, "web"))
	lock, err := os.ReadFile(filepath.Join(built, "web/Chart.lock"))
	if err != nil {
		t.Fatal(err)
	}
	got, locked := ours(write(t, files...))
	got["Chart.lock"] = string(lock)
	if diff := cmp.Diff(theirs(built), got); diff != "" {
		t.Errorf("without Chart.lock (-Helm +Weir):\n%s", diff)
	}
	want := "URL/redis 18.5.0: 18.5.0\nmain/redis ^18: 18.10.0\nmain/stack >=1: 2.0.0\n"
	if diff := cmp.Diff(want, versions(locked)); diff != "" {
		t.Errorf("without Chart.lock (-want +got):\n%s", diff)
	}

	server.Add("redis", "18.11.0", "templates/a.yaml", "redis: new\n")
	files = append(files, "web/Chart.lock", string(lock))
	built = write(t, files...)
	helm.do((*downloader.Manager).Build, filepath.Join(built, "web"))
	got, locked = ours(write(t, files...))
	if diff := cmp.Diff(theirs(built), got); diff != "" {
		t.Errorf("with Chart.lock (-Helm +Weir):\n%s", diff)
	}
	want = "URL/redis 18.5.0: 18.5.0\nmain/redis 18.10.0: 18.10.0\nmain/stack 2.0.0: 2.0.0\n"
	if diff := cmp.Diff(want, versions(locked)); diff != "" {
		t.Errorf("with Chart.lock (-want +got):\n%s", diff)
	}

	files[1] = strings.ReplaceAll(chart, `"^18"`, `">= 18"`)
	_, locked = ours(write(t, files...))
	want = "URL/redis 18.5.0: 18.5.0\nmain/redis >= 18: 19.0.0\nmain/stack >=1: 2.0.0\n"
	if diff := cmp.Diff(want, versions(locked)); diff != "" {
		t.Errorf("with the Chart.lock of other dependencies (-want +got):\n%s", diff)
	}
}

// contents are the files of a chart, but for what Helm makes of the one that it
// packs itself.
func contents(chart *fetch.Chart) map[string]string {
	all := map[string]string{}
	for _, f := range chart.Files {
		name := strings.Replace(f.Name, "charts/lib-0.1.0/", "charts/lib/", 1)
		if all[name] = string(f.Data); name == "charts/lib/Chart.yaml" {
			all[name] = "Helm writes it anew"
		}
	}
	return all
}
