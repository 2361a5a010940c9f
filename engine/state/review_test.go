package state_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
)

const reviewBranch = "weir/update"

// propose is a run that pushes a review.
func propose(t *testing.T, at state.Location, wants ...want) state.Result {
	t.Helper()
	result, err := tryPropose(t, at, reviewBranch, wants...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func tryPropose(t *testing.T, at state.Location, branch string, wants ...want) (state.Result, error) {
	t.Helper()
	r, head := open(t, at)
	stage := state.NewStage(head)
	for _, w := range wants {
		w(t, stage)
	}
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1.2.3"}.Text(c), Who: who, Review: branch})
}

func rev(t *testing.T, at state.Location, name string) state.Hash {
	t.Helper()
	out, err := tryGit(at, "rev-parse", "--verify", "-q", name)
	if err != nil {
		return ""
	}
	return state.Hash(strings.TrimSpace(out))
}

func web(t *testing.T, text string) want {
	return put(release(t, "dev/web", text, config(t, "x", "a", text)))
}

func TestReview(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	_, first := hydrate(t, at, web(t, "1"))

	opened := propose(t, at, web(t, "2"))
	same(t, "opened", opened, state.Result{New: rev(t, server, reviewBranch), Branch: reviewBranch})
	same(t, "state", rev(t, server, "main"), first.New)
	same(t, "parent", rev(t, server, reviewBranch+"^"), first.New)

	same(t, "the same again", propose(t, at, web(t, "2")), state.Result{Old: opened.New, New: opened.New, Branch: reviewBranch, Reused: true})
	same(t, "from another machine", propose(t, away(t, server, ""), web(t, "2")), state.Result{Old: opened.New, New: opened.New, Branch: reviewBranch, Reused: true})
	same(t, "nothing to review", propose(t, at, web(t, "1")), state.Result{Old: first.New, New: first.New, Branch: "main"})

	replaced := propose(t, away(t, server, ""), web(t, "3"))
	same(t, "replaced", replaced, state.Result{Old: opened.New, New: rev(t, server, reviewBranch), Branch: reviewBranch})
	same(t, "one commit", git(t, server, "rev-list", "--count", "main.."+reviewBranch), "1\n")

	// The state moves on, and the review follows.
	_, second := hydrate(t, at, put(release(t, "prod/web", "1", config(t, "prod", "a", "1"))))
	followed := propose(t, at, web(t, "3"))
	same(t, "followed", followed, state.Result{Old: replaced.New, New: rev(t, server, reviewBranch), Branch: reviewBranch})
	same(t, "parent of what followed", rev(t, server, reviewBranch+"^"), second.New)
	agree(t, server, at)
	reviewed := at
	reviewed.Branch = reviewBranch
	agree(t, server, reviewed)
}

// TestReviewOfNothing is a review before there is a state.
func TestReviewOfNothing(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	opened := propose(t, at, web(t, "1"))
	same(t, "again", propose(t, at, web(t, "1")).Reused, true)
	same(t, "replaced", propose(t, at, web(t, "2")).Old, opened.New)
	git(t, server, "branch", "main", reviewBranch)
	c, _ := hydrate(t, at, web(t, "2"))
	same(t, "nothing to do", c.Empty(), true)
	agree(t, server, at)
}

// TestReviewMerged merges a review as forges do. The next run finds nothing to
// do, whatever became of the branch, and can use it for another review.
func TestReviewMerged(t *testing.T) {
	for name, merge := range map[string]func(*testing.T, state.Location){
		"merge commit": func(t *testing.T, clone state.Location) {
			git(t, clone, "merge", "-q", "--no-ff", "-m", "Merge pull request #1 from weir/update", "origin/"+reviewBranch)
		},
		"squash": func(t *testing.T, clone state.Location) {
			git(t, clone, "merge", "-q", "--squash", "origin/"+reviewBranch)
			git(t, clone, "commit", "-q", "-m", "Update (#1)")
		},
		"rebase": func(t *testing.T, clone state.Location) {
			git(t, clone, "cherry-pick", "--no-ff", "origin/"+reviewBranch)
		},
		"fast-forward": func(t *testing.T, clone state.Location) {
			git(t, clone, "merge", "-q", "--ff-only", "origin/"+reviewBranch)
		},
	} {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, branch kept %t", name, kept), func(t *testing.T) {
				server := bare(t)
				at := away(t, server, "")
				hydrate(t, at, web(t, "1"))
				propose(t, at, web(t, "2"))
				clone := checkout(t, server, "main")
				merge(t, clone)
				git(t, clone, "push", "-q", "origin", "main")
				if !kept {
					git(t, clone, "push", "-q", "origin", "--delete", reviewBranch)
				}
				for _, at := range []state.Location{at, away(t, server, "")} {
					c, result := hydrate(t, at, web(t, "2"))
					same(t, "nothing to do", c.Empty(), true)
					same(t, "result", result, state.Result{Old: rev(t, server, "main"), New: rev(t, server, "main"), Branch: "main"})
				}
				agree(t, server, at)
				propose(t, at, web(t, "3"))
				same(t, "parent", rev(t, server, reviewBranch+"^"), rev(t, server, "main"))
				propose(t, away(t, server, ""), web(t, "4"))
				hydrate(t, at, web(t, "5"))
				agree(t, server, at)
			})
		}
	}
}

// TestReviewOfPeople: what somebody committed to a review is not lost.
func TestReviewOfPeople(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	_, first := hydrate(t, at, web(t, "1"))
	propose(t, at, web(t, "2"))
	by := byHand(t, server, reviewBranch, "manifests/dev/web/x/configmap_b.yaml")
	refusal := fmt.Sprintf("%s: somebody committed to the review branch weir/update\n"+
		"  Commit %s \"docs: manifests/dev/web/x/configmap_b.yaml\" by Eve <eve@example.com> is not Weir's, and replacing the branch would lose it.\n"+
		"  Merge the branch into main, or take the commit away from it; or name another branch with --branch.\n", server.Dir, by[:12])
	for _, text := range []string{"2", "3"} {
		_, err := tryPropose(t, at, reviewBranch, web(t, text))
		same(t, "refusal", refused(t, err), refusal)
	}
	// Beneath a commit of Weir's, too.
	clone := checkout(t, server, reviewBranch)
	git(t, clone, "commit", "-q", "--allow-empty", "-m", "hydrate(dev): web\n\nHydrated-By: weir/1")
	git(t, clone, "push", "-q", "origin", reviewBranch)
	top := rev(t, server, reviewBranch)
	_, err := tryPropose(t, away(t, server, ""), reviewBranch, web(t, "3"))
	same(t, "refusal", refused(t, err), refusal)
	same(t, "review", rev(t, server, reviewBranch), top)
	same(t, "state", rev(t, server, "main"), first.New)

	// Another branch, or a merge, is the way out.
	if _, err := tryPropose(t, at, "weir/other", web(t, "3")); err != nil {
		t.Fatal(err)
	}
	git(t, server, "update-ref", "refs/heads/main", string(top))
	propose(t, at, web(t, "3"))
	same(t, "parent", rev(t, server, reviewBranch+"^"), top)
	agree(t, server, at)
}

// TestReviewOfLongAgo is a review that began many commits before, some of which
// are people's, so that the history has to be looked through.
func TestReviewOfLongAgo(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	hydrate(t, at, web(t, "1"))
	byHand(t, server, "main", "README.md")
	propose(t, at, web(t, "2"))
	clone := checkout(t, server, "main")
	for i := range 10 {
		git(t, clone, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	git(t, clone, "push", "-q", "origin", "main")
	propose(t, away(t, server, ""), web(t, "3"))
	same(t, "parent", rev(t, server, reviewBranch+"^"), rev(t, server, "main"))
	for i := range 110 {
		git(t, clone, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	git(t, clone, "push", "-q", "origin", "main")
	_, err := tryPropose(t, away(t, server, ""), reviewBranch, web(t, "4"))
	same(t, "refusal", refused(t, err), fmt.Sprintf("%s: the review branch weir/update began too long ago\n"+
		"  Its history does not meet that of main within 100 commits, so nobody can say whether replacing it would lose anybody's work.\n"+
		"  Delete the branch, with `git push <url> --delete weir/update`, or name another one with --branch.\n", server.Dir))
	git(t, server, "branch", "-q", "-D", reviewBranch)
	propose(t, away(t, server, ""), web(t, "4"))
}

// TestReviewUpdated is a forge's button that merges the state into the review.
func TestReviewUpdated(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	hydrate(t, at, web(t, "1"))
	propose(t, at, web(t, "2"))
	hydrate(t, at, web(t, "2")) // pushed past the review
	clone := checkout(t, server, reviewBranch)
	git(t, clone, "merge", "-q", "-m", "Merge branch 'main' into weir/update", "origin/main")
	git(t, clone, "push", "-q", "origin", reviewBranch)
	propose(t, at, web(t, "3"))
	same(t, "parent", rev(t, server, reviewBranch+"^"), rev(t, server, "main"))
}

func TestReviewNames(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	for name, want := range map[string]string{
		"main": ": branch main is the state itself\n  A review branch is one that is merged into the state's branch later.\n" +
			"  Leave --branch out to push to the state, or name another branch.\n",
		"a b":          ": \"a b\" is no name for a branch\n  Give --branch a name of letters a to z, digits and / - _ . + # =, without refs/heads/, such as weir/update.\n",
		"refs/heads/x": ": \"refs/heads/x\" is no name for a branch\n  Give --branch a name of letters a to z, digits and / - _ . + # =, without refs/heads/, such as weir/update.\n",
	} {
		_, err := tryPropose(t, at, name, web(t, "1"))
		same(t, name, refused(t, err), server.Dir+want)
	}
	if out := git(t, server, "for-each-ref"); out != "" {
		t.Error(out)
	}
}

// TestReviewRaced is a review that changes between the look and the push: the
// hook of the server lets another run through first.
func TestReviewRaced(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	hydrate(t, at, web(t, "1"))
	opened := propose(t, at, web(t, "2"))
	r, head := open(t, at)
	stage := state.NewStage(head)
	web(t, "3")(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	other := byOther(t, server)
	_, err = r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1"}.Text(c), Who: who, Review: reviewBranch, Sign: func(context.Context, []byte) ([]byte, error) {
		return []byte("signed"), other()
	}})
	if !isMoved(err) {
		t.Errorf("not moved: %v", err)
	}
	if rev(t, server, reviewBranch) == opened.New {
		t.Error("the other one did not come through")
	}
}

func byOther(t *testing.T, server state.Location) func() error {
	clone := checkout(t, server, reviewBranch)
	writeFile(t, filepath.Join(clone.Dir, "a"), "a")
	git(t, clone, "add", "-A")
	git(t, clone, "commit", "-q", "-m", "a")
	return func() error {
		_, err := tryGit(clone, "push", "-q", "origin", reviewBranch)
		return err
	}
}
