package checkout_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/checkout"
)

// history is a repository with a merge, tags and a branch that is named like the
// beginning of an id.
func history(t *testing.T) string {
	t.Helper()
	at := t.TempDir()
	git(t, at, "init", "-q", "-b", "main")
	commit := func(name, date string) {
		dated(t, at, date, "-c", "user.name=Eve", "commit", "-q", "--allow-empty", "--date", "1700000000 +0000", "-m", name)
	}
	commit("first", "1700000000 +0000")
	git(t, at, "tag", "-a", "-m", "one", "v1")
	git(t, at, "switch", "-q", "-c", "feature/a")
	commit("side", "1700000100 +0000")
	git(t, at, "switch", "-q", "main")
	commit("second", "1700000200 +0000")
	dated(t, at, "1700000300 +0000", "merge", "-q", "--no-ff", "-m", "merge", "feature/a")
	git(t, at, "switch", "-q", "-c", "ahead")
	commit("ahead", "1700000400 +0000")
	git(t, at, "switch", "-q", "-c", "dead", "v1")
	commit("dead", "1700000500 +0000")
	git(t, at, "switch", "-q", "--orphan", "alone")
	commit("alone", "1700000600 +0000")
	git(t, at, "switch", "-q", "main")
	git(t, at, "update-ref", "refs/remotes/origin/main", "main")
	return at
}

// TestResolve names commits as a person would.
func TestResolve(t *testing.T) {
	at := history(t)
	subjects := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(git(t, at, "log", "--all", "--format=%H %s")), "\n") {
		id, subject, _ := strings.Cut(line, " ")
		subjects[id] = subject
	}
	second := strings.TrimSpace(git(t, at, "rev-parse", "main^1"))
	say := func(dir string, revs ...string) string {
		c, err := checkout.Of(dir)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, rev := range revs {
			id, err := c.Resolve(rev)
			if unknown := (*checkout.UnknownError)(nil); errors.As(err, &unknown) {
				fmt.Fprintf(&b, "%s: %s cut=%v\n", rev, unknown.Why, unknown.Cut)
			} else if err != nil {
				t.Fatal(err)
			} else {
				fmt.Fprintf(&b, "%s = %s\n", rev, subjects[id])
			}
		}
		return b.String()
	}
	got := say(at, "", "HEAD", "@~1", "main", "main^2", "main~1^0", "main^^", "origin/main", "feature/a", "v1", "refs/tags/v1", "dead", second, second[:9],
		"main^3", "v1~1", "main~x", "mian", "0000", strings.Repeat("0", 40))
	same(t, "revisions", strings.ReplaceAll(got, second, "<id>"), ` = merge
HEAD = merge
@~1 = second
main = merge
main^2 = side
main~1^0 = second
main^^ = first
origin/main = merge
feature/a = side
v1 = first
refs/tags/v1 = first
dead = dead
<id> = second
`+second[:9]+` = second
main^3: Commit `+git(t, at, "rev-parse", "main")[:12]+` has no parent 3. cut=false
v1~1: Commit `+git(t, at, "rev-parse", "v1^0")[:12]+` is the first one: nothing is before it. cut=false
main~x: Behind a name go ~N, the N-th commit before, and ^N, the N-th parent of a merge. cut=false
mian: "mian" is no branch, no tag and no commit of the project's repository. cut=false
0000: No commit of the project's repository begins with 0000. cut=false
0000000000000000000000000000000000000000: Commit 000000000000 is not in this clone. cut=true
`)
	shallow := t.TempDir()
	git(t, at, "clone", "-q", "--depth", "1", "--branch", "ahead", "file://"+at, shallow)
	same(t, "in a shallow clone", say(shallow, "HEAD", "HEAD~1"), "HEAD = ahead\nHEAD~1: Commit "+git(t, at, "rev-parse", "main")[:12]+" is not in this clone. cut=true\n")
}

// TestMergeBase asks where histories left each other.
func TestMergeBase(t *testing.T) {
	at := history(t)
	say := func(dir string, pairs ...[2]string) string {
		c, err := checkout.Of(dir)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, pair := range pairs {
			one, other := strings.TrimSpace(git(t, at, "rev-parse", pair[0]+"^0")), strings.TrimSpace(git(t, at, "rev-parse", pair[1]+"^0"))
			base, known, err := c.MergeBase(one, other)
			if err != nil {
				t.Fatal(err)
			}
			subject := "nothing"
			if base != "" {
				subject = strings.TrimSpace(git(t, at, "log", "-1", "--format=%s", base))
			}
			fmt.Fprintf(&b, "%s %s: %s %v\n", pair[0], pair[1], subject, known)
		}
		return b.String()
	}
	same(t, "merge bases", say(at, [2]string{"main", "main"}, [2]string{"main", "ahead"}, [2]string{"feature/a", "main~1"}, [2]string{"dead", "ahead"}, [2]string{"alone", "main"}),
		"main main: merge true\nmain ahead: merge true\nfeature/a main~1: first true\ndead ahead: first true\nalone main: nothing true\n")
	shallow := t.TempDir()
	git(t, at, "clone", "-q", "--depth", "2", "--branch", "ahead", "file://"+at, shallow)
	same(t, "in a shallow clone", say(shallow, [2]string{"main", "ahead"}, [2]string{"feature/a", "ahead"}), "main ahead: merge true\nfeature/a ahead: nothing false\n")
}

// TestBelow finds a project in its repository.
func TestBelow(t *testing.T) {
	at := history(t)
	if err := errors.Join(os.MkdirAll(filepath.Join(at, "deep", "project"), 0o755), os.Symlink("deep", filepath.Join(at, "link"))); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, dir := range []string{".", "deep/project", "link/project"} {
		c, err := checkout.Of(filepath.Join(at, dir))
		if err != nil {
			t.Fatal(err)
		}
		below, err := c.Below(filepath.Join(at, dir))
		if err != nil {
			t.Fatal(err)
		}
		names, err := c.Names()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%q %v", below, names))
	}
	same(t, "places", strings.Join(got, "\n"), `"" [ahead alone dead feature/a main origin/main v1]
"deep/project" [ahead alone dead feature/a main origin/main v1]
"deep/project" [ahead alone dead feature/a main origin/main v1]`)
}
