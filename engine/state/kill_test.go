package state_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// The environment of a process that is to be killed: the project, and the
// number of the write before which that happens.
const (
	killProject = "WEIR_TEST_KILL_PROJECT"
	killAt      = "WEIR_TEST_KILL_AT"
)

// TestVictim is what TestKilled runs as a process of its own.
func TestVictim(t *testing.T) {
	project := os.Getenv(killProject)
	if project == "" {
		t.Skip("only a process that TestKilled starts")
	}
	last, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		t.Fatal(err)
	}
	r, head := open(t, state.Default(project, "prod", ""))
	writes := 0
	state.Before(r, func(what, path string) {
		if writes++; writes == last {
			fmt.Fprintf(os.Stderr, "killed before: %s %s\n", what, path)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	stage := state.NewStage(head)
	put(after(t))(t, stage)
	remove("dev/gone")(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit(context.Background(), c, state.Record{Message: "hydrate(dev): killed\n", Who: who}); err != nil {
		t.Fatal(err)
	}
}

func before(t *testing.T) state.Release {
	return release(t, "dev/web", "1", config(t, "x", "stays", "1"), config(t, "x", "changes", "1"), config(t, "y", "goes", "1"))
}

func after(t *testing.T) state.Release {
	return release(t, "dev/web", "2", config(t, "x", "stays", "1"), config(t, "x", "changes", "2"), config(t, "z", "comes", "1"))
}

// kill starts a run and kills it before its n-th write; false if the run ended
// before that.
func kill(t *testing.T, project string, n int) (where string, killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), killProject+"="+project, killAt+"="+strconv.Itoa(n))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return strings.TrimSpace(strings.ReplaceAll(string(out), project, "")), true
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "", false
}

// TestKilled kills a run before each of its writes. The branch is at the old
// commit or the new one, Git finds no fault, and whatever the next run wants
// happens.
func TestKilled(t *testing.T) {
	type outcome struct {
		name string
		next func(*testing.T, state.Location)
	}
	scenarios := []struct {
		name  string
		begin func(*testing.T, state.Location)
	}{
		{"first", func(*testing.T, state.Location) {}},
		{"change", func(t *testing.T, at state.Location) {
			hydrate(t, at, put(before(t)), put(release(t, "dev/gone", "1", config(t, "x", "gone", "1"))))
		}},
	}
	outcomes := []outcome{
		{"again", func(t *testing.T, at state.Location) {
			hydrate(t, at, put(after(t)), remove("dev/gone"))
			same(t, "files", files(t, at), ".weir/dev/web.json\nmanifests/dev/web/x/configmap_changes.yaml\nmanifests/dev/web/x/configmap_stays.yaml\nmanifests/dev/web/z/configmap_comes.yaml\n")
		}},
		{"back", func(t *testing.T, at state.Location) {
			hydrate(t, at, put(before(t)), remove("dev/gone"))
			same(t, "files", files(t, at), ".weir/dev/web.json\nmanifests/dev/web/x/configmap_changes.yaml\nmanifests/dev/web/x/configmap_stays.yaml\nmanifests/dev/web/y/configmap_goes.yaml\n")
		}},
	}
	for _, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				more = false
				project := t.TempDir()
				at := state.Default(project, "prod", "")
				scenario.begin(t, at)
				old := tip(at)
				where, killed := kill(t, project, n)
				if !killed {
					if n < 20 {
						t.Errorf("only %d writes were seen", n-1)
					}
					break
				}
				more = true
				if _, err := os.Stat(at.Dir); err == nil {
					if tip(at) != old {
						if subject := git(t, at, "log", "-1", "--format=%s", "main"); subject != "hydrate(dev): killed\n" {
							t.Errorf("%s: the branch is at %q", where, subject)
						}
					}
					if out, err := tryGit(at, "fsck", "--strict", "--full", "--no-dangling"); err != nil || strings.Contains(out, "error") {
						t.Errorf("%s: git fsck: %s", where, out)
					}
				}
				for _, o := range outcomes {
					if o.name == "back" && (old == "" || tip(at) == old) {
						continue // there is nothing to go back from, or to
					}
					t.Run(fmt.Sprintf("%d %s", n, o.name), func(t *testing.T) {
						defer func() {
							if t.Failed() {
								t.Log(where)
							}
						}()
						at := state.Default(duplicate(t, project), "prod", "")
						o.next(t, at)
						settled(t, at)
						if left, _ := filepath.Glob(filepath.Join(filepath.Dir(at.Dir), ".*")); left != nil {
							t.Errorf("left over: %v", left)
						}
					})
				}
			}
		})
	}
}

// tip is the commit of the branch; empty before the first.
func tip(at state.Location) string {
	id, err := os.ReadFile(filepath.Join(at.Dir, ".git", "refs", "heads", "main"))
	if err != nil {
		return ""
	}
	return string(id)
}

// duplicate copies a project, links between locks and their owners included.
func duplicate(t *testing.T, project string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", project, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

// TestEditAfterKill is a person's edit on top of a half-updated work tree.
func TestEditAfterKill(t *testing.T) {
	for n := 1; ; n++ {
		project := t.TempDir()
		at := state.Default(project, "prod", "")
		hydrate(t, at, put(before(t)), put(release(t, "dev/gone", "1", config(t, "x", "gone", "1"))))
		if _, killed := kill(t, project, n); !killed {
			t.Fatal("no write between the branch and the work tree")
		}
		if git(t, at, "log", "-1", "--format=%s") != "hydrate(dev): killed\n" {
			continue
		}
		// The branch has moved and the work tree has not.
		path := filepath.Join(at.Dir, "manifests/dev/web/x/configmap_changes.yaml")
		writeFile(t, path, "mine\n")
		_, _, err := tryHydrate(t, at, put(after(t)))
		same(t, "refusal", refused(t, err), golden(t, "edit-after-kill.txt", []byte(refused(t, err))))
		if data, err := os.ReadFile(path); err != nil || string(data) != "mine\n" {
			t.Errorf("the edit is lost: %q %v", data, err)
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		git(t, at, "checkout", "-q", "--", "manifests")
		hydrate(t, at, put(after(t)))
		sound(t, at)
		return
	}
}

// TestResetAfterKill moves the branch back under a half-updated work tree: what
// the killed run left is not a person's edit, and what a person did is.
func TestResetAfterKill(t *testing.T) {
	other := release(t, "dev/web", "3", config(t, "x", "stays", "1"), config(t, "x", "changes", "3"), config(t, "y", "goes", "3"))
	seen := 0
	for n, more := 1, true; more; n++ {
		project := t.TempDir()
		at := state.Default(project, "prod", "")
		hydrate(t, at, put(before(t)), put(release(t, "dev/gone", "1", config(t, "x", "gone", "1"))))
		var where string
		if where, more = kill(t, project, n); !more {
			break
		}
		if _, err := os.Stat(filepath.Join(at.Dir, ".git", "weir", "index")); err != nil {
			continue // the work tree is not half-updated
		}
		seen++
		commands := []string{"reset -q --soft HEAD~", "update-ref refs/heads/main HEAD~", "reset -q --hard HEAD~"}
		for _, command := range commands[n%3:][:1] {
			at := state.Default(duplicate(t, project), "prod", "")
			os.Remove(filepath.Join(at.Dir, ".git", "index.lock")) // as Git asks for
			git(t, at, strings.Fields(command)...)
			if _, _, err := tryHydrate(t, at, put(other), remove("dev/gone")); err != nil {
				t.Errorf("%s, git %s: %v", where, command, err)
				continue
			}
			settled(t, at)
		}

		at = state.Default(duplicate(t, project), "prod", "")
		os.Remove(filepath.Join(at.Dir, ".git", "index.lock"))
		git(t, at, "reset", "-q", "--soft", "HEAD~")
		path := filepath.Join(at.Dir, "manifests/dev/web/x/configmap_changes.yaml")
		writeFile(t, path, "mine\n")
		_, _, err := tryHydrate(t, at, put(other), remove("dev/gone"))
		if list, ok := diag.Refused(err); !ok || list[0].Summary != "the work tree of the state repository was edited by hand" {
			t.Errorf("%s, with an edit: %v", where, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != "mine\n" {
			t.Errorf("%s: the edit is lost: %q %v", where, data, err)
		}
	}
	if seen < 10 {
		t.Errorf("only %d kills left a half-updated work tree", seen)
	}
}

// TestKilledPack kills a run around the writing of a pack.
func TestKilledPack(t *testing.T) {
	var objects []manifest.Object
	for i := range 120 {
		objects = append(objects, config(t, "x", fmt.Sprintf("c-%d", i), strconv.Itoa(i)))
	}
	big := release(t, "dev/big", "1", objects...)
	at := place(t)
	first(t, at)
	seen := 0
	for n := 1; ; n++ {
		copied := state.Default(duplicate(t, filepath.Dir(filepath.Dir(at.Dir))), "prod", "")
		r, head := open(t, copied)
		stage := state.NewStage(head)
		put(big)(t, stage)
		c, err := stage.Plan()
		if err != nil {
			t.Fatal(err)
		}
		writes, stopped := 0, ""
		state.Before(r, func(what, path string) {
			if writes++; writes == n {
				stopped = what + " " + path
				panic(stop{})
			}
		})
		func() {
			defer func() {
				if v := recover(); v != nil {
					if _, ok := v.(stop); !ok {
						panic(v)
					}
				}
			}()
			if _, err := r.Commit(context.Background(), c, state.Record{Message: "big\n", Who: who}); err != nil {
				t.Fatal(err)
			}
		}()
		if strings.Contains(stopped, "checkout") { // the journal: the pack is done
			break
		}
		if strings.Contains(stopped, "weir_") {
			seen++
		}
		hydrate(t, copied, put(big))
		settled(t, copied)
	}
	if seen < 3 {
		t.Errorf("only %d writes of the pack were seen", seen)
	}
}

type stop struct{}
