package state_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// merged is a state as forges leave it: two commits by Weir, one by a person, a
// review branch that was merged, another that was squashed.
func merged(t *testing.T) state.Location {
	t.Helper()
	at := place(t)
	for i := range 2 {
		hydrate(t, at, put(release(t, "dev/web", fmt.Sprint(i+1), config(t, "x", "a", fmt.Sprint(i)))))
	}
	git(t, at, "commit", "-q", "--allow-empty", "-m", "Nothing")
	onBranch(t, at, "review", put(release(t, "prod/web", "2", config(t, "y", "a", "r"))))
	git(t, at, "merge", "-q", "--no-ff", "-m", "Merge branch 'review' into 'main'", "review")
	onBranch(t, at, "squashed", put(release(t, "prod/web", "3", config(t, "y", "a", "s"))))
	git(t, at, "merge", "-q", "--squash", "squashed")
	git(t, at, "commit", "-q", "--no-edit")
	git(t, at, "tag", "-a", "-m", "tagged", "v1", "HEAD~1")
	return at
}

// onBranch commits on a branch of its own and goes back to main.
func onBranch(t *testing.T, at state.Location, branch string, wants ...want) {
	t.Helper()
	git(t, at, "switch", "-q", "-c", branch)
	on := at
	on.Branch = branch
	hydrate(t, on, wants...)
	git(t, at, "switch", "-q", "main")
}

func TestDeployments(t *testing.T) {
	at := merged(t)
	_, head := open(t, at)
	text := ""
	for d, err := range head.Deployments(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		trailers := d.Trailers()
		text += fmt.Sprintf("%s by %s, %s\n", d.Subject(), d.Author.Name, d.Committer.When.Format("2006-01-02T15:04:05Z07:00"))
		for _, c := range d.Brought {
			text += "  brought " + c.Subject() + "\n"
		}
		for _, r := range trailers.Releases {
			text += fmt.Sprintf("  %s %s %s@%s\n", r.Key, r.Status, r.Chart, r.Version)
		}
	}
	same(t, "deployments", text, `Squashed commit of the following: by Eve, 2026-01-01T00:01:40Z
  prod/web changed app@3
Merge branch 'review' into 'main' by Eve, 2026-01-01T00:01:40Z
  brought hydrate(prod): web created
  prod/web created app@2
Nothing by Eve, 2026-01-01T00:01:40Z
hydrate(dev): web changed by Ada, 2026-01-01T00:01:00Z
  dev/web changed app@2
hydrate(dev): web created by Ada, 2026-01-01T00:01:00Z
  dev/web created app@1
`)
	for d, err := range head.Deployments(context.Background()) {
		if err != nil || d.ID != head.Commit() {
			t.Errorf("the first is %s: %v", d.ID, err)
		}
		break // is heeded
	}
	empty := &state.Snapshot{}
	for d := range empty.Deployments(context.Background()) {
		t.Errorf("before the first commit there is %s", d.ID)
	}
}

// TestRevs compares with git rev-parse.
func TestRevs(t *testing.T) {
	at := merged(t)
	r, head := open(t, at)
	id := strings.TrimSpace(git(t, at, "rev-parse", "HEAD~2"))
	for _, rev := range []string{
		"HEAD", "@", "main", "review", "refs/heads/review", "heads/review", "v1", "tags/v1", "HEAD~1", "HEAD~", "HEAD^", "HEAD^0", "HEAD~1^2", "HEAD^^2", "HEAD~1^1~1",
		"HEAD~2", "v1^2", id, id[:7], id[:5], id[:8] + "~1",
	} {
		_, c, err := state.SnapshotAt(context.Background(), r, head, rev)
		if err != nil {
			t.Errorf("%s: %v", rev, err)
			continue
		}
		same(t, rev, string(c.ID), strings.TrimSpace(git(t, at, "rev-parse", rev+"^{commit}")))
	}
	last := strings.TrimSpace(git(t, at, "rev-parse", "HEAD"))
	blob := strings.TrimSpace(git(t, at, "rev-parse", "HEAD:.weir/dev/web.json"))
	text := ""
	for _, rev := range []string{"none", "HEAD~9", "HEAD^3", "HEAD^2", "HEAD~x", "HEAD:path", "abc", "ffffffff", blob, "HEAD~99999999999999999999", "HEAD...v1", "..HEAD..", "HEAD..HEAD~1", "v1..none"} {
		_, _, err := state.Range(context.Background(), r, head, rev)
		if err == nil {
			t.Errorf("%s is a range", rev)
			continue
		}
		text += "# " + rev + "\n" + refused(t, err)
	}
	for old, new := range map[string]string{last: "HEAD", last[:12]: "HEAD", id[:12]: "ID", blob: "BLOB"} {
		text = strings.ReplaceAll(text, old, new)
	}
	for i, rev := range []string{"HEAD~1", "HEAD~2", "HEAD~3", "HEAD~4"} {
		text = strings.ReplaceAll(text, git(t, at, "rev-parse", rev)[:12], fmt.Sprintf("COMMIT~%d", i+1))
	}
	same(t, "unknown", text, golden(t, "unknown-revs.txt", []byte(text)))
}

// TestRange compares with git rev-list.
func TestRange(t *testing.T) {
	at := merged(t)
	r, head := open(t, at)
	for _, text := range []string{"HEAD~1..HEAD", "HEAD~2..", "HEAD~4..HEAD", "review..HEAD", "HEAD~1^2..HEAD", "HEAD..HEAD", "squashed..main", "main..squashed"} {
		_, commits, err := state.Range(context.Background(), r, head, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		ids := ""
		for _, c := range commits {
			ids += string(c.ID) + "\n"
		}
		same(t, text, ids, git(t, at, "rev-list", "--date-order", text))
	}
	_, commits, err := state.Range(context.Background(), r, head, "HEAD~1")
	if err != nil || len(commits) != 1 || string(commits[0].ID)+"\n" != git(t, at, "rev-parse", "HEAD~1") {
		t.Errorf("one commit: %v %v", commits, err)
	}
}

func TestNoHistory(t *testing.T) {
	at := place(t)
	r, head := open(t, at)
	_, _, err := state.SnapshotAt(context.Background(), r, head, "HEAD")
	if _, ok := diag.Refused(err); !ok {
		t.Fatalf("no diagnostic: %v", err)
	}
	same(t, "empty", refused(t, err), "state/prod: the state repository has no commit yet\n  `weir hydrate` makes the first one.\n")
}

// TestShallow has a history that ends early.
func TestShallow(t *testing.T) {
	at := merged(t)
	shallow := place(t)
	git(t, state.Location{Dir: at.Dir}, "clone", "-q", "--depth", "2", "file://"+at.Dir, shallow.Dir)
	r, head := open(t, shallow)
	count := 0
	for _, err := range head.Deployments(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2 {
		t.Errorf("%d deployments", count)
	}
	_, _, err := state.SnapshotAt(context.Background(), r, head, "HEAD~2")
	if err == nil {
		t.Fatal("there is a HEAD~2")
	}
	text := strings.ReplaceAll(refused(t, err), git(t, at, "rev-parse", "HEAD~1")[:12], "HEAD~1")
	same(t, "shallow", text, "state/prod: there is no commit \"HEAD~2\" in the state repository\n  The history that is at hand ends at commit HEAD~1: the repository is a shallow one.\n"+
		"  `weir state log` lists what there is. Write HEAD, HEAD~2, a branch, a tag, or four or more digits of a commit's id.\n")
}
