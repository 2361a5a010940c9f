package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// charted is a project of n releases of a repository's eight charts, with a
// local chart that depends on two of them.
func charted(n int, url string) map[string]string {
	var b strings.Builder
	fmt.Fprintf(&b, "project \"p\" {}\n\ncluster \"c\" {\n  kubernetes = \"1.34\"\n}\n\nenvironment \"dev\" {\n  clusters = [\"c\"]\n}\n\nrepository \"main\" {\n  url = %q\n}\n\n", url)
	for i := range n {
		constraint := []string{"^1", "~1.0", "1.0.0"}[i%3]
		fmt.Fprintf(&b, "release \"r%d\" {\n  chart   = \"main/chart%d\"\n  version = %q\n}\n\n", i, i%8, constraint)
	}
	b.WriteString("release \"umbrella\" {\n  chart = \"./umbrella\"\n}\n")
	return map[string]string{
		"weir.hcl": b.String(),
		"umbrella/Chart.yaml": "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n" +
			"  - {name: chart0, version: ^1, repository: " + url + "}\n  - {name: chart1, version: ^1, repository: '@main'}\n",
	}
}

func chartRepository(t *testing.T) *chartserver.Server {
	server := chartserver.New(t)
	for i := range 8 {
		server.Add(fmt.Sprintf("chart%d", i), "1.0.0", "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}\n")
	}
	server.Requests()
	return server
}

// fetching is a run with a machine around it: a store, no credentials.
func fetching(t *testing.T, dir, store string) engine.Run {
	run := hydrating(t, dir)
	run.Outside = engine.Outside{
		Access: &fetch.Access{Env: func(string) string { return "" }, Pause: func(context.Context, time.Duration) error { return nil }},
		Store:  fetch.NewStore(store),
	}
	return run
}

func lock(t *testing.T, run engine.Run) *engine.LockReport {
	t.Helper()
	report, found, err := engine.Lock(t.Context(), run)
	if err != nil || len(found) > 0 {
		t.Fatal(err, text(found))
	}
	return report
}

// everything is what the repository is asked by somebody who has nothing.
func everything(kinds string) []string {
	var all []string
	for i := range 8 {
		all = append(all, fmt.Sprintf("GET /chart%d-1.0.0.tgz OK", i))
	}
	if strings.Contains(kinds, "index") {
		all = append(all, "GET /index.yaml OK")
	}
	return all
}

// TestOneRequestForOneThing: a hundred releases, twenty-four constraints and two
// sub-charts are one index and eight archives; after that nobody is asked again.
func TestOneRequestForOneThing(t *testing.T) {
	server := chartRepository(t)
	dir, store := project(t, charted(100, server.URL)), t.TempDir()
	report := lock(t, fetching(t, dir, store))
	if diff := cmp.Diff(everything("index archives"), server.Requests()); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	if report.Charts != 25 || len(report.Changes) != 25 || len(report.Fetched) != 8 {
		t.Errorf("%d charts, %d changes, %d fetched", report.Charts, len(report.Changes), len(report.Fetched))
	}
	file := filepath.Join(dir, schema.LockFile)
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	report = lock(t, fetching(t, dir, store))
	after, err := os.Stat(file)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the lock was written again: %v", err)
	}
	if diff := cmp.Diff(&engine.LockReport{Charts: 25, Changes: []engine.LockChange{}, Fetched: []fetch.Fetched{}}, report); diff != "" {
		t.Error(diff)
	}

	// With the lock and no cache: the archives, and no index.
	run := fetching(t, dir, t.TempDir())
	if _, found, err := engine.Validate(t.Context(), run, time.Time{}); err != nil || len(found) > 0 {
		t.Fatal(err, text(found))
	}
	if diff := cmp.Diff(everything("archives"), server.Requests()); diff != "" {
		t.Errorf("validate without a cache (-want +got):\n%s", diff)
	}
}

// TestFullCacheAsksNobody: with a full cache there is no network at all, on a
// machine where every attempt to reach it is a failure of the test.
func TestFullCacheAsksNobody(t *testing.T) {
	server := chartRepository(t)
	dir, store := project(t, charted(20, server.URL)), t.TempDir()
	lock(t, fetching(t, dir, store))
	server.Stop()
	for name, do := range map[string]func(engine.Run) (string, error){
		"hydrate": func(run engine.Run) (string, error) {
			_, found, err := engine.Hydrate(t.Context(), run, options())
			return text(found), err
		},
		"hydrate --check": func(run engine.Run) (string, error) {
			o := options()
			o.Check = true
			_, found, err := engine.Hydrate(t.Context(), run, o)
			return text(found), err
		},
		"validate": func(run engine.Run) (string, error) {
			_, found, err := engine.Validate(t.Context(), run, time.Time{})
			return text(found), err
		},
		"values --all": func(run engine.Run) (string, error) {
			_, found, err := engine.ValuesOf(t.Context(), run, "r1", true)
			return text(found), err
		},
		"lock": func(run engine.Run) (string, error) {
			_, found, err := engine.Lock(t.Context(), run)
			return text(found), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := fetching(t, dir, store)
			run.Outside.Access.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
				t.Errorf("somebody dials %s %s", network, address)
				return nil, errors.New("there is no network")
			}
			if found, err := do(run); err != nil || found != "" {
				t.Error(err, found)
			}
		})
	}
}

// TestManyFillOneCache: nobody waits for anybody, and nobody sees half a chart.
func TestManyFillOneCache(t *testing.T) {
	server := chartRepository(t)
	dir, store := project(t, charted(20, server.URL)), t.TempDir()
	lock(t, fetching(t, dir, t.TempDir()))
	var together sync.WaitGroup
	for range 8 {
		run := fetching(t, dir, store)
		together.Go(func() {
			if _, found, err := engine.Validate(t.Context(), run, time.Time{}); err != nil || len(found) > 0 {
				t.Error(err, text(found))
			}
		})
	}
	together.Wait()
	files, err := filepath.Glob(filepath.Join(store, "charts", "*", "*"))
	if err != nil || len(files) != 8 {
		t.Errorf("%d files in the store: %v %v", len(files), files, err)
	}
}

// TestOneProblem: a repository that is down is one finding and one round of
// tries, and nothing is written.
func TestOneProblem(t *testing.T) {
	server := chartRepository(t)
	dir := project(t, charted(30, server.URL))
	server.Fault("/index.yaml", chartserver.Status(503, ""))
	_, found, err := engine.Lock(t.Context(), fetching(t, dir, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(text(found), server.Host, "charts.example")
	want := `Error: charts.example failed

  on umbrella/Chart.yaml line 4:
  on weir.hcl line 166, the chart is used here:
  on weir.hcl line 16, the same here:
  on weir.hcl line 21, the same here:
  on weir.hcl line 26, the same here:

It answered 503 to a request without credentials for
http://charts.example/index.yaml. It is the same at 21 more places.

Try again later; if it stays so, ask who runs the server.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(4, len(server.Requests())); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, schema.LockFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a lock was written: %v", err)
	}
}

// TestManyVendor: several runs in one project take turns, and all of them leave
// what the lock says.
func TestManyVendor(t *testing.T) {
	server := chartRepository(t)
	dir, store := project(t, charted(20, server.URL)), t.TempDir()
	lock(t, fetching(t, dir, store))
	var together sync.WaitGroup
	for range 6 {
		run := fetching(t, dir, store)
		together.Go(func() {
			if _, found, err := engine.Vendor(t.Context(), run, false); err != nil || len(found) > 0 {
				t.Error(err, text(found))
			}
		})
	}
	together.Wait()
	report, found, err := engine.Vendor(t.Context(), fetching(t, dir, store), true)
	if err != nil || len(found) > 0 {
		t.Fatal(err, text(found))
	}
	want := &engine.VendorReport{Check: true, Dir: fetch.VendorDir, Charts: 8, Changes: []engine.VendorChange{}, Fetched: []fetch.Fetched{}}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
}

// TestVendorWaits: who waits for another run may be stopped.
func TestVendorWaits(t *testing.T) {
	server := chartRepository(t)
	dir, store := project(t, charted(20, server.URL)), t.TempDir()
	lock(t, fetching(t, dir, store))
	other, err := fetch.NewVendorWriter(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if report, _, err := engine.Vendor(ctx, fetching(t, dir, store), false); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestOneProblemOfMany: an archive that is gone is one finding of hydrate and of
// validate as well, however many releases have its chart.
func TestOneProblemOfMany(t *testing.T) {
	server := chartRepository(t)
	dir := project(t, charted(24, server.URL))
	lock(t, fetching(t, dir, t.TempDir()))
	server.Fault("/chart2-1.0.0.tgz", chartserver.Status(404, ""))
	want := `Error: charts.example does not have the chart's archive

  on weir.hcl line 26:
  on weir.hcl line 66, the same here:
  on weir.hcl line 106, the same here:

It is locked to 1.0.0, which is not at hand and has to be fetched. It answered
404 to a request without credentials for
http://charts.example/chart2-1.0.0.tgz.

If the version was withdrawn, take another one with ` + "`weir update`" + `. Some servers
answer so, too, when an account may not see it.
`
	_, hydrated, err := engine.Hydrate(t.Context(), fetching(t, dir, t.TempDir()), options())
	if err != nil {
		t.Fatal(err)
	}
	_, valid, err := engine.Validate(t.Context(), fetching(t, dir, t.TempDir()), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]diag.List{"hydrate": hydrated, "validate": valid} {
		if diff := cmp.Diff(want, strings.ReplaceAll(text(found), server.Host, "charts.example")); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
