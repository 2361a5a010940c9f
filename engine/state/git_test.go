package state_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
)

// TestAfterGit is a run in a repository that a person used Git on.
func TestAfterGit(t *testing.T) {
	tests := []struct {
		name string
		do   func(*testing.T, state.Location)
		args []string
	}{
		{"gc", nil, []string{"gc -q --prune=now"}},
		{"packed refs", nil, []string{"pack-refs --all"}},
		{"index version 4", nil, []string{"update-index --index-version 4"}},
		{"untracked cache", nil, []string{"update-index --untracked-cache", "status"}},
		{"split index", nil, []string{"update-index --split-index"}},
		{"tag and branch", nil, []string{"tag -a v1 -m v1", "branch other"}},
		{"empty commit", nil, []string{"commit -q --allow-empty -m empty"}},
		{"revert", nil, []string{"revert --no-edit HEAD"}},
		{"amend", nil, []string{"commit -q --amend -m amended"}},
		{"reset to the first", nil, []string{"reset -q --hard HEAD~"}},
		{"moved away and back", nil, []string{"switch -q -c other", "switch -q main"}},
		{"clone", func(t *testing.T, at state.Location) {
			bare := at.Dir + ".bare"
			git(t, at, "clone", "-q", "--bare", at.Dir, bare)
			if err := os.RemoveAll(at.Dir); err != nil {
				t.Fatal(err)
			}
			git(t, state.Location{Dir: bare}, "clone", "-q", bare, at.Dir)
		}, nil},
		{"empty repository of a person", func(t *testing.T, at state.Location) {
			if err := os.RemoveAll(at.Dir); err != nil {
				t.Fatal(err)
			}
			mkdir(t, at.Dir)
			git(t, at, "init", "-q", "-b", "main")
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := place(t)
			first(t, at)
			for i := range 3 {
				hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", strings.Repeat("same text ", 50)+fmt.Sprint(i)))))
			}
			if test.do != nil {
				test.do(t, at)
			}
			for _, line := range test.args {
				git(t, at, strings.Fields(line)...)
			}
			c, _, err := tryHydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
			if test.name == "split index" {
				same(t, "refusal", refused(t, err), "state/prod/.git/index: the index of the state repository cannot be read\n  Unknown extension.\n"+
					"  Remove state/prod/.git/index and run `git -C state/prod reset`.\n")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sound(t, at)
			if c.Empty() {
				t.Error("nothing changed")
			}
			same(t, "files", files(t, at), ".weir/dev/web.json\nmanifests/dev/web/x/configmap_a.yaml\n")
		})
	}
}

// TestIndexKeepsWhatItDoesNotTouch has flags, stat data and entries of a
// person's in the index, in each version of it.
func TestIndexKeepsWhatItDoesNotTouch(t *testing.T) {
	for _, version := range []string{"2", "4"} {
		t.Run(version, func(t *testing.T) {
			at := place(t)
			hydrate(t, at, put(release(t, "dev/api", "1", config(t, "x", "b", "1"), config(t, "x", "c", "1"))), put(release(t, "dev/web", "1", config(t, "x", "a", "1"))))
			writeFile(t, at.Dir+"/notes.txt", "mine\n")
			writeFile(t, at.Dir+"/a-long-name-"+strings.Repeat("x", 200), "mine\n")
			git(t, at, "add", "-N", "notes.txt")
			git(t, at, "add", "a-long-name-"+strings.Repeat("x", 200))
			git(t, at, "update-index", "--skip-worktree", "manifests/dev/api/x/configmap_b.yaml")
			if version == "2" { // go-git, which reads the other, does not know of it
				git(t, at, "update-index", "--assume-unchanged", "manifests/dev/api/x/configmap_c.yaml")
			}
			git(t, at, "update-index", "--index-version", version)
			others := func() string {
				return git(t, at, "ls-files", "-v", "--stage", "--debug", "--", ".weir/dev/api.json", "manifests/dev/api", "notes.txt", "a-*")
			}
			before := others()
			hydrate(t, at, put(release(t, "dev/web", "2", config(t, "x", "a", "2"), config(t, "x", "new", "1"))))
			same(t, "entries", others(), before)
			same(t, "status", git(t, at, "status", "--porcelain"), "A  a-long-name-"+strings.Repeat("x", 200)+"\n A notes.txt\n")
		})
	}
}
