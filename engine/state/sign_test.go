package state_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/integration/gituser"
)

// commitAs is a run by a committer.
func commitAs(t *testing.T, at state.Location, who *signing.Committer, wants ...want) (state.Result, error) {
	t.Helper()
	ctx := context.Background()
	r, head := open(t, at)
	stage := state.NewStage(head)
	for _, w := range wants {
		w(t, stage)
	}
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	who.Env, who.Now = os.Getenv, time.Unix(1767225600, 0).UTC()
	by, sign, err := who.In(ctx, r.ConfigDir())
	if err != nil {
		return state.Result{}, err
	}
	return r.Commit(ctx, c, state.Record{Message: state.Message{Version: "1.2.3"}.Text(c), Who: by, Sign: sign})
}

// signature is what Git says of the last commit's.
func signature(t *testing.T, at state.Location, config ...string) string {
	t.Helper()
	var args []string
	for _, c := range config {
		args = append(args, "-c", c)
	}
	if out, err := tryGit(at, append(args, "verify-commit", "HEAD")...); err != nil {
		t.Errorf("git verify-commit: %v\n%s", err, out)
	}
	return git(t, at, append(args, "log", "-1", "--format=%G? %GS", "HEAD")...)
}

func TestSigned(t *testing.T) {
	home := gituser.Home(t, "")
	writeFile(t, home+"/allowed", "ada@example.com "+gituser.SSHKey(t, home+"/key", "")+"\n")
	at := place(t)
	for _, version := range []string{"1", "2"} { // the first commit has no parent
		if _, err := commitAs(t, at, &signing.Committer{SigningKey: home + "/key"}, put(release(t, "dev/web", version, config(t, "x", "a", version)))); err != nil {
			t.Fatal(err)
		}
		same(t, "signature", signature(t, at, "gpg.ssh.allowedSignersFile="+home+"/allowed"), "G ada@example.com\n")
	}
	sound(t, at)
	head, _, _ := strings.Cut(git(t, at, "cat-file", "commit", "HEAD"), "\n\n")
	same(t, "headers", regexp.MustCompile(`(?m)^[^ \n]+`).FindAllString(head, -1), []string{"tree", "parent", "author", "committer", "gpgsig"})
}

// TestCannotSign holds that what was to be signed is never committed without.
func TestCannotSign(t *testing.T) {
	for name, sign := range map[string]signing.Signer{
		"an error":     func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no key") },
		"no signature": func(context.Context, []byte) ([]byte, error) { return []byte("\n"), nil },
	} {
		at := place(t)
		gituser.Run(t, "git", "init", "-q", "-b", "main", at.Dir)
		r, head := open(t, at)
		stage := state.NewStage(head)
		put(release(t, "dev/web", "1", config(t, "x", "a", "1")))(t, stage)
		c, err := stage.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Commit(t.Context(), c, state.Record{Message: "x", Who: who, Sign: sign}); err == nil {
			t.Errorf("%s: committed", name)
		}
		if out, err := tryGit(at, "rev-parse", "-q", "--verify", "HEAD"); err == nil {
			t.Errorf("%s: there is a commit: %s", name, out)
		}
	}
}
