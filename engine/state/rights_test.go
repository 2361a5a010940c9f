//go:build unix

package state_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/weir-dev/weir/engine/state"
)

const rightsProject = "WEIR_TEST_RIGHTS_PROJECT"

// TestWithoutRights is what TestRights runs as a user who may only read.
func TestWithoutRights(t *testing.T) {
	project := os.Getenv(rightsProject)
	if project == "" {
		t.Skip("only a process that TestRights starts")
	}
	_, _, err := tryHydrate(t, state.Default(project, "prod", ""), put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
	if err == nil {
		t.Fatal("not refused")
	}
	os.Stdout.WriteString("<<<" + refused(t, err) + ">>>")
}

// TestRights has a run by somebody who may read the project and not write it,
// before the first commit and after.
func TestRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: becoming another user takes root")
	}
	const want = "state/prod: no rights to write the state repository\n" +
		"  The system answered: permission denied.\n" +
		"  Give the user that runs Weir the right to write there, its .git directory included.\n"
	for _, committed := range []bool{false, true} {
		dir := t.TempDir()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		binary := filepath.Join(dir, "test")
		if out, err := exec.Command("cp", self, binary).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, d := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		project := filepath.Join(dir, "project")
		mkdir(t, project)
		if committed {
			first(t, state.Default(project, "prod", ""))
		}
		before := listing(t, project)
		cmd := exec.Command(binary, "-test.run=^TestWithoutRights$")
		cmd.Dir = dir
		cmd.Env = []string{rightsProject + "=" + project, "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, text, _ := strings.Cut(string(out), "<<<")
		text, _, _ = strings.Cut(text, ">>>")
		same(t, "refusal", text, want)
		same(t, "files", listing(t, project), before)
	}
}
