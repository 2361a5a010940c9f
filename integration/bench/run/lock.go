package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/repo"
)

// lockedReleases is how many releases the locked project has.
const lockedReleases = 100

// measureLock compares `weir lock` that finds nothing to do with `weir version`,
// and a validation of the locked charts with one of the same charts unpacked in
// the project. The charts are those of the cold project, in a real repository
// that counts what it is asked.
func (m *measurement) measureLock() error {
	if err := m.fresh("cache", "repository", "locked", "unpacked")(); err != nil {
		return err
	}
	names, err := m.pack()
	if err != nil {
		return err
	}
	var requests atomic.Int64
	files := http.FileServer(http.Dir(m.path("repository")))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	if err := m.lockedProject("locked", names, server.URL); err != nil {
		return err
	}
	if err := m.lockedProject("unpacked", names, ""); err != nil {
		return err
	}
	if err := os.CopyFS(m.path("unpacked/charts"), os.DirFS(m.path("cold/charts"))); err != nil {
		return err
	}
	lock := func() (sample, error) { return m.exec("weir", "-C", m.path("locked"), "--jobs=2", "-q", "lock") }
	validate := func(project string) func() (sample, error) {
		return func() (sample, error) { return m.exec("weir", "-C", m.path(project), "--jobs=2", "-q", "validate") }
	}
	nothing := func() error { return nil }
	var first, again, version, locked, unpacked sample
	if err := first.take(nothing, lock); err != nil {
		return err
	}
	asked := requests.Swap(0)
	for range m.rounds {
		for _, one := range []struct {
			best *sample
			run  func() (sample, error)
		}{
			{&version, func() (sample, error) { return m.exec("weir", "version") }},
			{&again, lock},
			{&locked, validate("locked")},
			{&unpacked, validate("unpacked")},
		} {
			if err := one.best.take(nothing, one.run); err != nil {
				return err
			}
		}
	}
	fmt.Printf("locked charts, %d releases of %d charts\n", lockedReleases, len(names))
	fmt.Printf("  first lock                   %s, %d requests: the index and %d archives\n", first, asked, asked-1)
	fmt.Printf("  nothing to lock              %s, %d requests (target 0); `weir version` takes %v\n", again, requests.Load(), version.wall.Round(time.Millisecond))
	fmt.Printf("  validate, from the cache     %s  = %.2f × unpacked in the project (target 1.2)\n\n", locked, ratio(locked, unpacked))
	return m.fresh("cache", "repository", "locked", "unpacked")()
}

// pack makes a repository of the cold project's charts.
func (m *measurement) pack() ([]string, error) {
	dirs, err := os.ReadDir(m.path("cold/charts"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, dir := range dirs {
		chart, err := loader.LoadDir(m.path("cold/charts/" + dir.Name()))
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", dir.Name(), err)
		}
		if err := os.MkdirAll(m.path("repository"), fs.ModePerm); err != nil {
			return nil, err
		}
		chart.Metadata.Name = dir.Name()
		if _, err := chartutil.Save(chart, m.path("repository")); err != nil {
			return nil, fmt.Errorf("pack %s: %w", dir.Name(), err)
		}
		names = append(names, dir.Name())
	}
	index, err := repo.IndexDirectory(m.path("repository"), "")
	if err != nil {
		return nil, err
	}
	return names, index.WriteFile(m.path("repository/index.yaml"), 0o644)
}

// lockedProject writes a project whose releases take charts of a repository, or,
// without one, of the project.
func (m *measurement) lockedProject(name string, charts []string, url string) error {
	var b strings.Builder
	b.WriteString("project \"locked\" {}\n\ncluster \"c\" {\n  kubernetes = \"1.34\"\n}\n\nenvironment \"e\" {\n  clusters = [\"c\"]\n}\n\n")
	from := "./charts/"
	if url != "" {
		fmt.Fprintf(&b, "repository \"main\" {\n  url = %q\n}\n\n", url)
		from = "main/"
	}
	for i := range lockedReleases {
		fmt.Fprintf(&b, "release \"r%d\" {\n  chart  = %q\n  values = { image = { repository = \"registry.example/app\" } }\n}\n\n", i, from+charts[i%len(charts)])
	}
	if err := os.MkdirAll(m.path(name), fs.ModePerm); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.path(name), "weir.hcl"), []byte(b.String()), 0o644)
}
