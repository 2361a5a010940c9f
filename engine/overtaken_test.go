package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// pushing are options of a machine that pushes.
func pushing(t *testing.T) engine.HydrateOptions {
	o := options()
	o.Push, o.Clones = true, t.TempDir()
	o.Access = &remote.Access{Env: func(string) string { return "" }, Home: t.TempDir()}
	o.Random = func() float64 { return 0 }
	return o
}

// versions is a project's repository with two commits, checked out twice.
func versions(t *testing.T, address string) (older, newer string) {
	t.Helper()
	files := environments(1, fmt.Sprintf("  state {\n    repository = %q\n  }\n", address))
	newer = project(t, files)
	git(t, newer, "init", "-q", "-b", "main")
	git(t, newer, "add", ".")
	git(t, newer, "commit", "-q", "-m", "older")
	older = filepath.Join(t.TempDir(), "older")
	git(t, newer, "clone", "-q", newer, older)
	write(t, newer, map[string]string{"weir.hcl": strings.ReplaceAll(files["weir.hcl"], "text = env.name", "text = \"newer\"")})
	git(t, newer, "commit", "-q", "-am", "newer")
	git(t, older, "fetch", "-q")
	return older, newer
}

// TestOvertaken has two runs of one environment meet, of different commits of the
// project: whoever comes last, the newer commit is what stays.
func TestOvertaken(t *testing.T) {
	run := func(t *testing.T, first, second, repository string) (*engine.Report, string) {
		t.Helper()
		slow := hydrating(t, first)
		slow.Progress = &between{before: "push c", do: func() {
			if _, found, err := engine.Hydrate(t.Context(), hydrating(t, second), pushing(t)); err != nil || found.HasErrors() {
				t.Fatal(err, text(found))
			}
		}}
		report, found, err := engine.Hydrate(t.Context(), slow, pushing(t))
		if err != nil {
			t.Fatal(err)
		}
		git(t, repository, "fsck", "--strict")
		if data := git(t, repository, "show", "main:manifests/env-0/app/env-0/configmap_app.yaml"); !strings.Contains(data, "text: newer") {
			t.Errorf("the state is\n%s", data)
		}
		return report, text(found)
	}
	t.Run("by a newer commit", func(t *testing.T) {
		repository := filepath.Join(bare(t), "state.git")
		older, newer := versions(t, repository)
		report, said := run(t, older, newer, repository)
		if !strings.HasPrefix(said, "Error: A newer commit of the project is deployed to environment \"env-0\"\n") {
			t.Errorf("said\n%s", said)
		}
		if diff := cmp.Diff([]string{"c"}, report.Failed()); diff != "" {
			t.Errorf("failed clusters (-want +got):\n%s", diff)
		}
	})
	t.Run("by an older commit", func(t *testing.T) {
		repository := filepath.Join(bare(t), "state.git")
		older, newer := versions(t, repository)
		report, said := run(t, newer, older, repository)
		if said != "" || !report.Clusters[0].Pushed {
			t.Errorf("said\n%s", said)
		}
		if commits := git(t, repository, "log", "--format=%s", "main"); commits != "hydrate(env-0): app changed\nhydrate(env-0): app created\n" {
			t.Errorf("commits:\n%s", commits)
		}
	})
}

// TestServerTrouble has a server fail for a moment.
func TestServerTrouble(t *testing.T) {
	tests := []struct {
		name    string
		trouble func(git http.Handler, w http.ResponseWriter, r *http.Request)
		pauses  int
	}{
		{"does not answer", func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "over capacity", http.StatusServiceUnavailable)
		}, 1},
		// The push arrived, and nobody was told: asking says so.
		{"loses the answer", func(git http.Handler, _ http.ResponseWriter, r *http.Request) {
			git.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := bare(t)
			var pushed atomic.Bool
			server := gitserver.HTTP(t, root, gitserver.Wrap(func(git http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/git-receive-pack") && !pushed.Swap(true) {
						test.trouble(git, w, r)
						return
					}
					git.ServeHTTP(w, r)
				})
			}))
			dir := project(t, environments(1, fmt.Sprintf("  state {\n    repository = %q\n  }\n", server.URL+"/state.git")))
			pauses := 0
			o := pushing(t)
			o.Random = func() float64 { pauses++; return 0 }
			report, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), o)
			if err != nil || found.HasErrors() {
				t.Fatal(err, text(found))
			}
			if !report.Clusters[0].Pushed {
				t.Error("nothing was pushed")
			}
			if pauses != test.pauses {
				t.Errorf("%d pauses, want %d", pauses, test.pauses)
			}
			complete(t, 1, filepath.Join(root, "state.git"))
		})
	}
}

// TestOvertakenKeeps has two runs make a password up for one release: the first
// that is committed is the one that stays.
func TestOvertakenKeeps(t *testing.T) {
	repository := filepath.Join(bare(t), "state.git")
	files := environments(1, fmt.Sprintf("  state {\n    repository = %q\n  }\n", repository))
	files["weir.hcl"] = strings.Replace(files["weir.hcl"], "  namespace = env.name\n", "  namespace = env.name\n  nondeterminism = \"keep\"\n", 1)
	files["charts/app/templates/configmap.yaml"] += "  password: {{ randAlphaNum 20 | quote }}\n"
	dir := project(t, files)
	show := func() string { return git(t, repository, "show", "main:manifests/env-0/app/env-0/configmap_app.yaml") }
	var first string
	slow := hydrating(t, dir)
	slow.Progress = &between{before: "push c", do: func() {
		if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), pushing(t)); err != nil || found.HasErrors() {
			t.Fatal(err, text(found))
		}
		first = show()
	}}
	report, found, err := engine.Hydrate(t.Context(), slow, pushing(t))
	if err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	if diff := cmp.Diff(first, show()); diff != "" || !strings.Contains(first, "password: ") {
		t.Errorf("the state (-first +now):\n%s", diff)
	}
	if c := report.Clusters[0]; c.Changes() || c.Pushed {
		t.Errorf("reported %+v", c)
	}
}
