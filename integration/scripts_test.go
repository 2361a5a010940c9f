// Package integration holds what is tested from the outside: scripts that run
// the real command on real projects and real Git repositories, the examples with
// their expected trees, and the layer test.
package integration

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// bin is the directory of the weir that the scripts run.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "weir-integration-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(bin, "weir"), "../cmd/weir")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build weir:", err)
		return 1
	}
	return m.Run()
}

// TestScripts runs testdata/script: what Weir does.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script") }

// TestBadInput runs testdata/bad: what Weir says, whole.
func TestBadInput(t *testing.T) { runScripts(t, "testdata/bad") }

func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir+"/.home")
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/.cache")
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_NAME", "Ann Author")
			env.Setenv("GIT_AUTHOR_EMAIL", "ann@example.com")
			env.Setenv("GIT_COMMITTER_NAME", "Ann Author")
			env.Setenv("GIT_COMMITTER_EMAIL", "ann@example.com")
			env.Setenv("SOURCE_DATE_EPOCH", "1700000000") // commits of one tree are one commit
			env.Setenv("NO_COLOR", "1")
			env.Values[key{}] = &servers{t: env.T().(testing.TB)}
			return os.MkdirAll(env.WorkDir+"/.home", 0o755)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"tree":    tree,
			"plain":   plain,
			"githttp": githttp,
			"gitssh":  gitssh,

			"charthttp":  charthttp,
			"chartfault": chartfault,
			"requests":   requests,

			"ociregistry": ociregistry,
		},
	})
}

// tree DIR OUT writes the paths of all files below DIR, .git left out, to OUT.
func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tree DIR OUT")
	}
	root := ts.MkAbs(args[0])
	var out strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		fmt.Fprintln(&out, filepath.ToSlash(rel))
		return err
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o644))
}
