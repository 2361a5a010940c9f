package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// TestTLS is what becomes of a server's certificate.
func TestTLS(t *testing.T) {
	p := shop(t)
	main := p.at("main").String() + " refs/heads/main\n"
	server := gitserver.HTTP(t, p.dir, gitserver.TLS())
	other := gitserver.HTTP(t, p.dir, gitserver.TLS("git.example.com", "git.example.org"))
	plain := gitserver.HTTP(t, p.dir)
	p.write("authorities/readme", "nothing to read")
	fetch := func(url string) string {
		return p.fetch(p.remote(url+"/shop.git"), remote.Want{Rev: "main"}, p.store("mine.git"))
	}
	var b strings.Builder
	outcome := func(what, url string) { fmt.Fprintf(&b, "--- %s\n%s", what, fetch(url)) }

	outcome("unknown authority", server.URL)
	outcome("no TLS", strings.Replace(plain.URL, "http:", "https:", 1))
	p.Setenv("GIT_SSL_CAINFO", server.CA)
	p.same("authority of the environment", fetch(server.URL), main)
	outcome("another authority", other.URL)
	p.Setenv("GIT_SSL_CAINFO", p.path("gone.pem"))
	outcome("no file", server.URL)
	p.Setenv("GIT_SSL_CAINFO", p.path("authorities/readme"))
	outcome("no certificate", server.URL)
	p.Setenv("GIT_SSL_CAINFO", "")

	p.git("config", "--global", "http."+server.URL+"/.sslCAInfo", server.CA)
	p.git("config", "--global", "http."+other.URL+"/.sslCAInfo", other.CA)
	p.same("authority of the configuration", fetch(server.URL), main)
	outcome("another name", other.URL)
	p.git("config", "--global", "http."+other.URL+"/.sslVerify", "false")
	p.same("unverified", fetch(other.URL), main)
	p.git("config", "--global", "--remove-section", "http."+server.URL+"/")
	data, err := os.ReadFile(server.CA)
	if err != nil {
		t.Fatal(err)
	}
	p.write("home/authorities/ours.pem", string(data))
	p.git("config", "--global", "http.sslCAPath", "~/authorities")
	p.same("directory of authorities", fetch(server.URL), main)
	p.Setenv("GIT_SSL_CERT", p.path("home/authorities/ours.pem"))
	outcome("certificate without its key", server.URL)
	p.Setenv("GIT_SSL_CERT", "")

	asks := gitserver.HTTP(t, p.dir, gitserver.TLS(), gitserver.ClientCertificate())
	p.git("config", "--global", "http."+asks.URL+"/.sslCAInfo", asks.CA)
	outcome("no certificate of a client", asks.URL)
	p.git("config", "--global", "http."+asks.URL+"/.sslCert", asks.Cert)
	p.same("certificate of a client", fetch(asks.URL), main)
	p.golden("tls", b.String())
}

// patience is an Access whose connections may be silent for a moment only.
func (p *place) patience(d time.Duration) *remote.Access {
	return &remote.Access{Home: p.path("home"), Idle: d}
}

// TestLine breaks the network in each direction: what was fetched is all there
// or nothing is, and a branch moved or not.
func TestLine(t *testing.T) {
	p := newPlace(t)
	p.commit("one", "a.yaml", noise(50_000))
	p.push("main")
	main := p.at("main")
	two := p.commit("two", "b.yaml", noise(60_000)+"x")
	server := gitserver.HTTP(t, p.dir)
	line := gitserver.NewLine(t, server.Host)
	address := "http://" + line.Addr + "/shop.git"

	tests := []struct {
		name        string
		faults      gitserver.Faults
		fetch, push string
	}{
		{"slow", gitserver.Faults{Trickle: true}, "", ""},
		{"cut in the advertisement", gitserver.Faults{CutDown: 300}, "EOF", "EOF"},
		{"cut in the pack that comes", gitserver.Faults{CutDown: 20_000}, "EOF", ""},
		{"silent in the pack that comes", gitserver.Faults{StallDown: 20_000}, "silent", ""},
		{"cut in the pack that goes", gitserver.Faults{CutUp: 20_000}, "", "EOF"},
		{"silent in the pack that goes", gitserver.Faults{StallUp: 20_000}, "", "silent"},
		{"cut before all", gitserver.Faults{CutUp: 10}, "EOF", "EOF"},
		{"silent in a header", gitserver.Faults{StallDown: 30}, "EOF", "EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &place{t, p.dir}
			line.Set(test.faults)
			name := strings.ReplaceAll(test.name, " ", "-") + ".git"
			store := p.store(name)
			tip, err := p.with(address, p.patience(time.Second)).Fetch(context.Background(), remote.Want{Rev: "main"}, store)
			p.failed("fetch", err, test.fetch)
			if err == nil {
				p.sound(name, tip.Commit)
			}
			p.sound(name)
			if shallow, _ := store.Shallow(); err != nil && len(shallow) > 0 {
				t.Errorf("history is cut off at %v", shallow)
			}
			err = p.with(address, p.patience(time.Second)).Push(context.Background(), p.update("refs/heads/main", main, two))
			p.failed("push", err, test.push)
			p.sound("shop.git")
			want := main
			if err == nil {
				want = two
			}
			p.same("the branch", p.at("main").String(), want.String())
			p.git("-C", "shop.git", "update-ref", "refs/heads/main", main.String())
			p.git("-C", "shop.git", "prune")
		})
	}
	line.Gone()
	_, err := p.remote(address).Tip(context.Background(), "main")
	p.same("gone", p.said(err), `Error: The server cannot be reached

  on http://HOST/shop.git:

HOST: connection refused.

Correct the address, or see that the server runs and that nothing on the way is
missing: a VPN, a rule of a firewall, the proxy (https_proxy and no_proxy, or
http.proxy of Git's configuration).
(temporary)
`)
}

// failed checks an error of the network; kind is empty for none.
func (p *place) failed(what string, err error, kind string) {
	p.Helper()
	switch {
	case kind == "":
		if err != nil {
			p.Errorf("%s: %s", what, p.said(err))
		}
	case err == nil:
		p.Errorf("%s: no error", what)
	case !remote.Temporary(err):
		p.Errorf("%s is not temporary: %s", what, p.said(err))
	case kind == "silent" && !strings.Contains(err.Error(), "silent"):
		p.Errorf("%s: %s", what, p.said(err))
	}
}

// TestCancel ends a run at the moment when somebody else has it wait for ever.
func TestCancel(t *testing.T) {
	p := shop(t)
	main := p.at("main")
	two := p.commit("two", "b.yaml", noise(60_000))
	store := p.store("mine.git")
	reason := errors.New("enough")
	arrived := make(chan struct{}, 10)

	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := mute.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			arrived <- struct{}{}
		}
	})
	t.Cleanup(func() { mute.Close(); accepting.Wait() })
	hang := gitserver.HTTP(t, p.dir, gitserver.Answer("POST ", func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // or nobody notices that the client is gone
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	private := gitserver.HTTP(t, p.dir, gitserver.Token("secret"))
	// A program says through a pipe that it waits.
	const wait = "echo > '%s'; exec sleep 20"
	pipe := p.path("pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Fatal(err)
	}
	p.git("init", "-q", "--bare", "hang.git")
	p.write("hang.git/hooks/pre-receive", "#!/bin/sh\n"+fmt.Sprintf(wait, pipe)+"\n")
	p.git("config", "--global", "credential.helper", "!"+fmt.Sprintf(wait, pipe)+";:")
	waits := func() { os.ReadFile(pipe) }
	arrives := func() { <-arrived }

	tip := func(url string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := p.remote(url+"/shop.git").Tip(ctx, "main")
			return err
		}
	}
	tests := []struct {
		name string
		when func() // nil: before
		do   func(ctx context.Context) error
	}{
		{"before", nil, func(ctx context.Context) error {
			_, err := p.remote("shop.git").Fetch(ctx, remote.Want{Rev: "main"}, store)
			return err
		}},
		{"before, over HTTP", nil, tip(hang.URL)},
		{"no answer", arrives, tip("http://" + mute.Addr().String())},
		{"no TLS handshake", arrives, tip("https://" + mute.Addr().String())},
		{"no pack", arrives, func(ctx context.Context) error {
			_, err := p.remote(hang.URL+"/shop.git").Fetch(ctx, remote.Want{Rev: "main"}, store)
			return err
		}},
		{"no report", arrives, func(ctx context.Context) error {
			return p.remote(hang.URL+"/shop.git").Push(ctx, p.update("refs/heads/main", main, two))
		}},
		{"a hook", waits, func(ctx context.Context) error {
			return p.remote("hang.git").Push(ctx, p.update("refs/heads/main", plumbing.ZeroHash, two))
		}},
		{"a credential helper", waits, tip(private.URL)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			var waiting sync.WaitGroup
			if test.when == nil {
				cancel(reason)
			} else {
				waiting.Go(func() {
					test.when()
					cancel(reason)
				})
			}
			err := test.do(ctx)
			waiting.Wait()
			if !errors.Is(err, reason) || remote.Temporary(err) {
				t.Error(p.said(err))
			}
			p.sound("shop.git")
			p.sound("hang.git")
			if p.at("main") != main {
				t.Error("the branch moved")
			}
		})
	}
}

// TestSilentHook gives a program of this machine up that says nothing.
func TestSilentHook(t *testing.T) {
	p := shop(t)
	p.git("-C", "shop.git", "config", "receive.keepAlive", "0")
	p.hook("pre-receive", "exec sleep 20\n")
	main := p.at("main")
	r := p.with("shop.git", p.patience(300*time.Millisecond))
	p.same("push", p.said(r.Push(context.Background(), p.update("refs/heads/main", main, p.commit("two")))),
		`Error: The server was silent for too long

  on shop.git:

The connection stood, and nothing came any more.

Try again. Where it stays so, something ends connections: a proxy, a firewall, a
limit of the server, a hook that takes too long.
(temporary)
`)
	p.sound("shop.git")
	p.same("the branch", p.at("main").String(), main.String())
}
