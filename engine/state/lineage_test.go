package state_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
)

// TestLineage asks for every pair of commits of a history with a merge, one that
// goes its own way, and a shallow clone of it.
func TestLineage(t *testing.T) {
	at := state.Location{Dir: t.TempDir(), Name: "project"}
	git(t, at, "init", "-q", "-b", "main")
	dated := func(date string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", at.Dir, "-c", "user.name=Eve", "-c", "user.email=eve@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_COMMITTER_DATE="+date)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	commit := func(name, date string) {
		dated(date, "commit", "-q", "--allow-empty", "-m", name)
		git(t, at, "tag", name)
	}
	commit("first", "1700000000 +0000")
	commit("second", "1600000000 +0000") // of a machine with another clock
	git(t, at, "switch", "-q", "-c", "side", "first")
	commit("side", "1700000300 +0000")
	git(t, at, "switch", "-q", "main")
	dated("1700000400 +0000", "merge", "-q", "--no-ff", "-m", "merge", "second", "side")
	git(t, at, "tag", "merge")
	commit("last", "1700000500 +0000")
	git(t, at, "switch", "-q", "-c", "other", "second")
	commit("other", "1700000600 +0000")

	names := []string{"first", "second", "side", "merge", "last", "other"}
	id := func(name string) string { return strings.TrimSpace(git(t, at, "rev-parse", "refs/tags/"+name)) }
	words := map[state.Lineage]string{state.Unrelated: "/", state.Same: "=", state.Older: "<", state.Newer: ">", state.Unknown: "?"}
	table := func(dir string) string {
		var b strings.Builder
		for _, one := range names {
			for _, other := range names {
				lineage, err := state.LineageOf(dir, id(one), id(other))
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString(words[lineage])
			}
			b.WriteString(" " + one + "\n")
		}
		return b.String()
	}
	same(t, "lineage", table(at.Dir), `=<<<<< first
>=/<<< second
>/=<</ side
>>>=</ merge
>>>>=/ last
>>///= other
`)
	shallow := t.TempDir()
	git(t, at, "clone", "-q", "--depth", "2", "--branch", "last", "--single-branch", "file://"+at.Dir, shallow)
	same(t, "lineage in a shallow clone", table(shallow), `=????? first
?=???? second
??=??? side
???=<? merge
???>=? last
?????= other
`)
	lineage, err := state.LineageOf(t.TempDir(), id("first"), id("last"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "without a repository", words[lineage], "?")
}
