package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// bare makes an empty bare repository, as a server has it.
func bare(t testing.TB, options ...string) state.Location {
	t.Helper()
	dir := t.TempDir()
	git(t, state.Location{Dir: dir}, append([]string{"init", "-q", "--bare", "-b", "main", "state.git"}, options...)...)
	return state.Location{Dir: filepath.Join(dir, "state.git")}
}

// away is a bare repository seen from a machine with a cache of its own.
func away(t testing.TB, server state.Location, branch string) state.Location {
	t.Helper()
	return awayWith(t, server, t.TempDir(), branch)
}

func awayWith(t testing.TB, server state.Location, cache, branch string) state.Location {
	t.Helper()
	r, err := remote.New(server.Dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return state.At(r, cache, branch)
}

// agree holds what every test of a remote expects at its end: Git finds nothing
// to complain about, on the server and in the cache, and a clone has the files
// of the last commit.
func agree(t testing.TB, server, at state.Location) {
	t.Helper()
	head := consistent(t, server, at)
	clone := state.Location{Dir: filepath.Join(t.TempDir(), "clone")}
	git(t, server, "clone", "-q", "--no-hardlinks", "--branch", at.Branch, server.Dir, clone.Dir)
	for name := range strings.Lines(git(t, clone, "ls-files")) {
		name = strings.TrimSpace(name)
		data, err := head.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(clone.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, string(data), string(want))
	}
}

// consistent is the half of it that takes less time.
func consistent(t testing.TB, server, at state.Location) *state.Snapshot {
	t.Helper()
	_, head := open(t, at)
	for _, where := range []state.Location{server, {Dir: at.Dir}} {
		if out := git(t, where, "fsck", "--strict", "--full", "--no-dangling"); quiet(out) != "" {
			t.Errorf("git fsck: %s", out)
		}
	}
	same(t, "commit", string(head.Commit()), strings.TrimSpace(git(t, server, "rev-parse", "refs/heads/"+at.Branch)))
	return head
}

// quiet leaves out what `git fsck` says of a repository without commits, or
// where HEAD is a branch that is not there.
func quiet(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "notice: ") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

// TestRemoteBegins is the first commit to remotes of every kind.
func TestRemoteBegins(t *testing.T) {
	tests := []struct {
		name   string
		branch string
		begin  func(*testing.T, state.Location)
		files  string
	}{
		{"empty", "main", nil, ""},
		{"unborn HEAD elsewhere", "main", func(t *testing.T, server state.Location) {
			git(t, server, "symbolic-ref", "HEAD", "refs/heads/trunk")
		}, ""},
		{"branch with a slash", "clusters/prod", nil, ""},
		{"missing branch", "prod", func(t *testing.T, server state.Location) { byHand(t, server, "main", "README.md") }, ""},
		{"a person's files", "main", func(t *testing.T, server state.Location) {
			byHand(t, server, "main", "README.md")
			byHand(t, server, "main", "docs/a.md")
			byHand(t, server, "main", "docs/b.md")
		}, "README.md\ndocs/a.md\ndocs/b.md\n"},
		{"of Weir's own", "main", func(t *testing.T, server state.Location) {
			hydrate(t, away(t, server, "main"), put(release(t, "dev/old", "1", config(t, "old", "a", "1"))))
		}, ".weir/dev/old.json\nmanifests/dev/old/old/configmap_a.yaml\n"},
		{"packed", "main", func(t *testing.T, server state.Location) {
			for i := range 4 {
				byHand(t, server, "main", fmt.Sprintf("%d.md", i))
			}
			git(t, server, "gc", "-q")
		}, "0.md\n1.md\n2.md\n3.md\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := bare(t)
			if test.begin != nil {
				test.begin(t, server)
			}
			at := away(t, server, test.branch)
			web := put(release(t, "dev/web", "1", config(t, "x", "a", "1"), config(t, "y", "b", "2")))
			old, _ := tryGit(server, "rev-parse", "--verify", "-q", "refs/heads/"+test.branch)
			c, result := hydrate(t, at, web)
			if c.Empty() {
				t.Error("nothing changed")
			}
			same(t, "result", result, state.Result{Old: state.Hash(strings.TrimSpace(old)), Branch: test.branch,
				New: state.Hash(strings.TrimSpace(git(t, server, "rev-parse", "refs/heads/"+test.branch)))})
			want := test.files + ".weir/dev/web.json\nmanifests/dev/web/x/configmap_a.yaml\nmanifests/dev/web/y/configmap_b.yaml\n"
			same(t, "files", sorted(git(t, server, "ls-tree", "-r", "--name-only", "refs/heads/"+test.branch)), sorted(want))
			agree(t, server, at)

			// Again: nothing changes, and nothing is transferred.
			before := listing(t, at.Dir)
			c, again := hydrate(t, at, web)
			if !c.Empty() {
				t.Error("a second run changes something")
			}
			same(t, "second result", again, state.Result{Old: result.New, New: result.New, Branch: test.branch})
			same(t, "cache", listing(t, at.Dir), before)

			// From another machine, and then from here.
			other := away(t, server, test.branch)
			hydrate(t, other, web, put(release(t, "dev/other", "1", config(t, "z", "c", "3"))))
			agree(t, server, other)
			agree(t, server, at)
			hydrate(t, at, remove("dev/other"))
			agree(t, server, at)
			agree(t, server, other)
		})
	}
}

// byHand commits a file with Git, from a clone.
func byHand(t *testing.T, server state.Location, branch, file string) string {
	t.Helper()
	clone := checkout(t, server, branch)
	writeFile(t, filepath.Join(clone.Dir, file), file+" of a person\n")
	git(t, clone, "add", "-A")
	git(t, clone, "commit", "-q", "-m", "docs: "+file)
	git(t, clone, "push", "-q", "origin", "HEAD:refs/heads/"+branch)
	return strings.TrimSpace(git(t, clone, "rev-parse", "HEAD"))
}

// checkout clones a repository and switches to a branch.
func checkout(t testing.TB, server state.Location, branch string) state.Location {
	t.Helper()
	clone := state.Location{Dir: filepath.Join(t.TempDir(), "clone")}
	git(t, server, "clone", "-q", server.Dir, clone.Dir)
	if _, err := tryGit(clone, "switch", "-q", branch); err != nil {
		if _, err := tryGit(clone, "switch", "-q", "-c", branch); err != nil {
			git(t, clone, "symbolic-ref", "HEAD", "refs/heads/"+branch)
		}
	}
	return clone
}

func sorted(lines string) string {
	all := strings.Split(strings.TrimRight(lines, "\n"), "\n")
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// TestRemoteChange takes a release through its life and leaves nothing.
func TestRemoteChange(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	other := away(t, server, "")
	for i, step := range [][]want{
		{put(before(t)), put(release(t, "dev/gone", "1", config(t, "x", "gone", "1"))), namespace("dev", "x", webNamespace)},
		{put(after(t)), remove("dev/gone")},
		{put(release(t, "dev/next", "2", config(t, "x", "stays", "1"), config(t, "x", "changes", "2"), config(t, "z", "comes", "1"))), move("dev/web", "dev/next")},
		{remove("dev/next")},
		{put(before(t))},
	} {
		hydrate(t, at, step...)
		agree(t, server, at)
		if i%2 == 1 {
			agree(t, server, other)
		}
	}
	same(t, "commits", git(t, server, "log", "--format=%s"), "hydrate(dev): web created\nhydrate(dev): next removed\nhydrate(dev): next changed\nhydrate(dev): web changed, gone removed\nhydrate(dev): gone, web created\n")
}

// TestRemoteTraffic: what is pushed for one change is a commit, what changed and
// the trees above, whatever else is there.
func TestRemoteTraffic(t *testing.T) {
	server := bare(t)
	git(t, server, "config", "receive.unpackLimit", "1")
	at := away(t, server, "")
	releases := many(t, 30)
	var wants []want
	for _, r := range releases {
		wants = append(wants, put(r))
	}
	hydrate(t, at, wants...)
	changed := config(t, "x", "a", "1")
	hydrate(t, at, append(wants, put(release(t, "env-0/new", "1", changed)))...)
	hydrate(t, at, append(wants, put(release(t, "env-0/new", "2", changed, config(t, "x", "b", "1"))))...)

	packs, err := filepath.Glob(filepath.Join(server.Dir, "objects/pack/*.idx"))
	if err != nil || len(packs) != 3 {
		t.Fatal(packs, err)
	}
	pushed := map[string]bool{}
	for _, pack := range packs {
		out := git(t, server, "verify-pack", "-v", pack)
		if ids := objectIDs(out); strings.Contains(ids, strings.TrimSpace(git(t, server, "rev-parse", "main"))) {
			for id := range strings.Lines(ids) {
				pushed[strings.TrimSpace(id)] = true
			}
		}
	}
	var names []string
	for line := range strings.Lines(git(t, server, "rev-list", "--objects", "main")) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pushed[id] {
			names = append(names, name)
		}
	}
	// The commit and the root have no name.
	same(t, "pushed", sorted(strings.Join(names, "\n")), sorted("\n\n.weir\n.weir/env-0\n.weir/env-0/new.json\n"+
		"manifests\nmanifests/env-0\nmanifests/env-0/new\nmanifests/env-0/new/x\nmanifests/env-0/new/x/configmap_b.yaml"))
	agree(t, server, at)
}

// objectIDs are the first words of what `git verify-pack -v` lists.
func objectIDs(listing string) string {
	var b strings.Builder
	for line := range strings.Lines(listing) {
		if id, rest, _ := strings.Cut(line, " "); len(id) == 40 && rest != "" {
			b.WriteString(id + "\n")
		}
	}
	return b.String()
}

// TestRemoteMoved is a push after somebody else's.
func TestRemoteMoved(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	_, first := hydrate(t, at, put(before(t)))
	r, head := open(t, at)
	stage := state.NewStage(head)
	put(after(t))(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	_, second := hydrate(t, away(t, server, ""), put(release(t, "prod/web", "1", config(t, "x", "a", "1"))))
	_, err = r.Commit(context.Background(), c, state.Record{Message: "late\n", Who: who})
	moved, ok := errors.AsType[*state.MovedError](err)
	if !ok {
		t.Fatalf("not moved, but: %v", err)
	}
	same(t, "moved", *moved, state.MovedError{Branch: "main", From: string(first.New)[:12], To: string(second.New)[:12]})
	same(t, "refusal", refused(t, err), fmt.Sprintf("%s: the state repository has moved on during the run\n"+
		"  Branch main was at %s when the run began and is at %s now: somebody else hydrated or committed.\n  Hydrate again.\n", server.Dir, moved.From, moved.To))
	agree(t, server, at)
	hydrate(t, at, put(after(t)))
	agree(t, server, at)

	// A branch that is gone, and one that came.
	_, head = open(t, at)
	git(t, server, "update-ref", "-d", "refs/heads/main")
	if _, err := commitOn(t, at, head, remove("dev/web")); !isMoved(err) {
		t.Errorf("gone: %v", err)
	}
	_, head = open(t, at)
	same(t, "commit of a branch that is gone", head.Commit(), "")
	hydrate(t, away(t, server, ""), put(before(t)))
	if _, err := commitOn(t, at, head, put(after(t))); !isMoved(err) {
		t.Errorf("came: %v", err)
	}
	agree(t, server, at)
}

func isMoved(err error) bool {
	_, ok := errors.AsType[*state.MovedError](err)
	return ok
}

// commitOn commits to what a run found before.
func commitOn(t testing.TB, at state.Location, head *state.Snapshot, wants ...func(*testing.T, *state.Stage)) (state.Result, error) {
	t.Helper()
	r, err := state.Open(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stage := state.NewStage(head)
	for _, w := range wants {
		w(t.(*testing.T), stage)
	}
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1"}.Text(c), Who: who})
}

// TestRemoteUnknownEnd is a push whose answer does not arrive: after the branch
// moved, and before.
func TestRemoteUnknownEnd(t *testing.T) {
	for _, hook := range []string{"post-receive", "pre-receive"} {
		t.Run(hook, func(t *testing.T) {
			server := bare(t)
			at := away(t, server, "")
			_, first := hydrate(t, at, put(before(t)))
			script := filepath.Join(server.Dir, "hooks", hook)
			writeFile(t, script, "#!/bin/sh\nkill -9 $PPID\n")
			if err := os.Chmod(script, 0o755); err != nil {
				t.Fatal(err)
			}
			_, result, err := tryHydrate(t, at, put(after(t)))
			now := state.Hash(strings.TrimSpace(git(t, server, "rev-parse", "main")))
			if hook == "post-receive" {
				if err != nil {
					t.Error(err)
				}
				same(t, "result", result, state.Result{Old: first.New, New: now, Branch: "main"})
			} else {
				if err == nil {
					t.Error("no error")
				}
				same(t, "branch", now, first.New)
			}
			if err := os.Remove(script); err != nil {
				t.Fatal(err)
			}
			agree(t, server, at)
			hydrate(t, at, put(after(t)))
			agree(t, server, at)
			same(t, "commits", strings.Count(git(t, server, "log", "--format=%s"), "\n"), 2)
		})
	}
}

func TestRemoteRefusals(t *testing.T) {
	t.Run("SHA-256", func(t *testing.T) {
		server := bare(t, "--object-format=sha256")
		_, _, err := tryHydrate(t, away(t, server, ""), put(before(t)))
		if text := refused(t, err); !strings.Contains(text, "SHA-256") {
			t.Error(text)
		}
	})
	t.Run("hook", func(t *testing.T) {
		server := bare(t)
		at := away(t, server, "")
		hydrate(t, at, put(before(t)))
		old := git(t, server, "rev-parse", "main")
		script := filepath.Join(server.Dir, "hooks", "pre-receive")
		writeFile(t, script, "#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
		if err := os.Chmod(script, 0o755); err != nil {
			t.Fatal(err)
		}
		_, _, err := tryHydrate(t, at, put(after(t)))
		if text := refused(t, err); !strings.Contains(text, "not on a Friday") {
			t.Error(text)
		}
		same(t, "branch", git(t, server, "rev-parse", "main"), old)
		agree(t, server, at)
	})
	t.Run("edited metadata", func(t *testing.T) {
		server := bare(t)
		at := away(t, server, "")
		hydrate(t, at, put(before(t)))
		clone := checkout(t, server, "main")
		writeFile(t, filepath.Join(clone.Dir, ".weir/dev/web.json"), "{}")
		git(t, clone, "commit", "-q", "-a", "-m", "edit")
		git(t, clone, "push", "-q")
		_, _, err := tryHydrate(t, at, put(after(t)))
		same(t, "refusal", refused(t, err), server.Dir+"/.weir/dev/web.json: the metadata of a release cannot be read\n"+
			"  \"format\" is missing. Weir writes this file and prunes by it; it looks edited or damaged.\n"+
			"  Look for the commit with `git log -- .weir/dev/web.json` and take it back with `git revert`.\n")
	})
	t.Run("gone", func(t *testing.T) {
		server := bare(t)
		at := away(t, server, "")
		hydrate(t, at, put(before(t)))
		before := listing(t, at.Dir)
		if err := os.Rename(server.Dir, server.Dir+".away"); err != nil {
			t.Fatal(err)
		}
		_, err := headOf(at)
		if _, ok := diag.Refused(err); !ok {
			t.Errorf("not refused: %v", err)
		}
		same(t, "cache", listing(t, at.Dir), before)
	})
}

func headOf(at state.Location) (*state.Snapshot, error) {
	r, err := state.Open(context.Background(), at)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Head(context.Background())
}

// TestRemoteCacheFull is a cache without space, and one that cannot be written.
func TestRemoteCacheFull(t *testing.T) {
	server := bare(t)
	var wants []want
	for _, r := range many(t, 30) {
		wants = append(wants, put(r))
	}
	hydrate(t, away(t, server, ""), wants...)
	small, readOnly := mounted(t, "size=64k"), mounted(t, "ro")
	for _, test := range []struct{ dir, refusal string }{
		{small, "no space left for the cache of remote state repositories\n" +
			"  The system answered: no space left on device.\n  Free some space, or set XDG_CACHE_HOME to another directory.\n"},
		{readOnly, "the cache for remote state repositories is on a read-only file system\n" +
			"  The system answered: read-only file system.\n  Set XDG_CACHE_HOME to a directory that can be written.\n"},
	} {
		_, err := headOf(awayWith(t, server, test.dir, ""))
		_, text, _ := strings.Cut(refused(t, err), ": ")
		same(t, test.dir, text, test.refusal)
	}
	if out, err := exec.Command("mount", "-o", "remount,size=16m", small).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	agree(t, server, awayWith(t, server, small, ""))
}

// mounted is a directory with a file system of its own.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "none", dir).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: no file system of my own here: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	return dir
}

// TestRemoteWriters has several runs at once, each from a machine of its own
// for its own environment, or all from one.
func TestRemoteWriters(t *testing.T) {
	const writers = 6
	for _, where := range []string{"one cache", "many caches"} {
		t.Run(where, func(t *testing.T) {
			server := bare(t)
			cache := t.TempDir()
			var all sync.WaitGroup
			failed := make([]error, writers)
			for i := range writers {
				at := awayWith(t, server, cache, "")
				if where == "many caches" {
					at = away(t, server, "")
				}
				all.Go(func() { failed[i] = writeUntilDone(t, at, fmt.Sprintf("env-%d/web", i)) })
			}
			all.Wait()
			for i, err := range failed {
				if err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
			}
			agree(t, server, awayWith(t, server, cache, ""))
			same(t, "commits", strings.Count(git(t, server, "log", "--format=%s"), "\n"), writers)
			same(t, "releases", strings.Count(git(t, server, "ls-tree", "-r", "--name-only", "main", ".weir"), "\n"), writers)
		})
	}
}
