package integration

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExamples hydrates every example and compares all that is written with
// its expected/ tree, after one job at a time and after many.
func TestExamples(t *testing.T) {
	for _, dir := range examples(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			out := t.TempDir()
			hydrate(t, dir, out, "1")
			expected := filepath.Join(dir, "expected")
			if *update {
				if err := os.RemoveAll(expected); err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(expected, os.DirFS(out)); err != nil {
					t.Fatal(err)
				}
			}
			want := files(t, expected)
			if diff := cmp.Diff(want, files(t, out)); diff != "" {
				t.Errorf("expected/ (-) and what is written (+) differ; make golden rewrites it:\n%s", diff)
			}
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			again := t.TempDir()
			hydrate(t, dir, again, "8")
			if diff := cmp.Diff(want, files(t, again)); diff != "" {
				t.Errorf("with --jobs 8 something else is written (+):\n%s", diff)
			}
		})
	}
}

// TestExamplesVerify compares the examples with what Helm's own engine renders.
func TestExamplesVerify(t *testing.T) {
	for _, dir := range examples(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			hydrate(t, dir, t.TempDir(), "2", "--verify")
		})
	}
}

// public is the example whose charts are not here: others publish them.
const public = "../examples/real-world"

// examples are the directories of those that can be hydrated.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../examples/*/weir.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var dirs []string
	for _, file := range files {
		if dir := filepath.Dir(file); dir != public {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// TestExampleOfPublicCharts: what can be told of a project whose charts nobody
// has asked for yet.
func TestExampleOfPublicCharts(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(public)); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, "weir.lock.hcl")) // of a person who tried it
	weir := exec.Command(filepath.Join(bin, "weir"), "-C", dir, "validate")
	weir.Env = append(os.Environ(), "https_proxy=http://127.0.0.1:1") // nobody is asked
	out, err := weir.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := `real-world is valid: 2 targets, 18 releases
Warning: 9 charts are not locked, so nothing is known of them

  on weir.hcl line 52, in release "cert-manager":
  52:   chart     = "jetstack/cert-manager"
                    ^^^^^^^^^^^^^^^^^^^^^^^

They are argo/argo-cd, external-dns/external-dns,
external-secrets/external-secrets, fluent/fluent-bit,
ingress-nginx/ingress-nginx, jetstack/cert-manager,
prometheus/kube-prometheus-stack, sealed-secrets/sealed-secrets,
stakater/reloader.

Run ` + "`weir lock`" + ` and commit weir.lock.hcl; values are then compared with what
their charts take.
`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func hydrate(t *testing.T, project, out, jobs string, more ...string) {
	t.Helper()
	args := append([]string{"-C", project, "hydrate", "--jobs", jobs, "--out", out}, more...)
	if output, err := exec.Command(filepath.Join(bin, "weir"), args...).CombinedOutput(); err != nil {
		t.Fatalf("weir %v: %v\n%s", args, err, output)
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
