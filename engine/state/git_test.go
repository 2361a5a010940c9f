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
