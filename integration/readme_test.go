package integration

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestREADMEReview makes the change to examples/shop that README shows the review
// of. The ids of commits may differ.
func TestREADMEReview(t *testing.T) {
	const readme = "../README.md"
	dir := t.TempDir()
	for _, name := range []string{"charts", "environments", "services"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../examples/shop", name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"weir.hcl", "clusters.hcl", "environments.hcl"} {
		data, err := os.ReadFile(filepath.Join("../examples/shop", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := checkedOut{t, dir}
	t.Setenv("GIT_AUTHOR_DATE", "@1700000000")
	t.Setenv("GIT_COMMITTER_DATE", "@1700000000")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	p.git("init", "-q", "-b", "main")
	p.commit()
	p.git("switch", "-q", "-c", "memory")
	for _, edit := range [][2]string{
		{`requests = { memory = "512Mi" }, limits = { memory = "512Mi" }`, `requests = { memory = "1Gi" }, limits = { memory = "1Gi" }`},
		{`podDisruptionBudget = { enabled = true }`, `podDisruptionBudget = { enabled = false }`},
	} {
		file := filepath.Join(dir, "services", "catalog.hcl")
		data, err := os.ReadFile(file)
		if err != nil || strings.Count(string(data), edit[0]) != 1 {
			t.Fatalf("%s is not there once: %v", edit[0], err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(data), edit[0], edit[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.commit()
	cmd := exec.Command(filepath.Join(bin, "weir"), "diff", "--base", "main")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatal(err)
	}

	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	const before = "takes its disruption budget away, that is:\n\n```\n"
	head, rest, found := strings.Cut(string(text), before)
	shown, tail, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s shows no review", readme)
	}
	if *update {
		if err := os.WriteFile(readme, []byte(head+before+string(out)+"```\n"+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	ids := regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	same := func(text string) string { return ids.ReplaceAllString(text, "<commit>") }
	if diff := cmp.Diff(same(shown), same(string(out))); diff != "" {
		t.Errorf("what %s shows (-) is not what weir prints (+); make golden rewrites it:\n%s", readme, diff)
	}
}
