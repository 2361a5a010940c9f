package remote_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// TestAnswers is what a person reads when a server answers something else than
// what Git would.
func TestAnswers(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, "<html>an answer with https://ann:secret@example.com in it</html>")
		}
	}
	text := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, code) }
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html>log in</html>")
	}
	to := func(location string) http.HandlerFunc { return status(http.StatusFound, "Location", location) }
	tests := []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"403", text(403, "remote: Write access to repository not granted.\nsee https://ann:secret@example.com\x1b[31m\n")},
		{"404", status(404)},
		{"410", text(410, "moved to the archive")},
		{"407", status(407)},
		{"413", status(413)},
		{"418", status(418)},
		{"429", status(429, "Retry-After", "30")},
		{"429 with a date", status(429, "Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT")},
		{"500", text(500, strings.Repeat("a stack trace\n", 30))},
		{"501", status(501)},
		{"503", status(503)},
		{"a page to log in", page},
		{"a dumb server", text(200, "1234567890123456789012345678901234567890\trefs/heads/main\n")},
		{"no type", func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil }},
		{"nothing", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-"+r.URL.Query().Get("service")+"-advertisement")
		}},
		{"rubbish", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-"+r.URL.Query().Get("service")+"-advertisement")
			fmt.Fprint(w, "0009rubbish, and a lot of it")
		}},
		{"an error of the service", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-"+r.URL.Query().Get("service")+"-advertisement")
			fmt.Fprint(w, "0026ERR the repository is archived\x1b[1m\n0000")
		}},
		{"to another server", to("https://ann:secret@other.example.com/shop.git/info/refs?service=git-upload-pack&token=secret")},
		{"to another port", to("http://127.0.0.1:1/shop.git/info/refs")},
		{"to a page", to("/login?back=shop.git")},
		{"in circles", to("/shop.git/info/refs?again")},
		{"to what is no URL", to("http://ann:secret@[/")},
		{"to no place", status(302)},
		{"to another scheme", to("ftp://127.0.0.1/shop.git/info/refs")},
	}
	var b strings.Builder
	p := shop(t)
	store := p.store("mine.git")
	main := p.at("main")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := gitserver.HTTP(t, p.dir, gitserver.Answer("/shop.git/info/refs", test.answer))
			r := p.remote(server.URL + "/shop.git")
			fetched := p.fetch(r, remote.Want{Rev: "main"}, store)
			fmt.Fprintf(&b, "--- %s\n%s", test.name, fetched)
			pushed := p.said(r.Push(context.Background(), p.update("refs/heads/main", main, plumbing.ZeroHash)))
			pushed = strings.ReplaceAll(strings.Replace(pushed, "push to ", "fetch ", 1), "git-receive-pack", "git-upload-pack")
			p.same("push", pushed, fetched)
		})
	}
	p.golden("answers", b.String())
}

// TestAnswersToRequests is the same for a server that only later is another.
func TestAnswersToRequests(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"403":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "read only", http.StatusForbidden) },
		"503":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.example.com/?token=secret", http.StatusTemporaryRedirect)
		},
		"nothing": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-"+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+"-result")
		},
		"rubbish": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-"+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+"-result")
			fmt.Fprint(w, "0008NAK\n000frubbish\x02\x03")
		},
	}
	var b strings.Builder
	p := shop(t)
	store := p.store("mine.git")
	main := p.at("main")
	two := p.commit("two")
	for _, name := range []string{"403", "503", "page", "redirect", "nothing", "rubbish"} {
		server := gitserver.HTTP(t, p.dir, gitserver.Answer("POST ", answers[name]))
		r := p.remote(server.URL + "/shop.git")
		fmt.Fprintf(&b, "--- fetch: %s\n%s", name, p.fetch(r, remote.Want{Rev: "main"}, store))
		fmt.Fprintf(&b, "--- push: %s\n%s", name, p.said(r.Push(context.Background(), p.update("refs/heads/main", main, two))))
		p.sound("shop.git")
	}
	p.golden("answers-to-requests", b.String())
}

// TestRedirect follows a server that renamed a repository, as forges do.
func TestRedirect(t *testing.T) {
	p := shop(t)
	server := gitserver.HTTP(t, p.dir, gitserver.Login("ann", "secret"), gitserver.Answer("/old/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(r.URL.RequestURI(), "/old/", "/", 1), http.StatusMovedPermanently)
	}))
	r := p.remote(strings.Replace(server.URL, "http://", "http://ann:secret@", 1) + "/old/shop.git")
	main := p.at("main")
	p.same("fetch", p.fetch(r, remote.Want{Rev: "main"}, p.store("mine.git")), main.String()+" refs/heads/main\n")
	if err := r.Push(context.Background(), p.update("refs/heads/main", main, p.commit("two"))); err != nil {
		t.Error(p.said(err))
	}
	p.sound("shop.git")
	p.same("requests", strings.Join(server.Requests(), "\n"), `GET /old/shop.git/info/refs
GET /old/shop.git/info/refs as ann
GET /shop.git/info/refs as ann
POST /shop.git/git-upload-pack as ann
GET /old/shop.git/info/refs as ann
GET /shop.git/info/refs as ann
POST /shop.git/git-receive-pack as ann`)
}

// TestRedirectWithoutProtection is https that leads to http.
func TestRedirectWithoutProtection(t *testing.T) {
	p := shop(t)
	server := gitserver.HTTP(t, p.dir, gitserver.TLS(), gitserver.Answer("", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+r.URL.RequestURI(), http.StatusFound)
	}))
	p.Setenv("GIT_SSL_CAINFO", server.CA)
	p.same("refusal", p.fetch(p.remote(server.URL+"/shop.git"), remote.Want{Rev: "main"}, p.store("mine.git")), `Error: The server redirects to an address without protection

  on https://HOST/shop.git:

It wants everything to go to http://HOST/shop.git, where anybody on the way
could read and change it.

Ask who runs the server.
`)
}

// TestProxy goes through a proxy that wants credentials, by Git's configuration
// and by the environment. The host exists for the proxy alone.
func TestProxy(t *testing.T) {
	p := shop(t)
	server := gitserver.HTTP(t, p.dir)
	var passed atomic.Int32
	behind := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: server.Host})
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "Basic YW5uOnNlY3JldA==" { // ann:secret
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		passed.Add(1)
		behind.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	good := strings.Replace(proxy.URL, "http://", "http://ann:secret@", 1)
	bad := strings.Replace(proxy.URL, "http://", "http://ann:secret2@", 1)
	const address = "http://git.invalid/shop.git"
	main := p.at("main").String() + " refs/heads/main\n"
	fetch := func() string { return p.fetch(p.remote(address), remote.Want{Rev: "main"}, p.store("mine.git")) }

	var b strings.Builder
	outcome := func(what string) { fmt.Fprintf(&b, "--- %s\n%s", what, fetch()) }
	direct := func(what string) {
		if fetch() == main {
			t.Errorf("%s: a host that does not exist was reached", what)
		}
	}
	direct("without")
	p.Setenv("http_proxy", good)
	p.same("environment", fetch(), main)
	p.Setenv("no_proxy", "git.invalid")
	direct("no_proxy")
	p.Setenv("no_proxy", "")
	p.Setenv("http_proxy", bad)
	outcome("wrong")
	p.Setenv("http_proxy", "http://ann:secret@a b:c")
	outcome("no address")
	p.git("config", "--global", "http.proxy", good)
	p.same("Git's configuration", fetch(), main)
	p.git("config", "--global", "http.http://git.invalid/.proxy", "")
	direct("none for this host")
	p.same("requests that passed", fmt.Sprint(passed.Load()), "4")
	p.golden("proxy", b.String())
}

// TestTunnel is a proxy on the way to a server that is reached over TLS.
func TestTunnel(t *testing.T) {
	p := shop(t)
	server := gitserver.HTTP(t, p.dir, gitserver.TLS("git.invalid"))
	var status atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code := int(status.Load()); code != http.StatusOK {
			w.WriteHeader(code)
			return
		}
		there, err := net.Dial("tcp", server.Host)
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(there, here); there.Close() }()
		io.Copy(here, there)
		here.Close()
	}))
	defer proxy.Close()
	p.Setenv("GIT_SSL_CAINFO", server.CA)
	p.Setenv("https_proxy", strings.Replace(proxy.URL, "http://", "http://ann:secret@", 1))
	fetch := func() string {
		return p.fetch(p.remote("https://git.invalid/shop.git"), remote.Want{Rev: "main"}, p.store("mine.git"))
	}
	var b strings.Builder
	for _, code := range []int{403, 407, 502} {
		status.Store(int32(code))
		fmt.Fprintf(&b, "--- %d\n%s", code, fetch())
	}
	status.Store(http.StatusOK)
	p.same("through the proxy", fetch(), p.at("main").String()+" refs/heads/main\n")
	p.Setenv("https_proxy", "http://ann:secret@127.0.0.1:1")
	fmt.Fprintf(&b, "--- gone\n%s", fetch())
	p.Setenv("https_proxy", "socks5://ann:secret@127.0.0.1:1")
	fmt.Fprintf(&b, "--- gone, of another kind\n%s", fetch())
	p.golden("tunnel", b.String())
}
