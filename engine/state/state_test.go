package state_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// who signs the commits of the tests.
var who = signing.Identities{
	Author:    signing.Identity{Name: "Ada", Email: "ada@example.com", When: time.Unix(1767225600, 0).UTC()},
	Committer: signing.Identity{Name: "CI", Email: "ci@example.com", When: time.Unix(1767225660, 0).UTC()},
}

// place is an empty location in a directory of its own.
func place(t testing.TB) state.Location {
	t.Helper()
	return state.Default(t.TempDir(), "prod", "")
}

// git runs the real Git in the repository, with nobody's configuration.
func git(t testing.TB, at state.Location, args ...string) string {
	t.Helper()
	out, err := tryGit(at, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryGit(at state.Location, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", at.Dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Eve", "GIT_AUTHOR_EMAIL=eve@example.com", "GIT_COMMITTER_NAME=Eve", "GIT_COMMITTER_EMAIL=eve@example.com",
		"GIT_AUTHOR_DATE=@1767225700 +0000", "GIT_COMMITTER_DATE=@1767225700 +0000", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// sound holds what every test expects at its end: Git finds nothing to complain
// about, and the work tree is the commit's.
func sound(t testing.TB, at state.Location) {
	t.Helper()
	if out := git(t, at, "fsck", "--strict", "--full", "--no-dangling"); strings.TrimSpace(out) != "" {
		t.Errorf("git fsck: %s", out)
	}
	settled(t, at)
}

// settled is the half of it that takes a fraction of the time.
func settled(t testing.TB, at state.Location) {
	t.Helper()
	if out := git(t, at, "status", "--porcelain"); out != "" {
		t.Errorf("git status:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(at.Dir, ".git", "weir", "checkout")); err == nil {
		t.Error("the journal is still there")
	}
}

func open(t testing.TB, at state.Location) (state.Repository, *state.Snapshot) {
	t.Helper()
	r, err := state.Open(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	head, err := r.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r, head
}

// want is what a test wants of a run.
type want func(*testing.T, *state.Stage)

// hydrate is one whole run.
func hydrate(t *testing.T, at state.Location, wants ...want) (*state.Change, state.Result) {
	t.Helper()
	c, result, err := tryHydrate(t, at, wants...)
	if err != nil {
		t.Fatal(err)
	}
	return c, result
}

func tryHydrate(t *testing.T, at state.Location, wants ...want) (*state.Change, state.Result, error) {
	t.Helper()
	r, err := state.Open(context.Background(), at)
	if err != nil {
		return nil, state.Result{}, err
	}
	defer r.Close()
	head, err := r.Head(context.Background())
	if err != nil {
		return nil, state.Result{}, err
	}
	stage := state.NewStage(head)
	for _, w := range wants {
		w(t, stage)
	}
	c, err := stage.Plan()
	if err != nil {
		return nil, state.Result{}, err
	}
	result, err := r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1.2.3", Source: state.Source{URL: "https://git.example/shop", Commit: "c0ffee"}}.Text(c), Who: who})
	return c, result, err
}

// object is an object with nothing but a name and a text.
func object(t testing.TB, apiVersion, kind, namespace, name, text string) manifest.Object {
	t.Helper()
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	o, err := manifest.New(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata, "data": map[string]any{"text": text}},
		manifest.Source{File: "templates/" + strings.ToLower(kind) + ".yaml", Line: 3})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func config(t testing.TB, namespace, name, text string) manifest.Object {
	t.Helper()
	return object(t, "v1", "ConfigMap", namespace, name, text)
}

func key(s string) state.Key {
	environment, release, _ := strings.Cut(s, "/")
	return state.Key{Environment: environment, Release: release}
}

// release lays out a release of a chart.
func release(t testing.TB, k, version string, objects ...manifest.Object) state.Release {
	t.Helper()
	r, err := state.Layout(key(k), objects, state.Metadata{
		Chart:        &state.Chart{Name: "app", Version: version, Digest: "sha256:" + version},
		Kubernetes:   "1.34",
		Namespace:    "web",
		ValuesDigest: "sha256:values",
		Sync:         state.Sync{Prune: true, Wait: true, Timeout: "5m0s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(r state.Release) want {
	return func(t *testing.T, s *state.Stage) {
		t.Helper()
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(k string) want {
	return func(_ *testing.T, s *state.Stage) { s.Remove(key(k)) }
}

func move(from, to string) want {
	return func(_ *testing.T, s *state.Stage) { s.Move(key(from), key(to)) }
}

func namespace(environment, name, text string) want {
	return func(t *testing.T, s *state.Stage) {
		t.Helper()
		if err := s.PutNamespace(environment, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// asks adds Namespaces to what a release asks for.
func asks(r state.Release, namespaces ...string) state.Release {
	r.Metadata.Namespaces = namespaces
	return r
}

// same fails with a diff.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if os.Getenv("SHOW") != "" {
		if s, ok := any(got).(string); ok {
			t.Logf("%s:\n<<<%s>>>", what, s)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// refused renders what a person would read of an error.
func refused(t testing.TB, err error) string {
	t.Helper()
	list, ok := diag.Refused(err)
	if !ok {
		t.Fatalf("no diagnostics, but: %v", err)
	}
	var b strings.Builder
	for _, d := range list {
		if d.Severity != diag.Error || d.Summary == "" || d.Remedy == "" {
			t.Errorf("not a whole diagnostic: %+v", d)
		}
		b.WriteString(d.Subject.File)
		if d.Subject.Start.Line > 0 {
			b.WriteString(":" + strings.Repeat("I", d.Subject.Start.Line))
		}
		b.WriteString(": " + d.Summary + "\n")
		if d.Detail != "" {
			b.WriteString("  " + d.Detail + "\n")
		}
		b.WriteString("  " + d.Remedy + "\n")
		for _, r := range d.Related {
			b.WriteString("  - " + r.Range.File + ": " + r.Note + "\n")
		}
	}
	return b.String()
}

func jsonOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

var update = flag.Bool("update", false, "write the golden files")

// golden is the content of a file in testdata; with -update it becomes got.
func golden(t testing.TB, name string, got []byte) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
