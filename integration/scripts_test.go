// Package integration holds what is tested from the outside: scripts that run
// the real command on real projects and real Git repositories, the examples with
// their expected trees, and the layer test.
package integration

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weir-dev/weir/cmd/internal/cli"
	"github.com/weir-dev/weir/cmd/internal/ui"
)

var update = flag.Bool("update", false, "rewrite the expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir": func() { os.Exit(cli.Main(ui.System(), os.Args[1:])) },
	})
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
			env.Setenv("HOME", env.WorkDir+"/.home")
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/.cache")
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_NAME", "Ann Author")
			env.Setenv("GIT_AUTHOR_EMAIL", "ann@example.com")
			env.Setenv("GIT_COMMITTER_NAME", "Ann Author")
			env.Setenv("GIT_COMMITTER_EMAIL", "ann@example.com")
			env.Setenv("NO_COLOR", "1")
			return os.MkdirAll(env.WorkDir+"/.home", 0o755)
		},
		Commands: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"tree": tree,
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
