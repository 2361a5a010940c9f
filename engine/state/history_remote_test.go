package state_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/integration/gituser"
)

// long is a remote whose history is longer than what is ever fetched at first,
// with a merge in it; made by Git alone.
func long(t *testing.T, commits int) state.Location {
	t.Helper()
	server := bare(t)
	tree := strings.TrimSpace(git(t, server, "mktree"))
	stream := ""
	for i := range commits {
		stream += fmt.Sprintf("commit refs/heads/main\ncommitter CI <ci@example.com> %d +0000\ndata <<END\nhydrate(dev): %d\n\nHydrated-By: weir/1\nEND\n\n", 1767225600+i, i)
	}
	writeFile(t, server.Dir+"/stream", stream)
	in, err := os.Open(server.Dir + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command("git", "-C", server.Dir, "fast-import", "--quiet")
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	side := strings.TrimSpace(git(t, server, "commit-tree", "-p", "main~1", "-m", "side\n\nHydrated-By: weir/1", tree))
	merge := strings.TrimSpace(git(t, server, "commit-tree", "-p", "main", "-p", side, "-m", "merge", tree))
	git(t, server, "update-ref", "refs/heads/main", merge)
	git(t, server, "update-ref", "refs/heads/next", "main~3")
	return server
}

// TestRemoteHistory fetches as much of a history as is asked for.
func TestRemoteHistory(t *testing.T) {
	ctx := context.Background()
	server := long(t, 150)
	read := func() (state.Repository, *state.Snapshot) { return open(t, away(t, server, "main")) }

	_, head := read()
	count := 0
	for d, err := range head.Deployments(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if count == 0 && (len(d.Brought) != 1 || d.Brought[0].Subject() != "side") {
			t.Errorf("the merge brought %v", d.Brought)
		}
		count++
	}
	same(t, "deployments", count, 151)

	for _, rev := range []string{"HEAD", "HEAD~1", "HEAD~50", "HEAD~130", "HEAD^2", "next", "main", "next~100"} {
		r, head := read()
		want := rev
		if rev != "next" && rev != "next~100" {
			want = strings.Replace(rev, "HEAD", "main", 1)
		}
		_, c, err := state.SnapshotAt(ctx, r, head, rev)
		if err != nil {
			t.Errorf("%s: %v", rev, err)
			continue
		}
		same(t, rev, string(c.ID)+"\n", git(t, server, "rev-parse", want))
	}
	for _, digits := range []int{40, 12} {
		r, head := read()
		id := strings.TrimSpace(git(t, server, "rev-parse", "main~140"))
		_, c, err := state.SnapshotAt(ctx, r, head, id[:digits])
		if err != nil {
			t.Fatal(err)
		}
		same(t, "an id far back", string(c.ID), id)
	}
	for text, want := range map[string]string{"HEAD~140..HEAD": "main~140..main", "next..": "next..main", "HEAD~1..HEAD": "main~1..main"} {
		r, head := read()
		_, commits, err := state.Range(ctx, r, head, text)
		if err != nil {
			t.Fatal(err)
		}
		ids := ""
		for _, c := range commits {
			ids += string(c.ID) + "\n"
		}
		same(t, text, ids, git(t, server, "rev-list", "--date-order", want))
	}
	r, head := read()
	if _, _, err := state.SnapshotAt(ctx, r, head, "HEAD~151"); err == nil {
		t.Error("there is a commit before the first")
	}
}

// TestRemoteSigned pushes a signed commit and verifies it from elsewhere.
func TestRemoteSigned(t *testing.T) {
	home := gituser.Home(t, "[commit]\n\tgpgsign = true\n[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ~/key\n")
	public := gituser.SSHKey(t, home+"/key", "")
	server := bare(t)
	at := away(t, server, "main")
	if _, err := commitAs(t, at, &signing.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "1")))); err != nil {
		t.Fatal(err)
	}
	writeFile(t, home+"/allowed", "ada "+public+"\n")
	same(t, "signature", signature(t, server, "gpg.ssh.allowedSignersFile="+home+"/allowed"), "G ada\n")
	r, head := open(t, away(t, server, "main"))
	verified, found, err := state.Verify(context.Background(), r, head, state.VerifyOptions{Trust: trust(t, "ada "+public, "")})
	if err != nil || found != nil || len(verified.Commits) != 1 || !strings.HasPrefix(verified.Commits[0].Signer, "ada SHA256:") {
		t.Errorf("%+v %v %v", verified, found, err)
	}

	t.Setenv("HOME", home+"/none")
	t.Setenv("WEIR_SIGNING_KEY", home+"/none/key")
	_, err = commitAs(t, at, &signing.Committer{}, put(release(t, "dev/web", "2", config(t, "x", "a", "2"))))
	if err == nil {
		t.Fatal("pushed without a key")
	}
	refused(t, err)
	same(t, "nothing was pushed", git(t, server, "rev-list", "--count", "main"), "1\n")
}
