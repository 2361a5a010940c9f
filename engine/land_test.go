package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/integration/gitserver"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// project writes files into a new directory.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	return dir
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// chart makes one ConfigMap that says which environment it is of.
var chart = map[string]string{
	"charts/app/Chart.yaml":               "apiVersion: v2\nname: app\nversion: 1.0.0\n",
	"charts/app/values.yaml":              "text: none\n",
	"charts/app/templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ .Values.text }}\n",
}

// environments is a project of one cluster with a release in each of n.
func environments(n int, state string) map[string]string {
	var b strings.Builder
	fmt.Fprintf(&b, "project \"p\" {}\n\ncluster \"c\" {\n  kubernetes = \"1.34\"\n%s}\n\n", state)
	for i := range n {
		fmt.Fprintf(&b, "environment \"env-%d\" {\n  clusters = [\"c\"]\n}\n\n", i)
	}
	b.WriteString("release \"app\" {\n  chart     = \"./charts/app\"\n  namespace = env.name\n  values    = { text = env.name }\n}\n")
	files := map[string]string{"weir.hcl": b.String()}
	for name, text := range chart {
		files[name] = text
	}
	return files
}

// hydrating is one process's run of a project.
func hydrating(t *testing.T, dir string, environments ...string) engine.Run {
	t.Helper()
	loaded, found := schema.Load(schema.Options{Dir: dir})
	if found.HasErrors() {
		t.Fatal(text(found))
	}
	store, err := cache.Open(filepath.Join(t.TempDir(), "cache"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return engine.Run{
		Project: loaded, Dir: dir, Selection: plan.Selection{Environments: environments},
		Jobs: 2, Version: "0.0.0", Build: "test", Cache: store,
	}
}

// options are those of a machine without any configuration.
func options() engine.HydrateOptions {
	return engine.HydrateOptions{Committer: &signing.Committer{Env: func(string) string { return "" }, Now: time.Unix(1700000000, 0)}}
}

func text(found diag.List) string {
	var b strings.Builder
	_ = found.Format(&b, diag.Options{})
	return b.String()
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ann", "-c", "user.email=ann@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// writers runs one hydration for each of n environments, all at once, and wants
// every one of them in the repository. It returns how often they paused.
func writers(t *testing.T, n int, dir string, o engine.HydrateOptions) int64 {
	t.Helper()
	var pauses atomic.Int64
	o.Pause = func(ctx context.Context, d time.Duration) error {
		pauses.Add(1)
		select {
		case <-time.After(d / 3): // the server is near
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	runs := make([]engine.Run, n)
	for i := range runs {
		runs[i] = hydrating(t, dir, fmt.Sprintf("env-%d", i))
	}
	var all sync.WaitGroup
	for _, run := range runs {
		o := o
		o.Clones, o.Access = t.TempDir(), &remote.Access{Env: func(string) string { return "" }, Home: t.TempDir()}
		all.Go(func() {
			report, found, err := engine.Hydrate(t.Context(), run, o)
			if err != nil || found.HasErrors() {
				t.Errorf("%s: %v\n%s", run.Selection.Environments, err, text(found))
			} else if c := report.Clusters[0].Commit; c == nil || c.Old == c.New {
				t.Errorf("%s: no commit", run.Selection.Environments)
			}
		})
	}
	all.Wait()
	return pauses.Load()
}

// complete wants a commit and a release for each of n environments.
func complete(t *testing.T, n int, repository string) {
	t.Helper()
	git(t, repository, "fsck", "--strict")
	if commits := strings.Count(git(t, repository, "log", "--format=%h", "main"), "\n"); commits != n {
		t.Errorf("%d commits for %d writers", commits, n)
	}
	releases := strings.Fields(git(t, repository, "ls-tree", "-r", "--name-only", "main", "manifests"))
	if len(releases) != n {
		t.Errorf("%d manifests of %d writers: %q", len(releases), n, releases)
	}
}

func TestWritersOfTheEmbeddedState(t *testing.T) {
	const n = 20
	dir := project(t, environments(n, ""))
	pauses := writers(t, n, dir, options())
	complete(t, n, filepath.Join(dir, "state", "c"))
	t.Logf("%d pauses", pauses)
}

// TestWritersOfARemote has them push, each from a machine of its own.
func TestWritersOfARemote(t *testing.T) {
	const n = 20
	t.Run("path", func(t *testing.T) {
		root := bare(t)
		pushes(t, n, filepath.Join(root, "state.git"), filepath.Join(root, "state.git"))
	})
	t.Run("http", func(t *testing.T) {
		root := bare(t)
		server := gitserver.HTTP(t, root)
		pushes(t, n, server.URL+"/state.git", filepath.Join(root, "state.git"))
		asked := 0
		for _, line := range server.Requests() {
			if line == "POST /state.git/git-receive-pack" {
				asked++
			}
		}
		t.Logf("%d packs were sent for %d writers", asked, n)
		if asked > 5*n {
			t.Errorf("%d packs were sent for %d writers", asked, n)
		}
	})
}

func pushes(t *testing.T, n int, address, repository string) {
	t.Helper()
	dir := project(t, environments(n, fmt.Sprintf("  state {\n    repository = %q\n  }\n", address)))
	o := options()
	o.Push = true
	pauses := writers(t, n, dir, o)
	t.Logf("%d pauses", pauses)
	complete(t, n, repository)
}

// bare returns a directory with an empty bare repository state.git.
func bare(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	git(t, root, "init", "-q", "--bare", "-b", "main", "state.git")
	return root
}

// TestGiveUp has somebody commit before every try.
func TestGiveUp(t *testing.T) {
	dir := project(t, environments(2, ""))
	if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir, "env-0"), options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	repository := filepath.Join(dir, "state", "c")
	head := func() string { return git(t, repository, "rev-parse", "--short=12", "main") }
	began := strings.TrimSpace(head())

	o := options()
	var pauses []time.Duration
	o.Random = func() float64 { return 1 }
	o.Pause = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	run := hydrating(t, dir, "env-1")
	run.Progress = &between{before: "commit c", do: func() { git(t, repository, "commit", "-q", "--allow-empty", "-m", "faster") }}
	o.Committer.Env = func(name string) string { // is asked between Head and Commit
		if name == "GIT_AUTHOR_NAME" && len(pauses) > 0 {
			git(t, repository, "commit", "-q", "--allow-empty", "-m", fmt.Sprint("faster ", len(pauses)))
		}
		return ""
	}
	report, found, err := engine.Hydrate(t.Context(), run, o)
	if err != nil {
		t.Fatal(err)
	}
	want := `Error: The state repository moved on each time this run was about to write

  on state/c:

Branch main was at ` + began + ` when the run began and is at ` + strings.TrimSpace(head()) + ` now:
others hydrate or commit all the time. Weir gave up after 12 tries; nothing was
written for cluster "c".

Hydrate again when there is less going on.
`
	if diff := cmp.Diff(want, text(found)); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c"}, report.Failed()); diff != "" {
		t.Errorf("failed clusters (-want +got):\n%s", diff)
	}
	var seconds []float64
	for _, d := range pauses {
		seconds = append(seconds, d.Seconds())
	}
	if diff := cmp.Diff([]float64{.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30}, seconds); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}

// between does something once a piece of work starts.
type between struct {
	before string
	do     func()
}

func (b *between) Total(int)   {}
func (b *between) Done(string) {}
func (b *between) Started(name string) {
	if name == b.before {
		b.do()
	}
}

// TestInterrupted ends the run while it waits for its turn.
func TestInterrupted(t *testing.T) {
	dir := project(t, environments(2, ""))
	if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir, "env-0"), options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	repository := filepath.Join(dir, "state", "c")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options()
	o.Random = func() float64 { cancel(); return 1 }
	run := hydrating(t, dir, "env-1")
	run.Progress = &between{before: "commit c", do: func() { git(t, repository, "commit", "-q", "--allow-empty", "-m", "faster") }}
	_, _, err := engine.Hydrate(ctx, run, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if log := git(t, repository, "log", "--format=%s", "-1"); log != "faster\n" {
		t.Errorf("the last commit is %q", log)
	}
}

// TestInterruptedReport names what was not written, and what was.
func TestInterruptedReport(t *testing.T) {
	files := map[string]string{"weir.hcl": "project \"p\" {}\n\nenvironment \"dev\" {\n  clusters = [\"*\"]\n}\n\nrelease \"app\" {\n  chart = \"./charts/app\"\n}\n"}
	const clusters = 12 // more than are written at once
	for i := range clusters {
		files["weir.hcl"] += fmt.Sprintf("\ncluster \"c%02d\" {\n  kubernetes = \"1.34\"\n}\n", i)
	}
	for name, text := range chart {
		files[name] = text
	}
	run := hydrating(t, project(t, files))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run.Progress = &between{before: "commit c00", do: cancel}
	report, found, err := engine.Hydrate(ctx, run, options())
	if !errors.Is(err, context.Canceled) || found.HasErrors() || report == nil {
		t.Fatal(err, text(found))
	}
	for _, c := range report.Clusters {
		_, missing := os.Stat(filepath.Join(run.Dir, c.State, ".git", "refs", "heads", "main"))
		written := c.Commit != nil && c.Commit.New != ""
		if written != (missing == nil) || written == (c.Error != "") {
			t.Errorf("cluster %s: reported %v %q, found %v", c.Cluster, c.Commit, c.Error, missing)
		}
	}
}
