package remote_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// sshShop is a shop behind an SSH server, and what reaches it through a line
// whose host everybody knows.
func sshShop(t *testing.T) (*place, *gitserver.Line, func(idle time.Duration) *remote.Remote) {
	t.Helper()
	p := newPlace(t)
	p.commit("one", "a.yaml", noise(50_000))
	p.push("main")
	server := gitserver.SSH(t, p.dir)
	server.Authorize(gitserver.SSHKey(t, p.path("home/.ssh/id_ed25519"), ""))
	_, key, _ := strings.Cut(server.HostKeys[0], " ")
	p.write("home/.ssh/known_hosts", "forge "+key+"\n")
	p.write("home/.ssh/config", "HostKeyAlias forge\nUser "+server.User+"\n")
	line := gitserver.NewLine(t, net.JoinHostPort("127.0.0.1", server.Port))
	return p, line, func(idle time.Duration) *remote.Remote {
		return p.with("ssh://"+line.Addr+"/shop.git", &remote.Access{Home: p.path("home"), Idle: idle})
	}
}

// TestSSHNetwork breaks connections wherever that makes a difference.
func TestSSHNetwork(t *testing.T) {
	p, line, reach := sshShop(t)
	main := p.at("main")
	two := p.commit("two", "b.yaml", noise(60_000)+"x")
	for _, test := range []struct {
		name        string
		faults      gitserver.Faults
		fetch, push string
	}{
		{"sound", gitserver.Faults{}, "", ""},
		{"cut before all", gitserver.Faults{CutUp: 1}, "cut", "cut"},
		{"cut in the handshake", gitserver.Faults{CutDown: 700}, "cut", "cut"},
		{"silent from the beginning", gitserver.Faults{StallDown: 1}, "silent", "silent"},
		{"silent in the handshake", gitserver.Faults{StallDown: 700}, "silent", "silent"},
		{"cut in the pack that comes", gitserver.Faults{CutDown: 20_000}, "cut", ""},
		{"silent in the pack that comes", gitserver.Faults{StallDown: 20_000}, "silent", ""},
		{"cut in the pack that goes", gitserver.Faults{CutUp: 20_000}, "", "cut"},
		{"silent in the pack that goes", gitserver.Faults{StallUp: 20_000}, "", "silent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &place{t, p.dir}
			line.Set(test.faults)
			name := strings.ReplaceAll(test.name, " ", "-") + ".git"
			tip, err := reach(patience(test.fetch)).Fetch(t.Context(), remote.Want{Rev: "main"}, p.store(name))
			broken(p, "fetch", err, test.fetch)
			if err == nil {
				p.same("tip", tip.Commit.String(), main.String())
				p.sound(name, tip.Commit)
			}
			p.sound(name)
			err = reach(patience(test.push)).Push(t.Context(), p.update("refs/heads/main", main, two))
			broken(p, "push", err, test.push)
			want := main
			if err == nil {
				want = two
			}
			p.same("the branch", p.at("main").String(), want.String())
			p.sound("shop.git")
			p.git("-C", "shop.git", "update-ref", "refs/heads/main", main.String())
		})
	}
	t.Run("gone", func(t *testing.T) {
		p := &place{t, p.dir}
		line.Gone()
		_, err := reach(0).Tip(t.Context(), "main")
		broken(p, "ask", err, "cut")
	})
}

// TestSSHCancel ends a run while the server says nothing, in the handshake and after it.
func TestSSHCancel(t *testing.T) {
	p, line, reach := sshShop(t)
	for _, after := range []int64{1, 20_000} {
		line.Set(gitserver.Faults{StallDown: after})
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(300*time.Millisecond, func() { cancel(context.Canceled) })
		_, err := reach(time.Hour).Fetch(ctx, remote.Want{Rev: "main"}, p.store("cancelled.git"))
		timer.Stop()
		p.same("said", p.said(err), "fetch ssh://HOST/shop.git: context canceled\n")
	}
	p.sound("cancelled.git")
}

// TestSSHPush is what hooks say and do.
func TestSSHPush(t *testing.T) {
	p, _, reach := sshShop(t)
	main := p.at("main")
	two := p.commit("two", "b.yaml", "b: 1\n")
	push := func() string {
		return p.said(reach(0).Push(t.Context(), p.update("refs/heads/main", main, two)))
	}
	p.hook("pre-receive", "echo 'see https://forge.example.com/rules' >&2; exit 1\n")
	refused := push()
	p.same("the branch", p.at("main").String(), main.String())
	p.hook("pre-receive", "exit 0\n")
	p.write("done", "done\n")
	p.hook("post-receive", "for i in 1 2 3; do echo working on it >&2; sleep 0.1; done; echo done > "+p.path("ran")+"\n")
	p.same("a push", push(), "no error\n")
	p.same("the branch", p.at("main").String(), two.String())
	p.same("post-receive", p.git("hash-object", "ran"), p.git("hash-object", p.path("done")))
	p.golden("ssh-push", refused+"--- again\n"+push())
}

// patience is short only where silence is what is tested: a server under load may
// think for a while.
func patience(kind string) time.Duration {
	if kind == "silent" {
		return time.Second
	}
	return 0
}

// broken checks that an error is what a connection that is "cut" or "silent" gives.
func broken(p *place, what string, err error, kind string) {
	p.Helper()
	switch {
	case err == nil && kind == "":
	case kind == "", err == nil, !remote.Temporary(err), strings.Contains(err.Error(), "silent") != (kind == "silent"):
		p.Errorf("%s: %swant a failure of the kind %q", what, p.said(err), kind)
	}
}
