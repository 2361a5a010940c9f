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
	examples, err := filepath.Glob("../examples/*/weir.hcl")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range examples {
		dir := filepath.Dir(file)
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
	examples, err := filepath.Glob("../examples/*/weir.hcl")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range examples {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			hydrate(t, filepath.Dir(file), t.TempDir(), "2", "--verify")
		})
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
