package remote_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// helper configures a credential helper that knows a user and a password, and
// writes down what it is asked.
func (p *place) helper(user, password string) {
	p.Helper()
	p.write("helper", fmt.Sprintf("#!/bin/sh\necho $1 >> '%s'\nif [ $1 = get ]; then cat >/dev/null; printf 'username=%s\\npassword=%s\\n'; else grep '^password=' >> '%[1]s'; fi\n",
		p.path("asked"), user, password))
	p.git("config", "--global", "credential.helper", p.path("helper"))
}

// asked is what the helper was asked.
func (p *place) asked() string {
	data, _ := os.ReadFile(p.path("asked"))
	return string(data)
}

func TestLogin(t *testing.T) {
	tests := []struct {
		name  string
		login string // in the address
		setup func(*place)
		asked string // of the helper
	}{
		{"address", "ann:secret@", nil, ""},
		{"address before all others", "ann:secret@", func(p *place) {
			p.helper("bob", "wrong")
			p.Setenv("WEIR_GIT_TOKEN_127_0_0_1", "wrong")
		}, ""},
		{"environment", "", func(p *place) {
			p.Setenv("WEIR_GIT_TOKEN_127_0_0_1", "secret")
			p.Setenv("WEIR_GIT_USER_127_0_0_1", "ann")
			p.helper("bob", "wrong")
		}, ""},
		{"environment, user in the address", "ann@", func(p *place) { p.Setenv("WEIR_GIT_TOKEN_127_0_0_1", "secret") }, ""},
		{"helper", "", func(p *place) {
			p.helper("ann", "secret")
			p.write("home/.netrc", "machine 127.0.0.1 login ann password wrong\n")
		}, "get\nstore\npassword=secret\n"},
		{"helper of the project's repository", "", func(p *place) {
			p.helper("ann", "secret")
			p.git("config", "--global", "--unset", "credential.helper")
			p.git("init", "-q")
			p.git("config", "credential.helper", p.path("helper"))
		}, "get\nstore\npassword=secret\n"},
		{"askpass", "", func(p *place) {
			p.write("askpass", "#!/bin/sh\ncase $1 in Username*) echo ann;; *) echo secret;; esac\n")
			p.Setenv("GIT_ASKPASS", p.path("askpass"))
		}, ""},
		{"netrc", "", func(p *place) {
			p.write("home/.netrc", "machine example.com login bob password wrong\nmachine 127.0.0.1\n\tlogin ann\n\tpassword secret\n")
		}, ""},
		{"netrc of the user in the address", "ann@", func(p *place) {
			p.write("home/_netrc", "machine 127.0.0.1 login bob password wrong machine 127.0.0.1 login ann password secret")
		}, ""},
		{"NETRC", "", func(p *place) {
			p.write("somewhere", "default login ann password \"secret\"")
			p.Setenv("NETRC", p.path("somewhere"))
			p.write("home/.netrc", "machine 127.0.0.1 login ann password wrong\n")
		}, ""},
		{"header of a CI system", "", func(p *place) {
			// base64 of ann:secret
			p.git("config", "--global", "http.http://127.0.0.1/.extraHeader", "wrong: host")
			p.git("config", "--global", "http.extraHeader", "AUTHORIZATION: basic YW5uOnNlY3JldA==")
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := shop(t)
			server := gitserver.HTTP(t, p.dir, gitserver.Login("ann", "secret"))
			if test.setup != nil {
				test.setup(p)
			}
			r := p.remote(strings.Replace(server.URL, "http://", "http://"+test.login, 1) + "/shop.git")
			main := p.at("main")
			p.same("fetch", p.fetch(r, remote.Want{Rev: "main"}, p.store("mine.git")), main.String()+" refs/heads/main\n")
			if err := r.Push(context.Background(), p.update("refs/heads/main", main, p.commit("two"))); err != nil {
				t.Error(p.said(err))
			}
			p.sound("shop.git")
			p.same("asked", p.asked(), test.asked)
		})
	}
}

// TestLoginOnce has many remotes of one host that want credentials at once.
func TestLoginOnce(t *testing.T) {
	p := shop(t)
	p.helper("ann", "secret")
	server := gitserver.HTTP(t, p.dir, gitserver.Login("ann", "secret"))
	access := &remote.Access{Home: p.path("home")}
	var all sync.WaitGroup
	for range 8 {
		r := p.with(server.URL+"/shop.git", access)
		all.Go(func() {
			if _, err := r.Tip(context.Background(), "main"); err != nil {
				t.Error(p.said(err))
			}
		})
	}
	all.Wait()
	p.same("asked", p.asked(), "get\nstore\npassword=secret\n")
}

// TestLoginPerPath has repositories of one host that want different credentials,
// by a helper that is asked for each (credential.useHttpPath).
func TestLoginPerPath(t *testing.T) {
	p := shop(t)
	p.git("clone", "-q", "--bare", "shop.git", "other.git")
	p.write("helper", "#!/bin/sh\n[ $1 = get ] || exit 0\nif grep -q path=other; then echo username=ann; else echo username=bob; fi\necho password=secret\n")
	p.git("config", "--global", "credential.helper", p.path("helper"))
	p.git("config", "--global", "credential.useHttpPath", "true")
	server := gitserver.HTTP(t, p.dir, gitserver.Wrap(func(git http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, _, _ := r.BasicAuth()
			if want := map[bool]string{true: "ann", false: "bob"}[strings.HasPrefix(r.URL.Path, "/other")]; user != want {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			git.ServeHTTP(w, r)
		})
	}))
	access := &remote.Access{Home: p.path("home")}
	want := fmt.Sprint(remote.Tip{Ref: "refs/heads/main", Commit: p.at("main")}, " <nil>")
	for _, name := range []string{"shop.git", "other.git", "shop.git"} {
		tip, err := p.with(server.URL+"/"+name, access).Tip(context.Background(), "main")
		p.same(name, fmt.Sprint(tip, " ", err), want)
	}
}

func TestLoginRefused(t *testing.T) {
	tests := []struct {
		name  string
		login string
		setup func(*place)
		asked string
	}{
		{"nobody knows", "", nil, ""},
		{"wrong in the address", "ann:secret2@", nil, ""},
		{"wrong in the environment", "", func(p *place) { p.Setenv("WEIR_GIT_TOKEN_127_0_0_1", "secret2") }, ""},
		{"wrong from the helper", "", func(p *place) { p.helper("ann", "secret2") }, "get\nerase\npassword=secret2\n"},
		{"wrong in netrc", "", func(p *place) { p.write("home/.netrc", "machine 127.0.0.1 login ann password secret2\n") }, ""},
		{"wrong header", "", func(p *place) { p.git("config", "--global", "http.extraHeader", "Authorization: Bearer secret2") }, ""},
		{"netrc that cannot be read", "", func(p *place) { p.write("home/.netrc/x", "") }, ""},
		{"helper that fails", "", func(p *place) { p.git("config", "--global", "credential.helper", "!echo secret2 >&2; exit 3; :") }, ""},
		{"configuration that cannot be read", "", func(p *place) { p.write("home/.gitconfig", "[http\nproxy = http://ann:secret@x") }, ""},
	}
	var b strings.Builder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := shop(t)
			server := gitserver.HTTP(t, p.dir, gitserver.Token("secret"))
			main, store := p.at("main"), p.store("mine.git") // before git cannot run any more
			if test.setup != nil {
				test.setup(p)
			}
			r := p.remote(strings.Replace(server.URL, "http://", "http://"+test.login, 1) + "/shop.git")
			fetched := p.fetch(r, remote.Want{Rev: "main"}, store)
			fmt.Fprintf(&b, "--- %s\n%s", test.name, fetched)
			p.same("again", p.fetch(r, remote.Want{Rev: "main"}, store), fetched)
			pushed := p.said(r.Push(context.Background(), p.update("refs/heads/main", main, plumbing.ZeroHash)))
			p.same("push", strings.Replace(pushed, "push to ", "fetch ", 1), fetched)
			p.same("asked", p.asked(), test.asked)
		})
	}
	(&place{T: t}).golden("login-refused", b.String())
}

// TestLoginLate has a server that asks who is there only when it has heard all.
func TestLoginLate(t *testing.T) {
	p := shop(t)
	p.helper("ann", "secret")
	server := gitserver.HTTP(t, p.dir, gitserver.Wrap(func(git http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); r.Method == http.MethodPost && password != "secret" {
				io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			git.ServeHTTP(w, r)
		})
	}))
	main := p.at("main")
	two := p.commit("two", "b.yaml", noise(100_000))
	if err := p.remote(server.URL+"/shop.git").Push(context.Background(), p.update("refs/heads/main", main, two)); err != nil {
		t.Error(p.said(err))
	}
	p.sound("shop.git")
	p.same("the branch", p.at("main").String(), two.String())
	p.same("requests", strings.Join(server.Requests(), "\n"), "GET /shop.git/info/refs\nPOST /shop.git/git-receive-pack\nPOST /shop.git/git-receive-pack as ann")
}
