package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
)

// The environment of a process that is to be killed beside killAt: the remote
// and the directory of its cache.
const (
	killRemote = "WEIR_TEST_KILL_REMOTE"
	killCache  = "WEIR_TEST_KILL_CACHE"
)

// TestRemoteVictim is what TestRemoteKilled runs as a process of its own.
func TestRemoteVictim(t *testing.T) {
	address := os.Getenv(killRemote)
	if address == "" {
		t.Skip("only a process that TestRemoteKilled starts")
	}
	last, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	stopper := func(what, path string) {
		if writes++; writes == last {
			fmt.Fprintf(os.Stderr, "killed before: %s %s\n", what, path)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	to, err := remote.New(address, "", &remote.Access{Before: stopper})
	if err != nil {
		t.Fatal(err)
	}
	r, err := state.Open(context.Background(), state.At(to, os.Getenv(killCache), ""))
	if err != nil {
		t.Fatal(err)
	}
	state.BeforeRemote(r, stopper)
	head, err := r.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	stage := state.NewStage(head)
	put(after(t))(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit(context.Background(), c, state.Record{Message: "hydrate(dev): killed\n\nHydrated-By: weir/1\n", Who: who, Review: os.Getenv("WEIR_TEST_KILL_REVIEW")}); err != nil {
		t.Fatal(err)
	}
}

// TestRemoteKilled kills a run before each of its writes, to the cache or to
// the remote. The remote is at the old commit or the new one, and the next run
// does what is left to do.
func TestRemoteKilled(t *testing.T) {
	for name, begin := range map[string]func(*testing.T, state.Location){
		"first": func(*testing.T, state.Location) {},
		"behind and damaged": func(t *testing.T, at state.Location) {
			hydrate(t, at, put(before(t)))
			hydrate(t, away(t, state.Location{Dir: at.Name}, ""), put(release(t, "prod/web", "1", config(t, "prod", "a", "1"))))
			writeFile(t, filepath.Join(at.Dir, "HEAD"), "damaged")
		},
		"review": func(t *testing.T, at state.Location) {
			hydrate(t, at, put(before(t)))
			propose(t, at, web(t, "3"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := bare(t)
			cache := t.TempDir()
			at := awayWith(t, server, cache, "")
			begin(t, at)
			branch := "main"
			if name == "review" {
				branch = reviewBranch
			}
			saved := t.TempDir()
			for i, dir := range []string{server.Dir, cache} {
				if err := os.CopyFS(filepath.Join(saved, fmt.Sprint(i)), os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
			}
			old := rev(t, server, branch)
			for n := 1; ; n++ {
				for i, dir := range []string{server.Dir, cache} {
					if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(filepath.Join(saved, fmt.Sprint(i))))); err != nil {
						t.Fatal(err)
					}
				}
				where, killed := killRemoteRun(t, server, cache, branch, n)
				if !killed {
					agree(t, server, at)
					if n < 6 {
						t.Errorf("only %d writes were seen", n-1)
					}
					break
				}
				if now := rev(t, server, branch); now != old && git(t, server, "log", "-1", "--format=%s", branch) != "hydrate(dev): killed\n" {
					t.Errorf("%s: the branch is at %s", where, now)
				}
				if name == "review" {
					propose(t, at, put(after(t)))
				} else {
					hydrate(t, at, put(after(t)))
				}
				consistent(t, server, at)
				if left, _ := filepath.Glob(at.Dir + ".d*"); left != nil {
					t.Errorf("%s: left over: %v", where, left)
				}
				if t.Failed() {
					t.Fatal(where)
				}
			}
		})
	}
}

func killRemoteRun(t *testing.T, server state.Location, cache, branch string, n int) (where string, killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestRemoteVictim$")
	cmd.Env = append(os.Environ(), killRemote+"="+server.Dir, killCache+"="+cache, killAt+"="+strconv.Itoa(n))
	if branch != "main" {
		cmd.Env = append(cmd.Env, "WEIR_TEST_KILL_REVIEW="+branch)
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return strings.TrimSpace(string(out)), true
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "", false
}
