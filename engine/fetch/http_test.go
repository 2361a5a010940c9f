package fetch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// golden compares a text with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// place is a repository with app 1.0.0 and 1.1.0, and somebody who locks charts
// of it.
type place struct {
	t      *testing.T
	server *chartserver.Server
	access *fetch.Access
	store  *fetch.Store
	ref    schema.Chart
	old    schema.Lock
	env    map[string]string
	names  []string // pairs of addresses and what a reader calls them
	pauses []time.Duration
	sums   map[string]string
}

func newPlace(t *testing.T, options ...chartserver.Option) *place {
	p := &place{t: t, server: chartserver.New(t, options...), env: map[string]string{}, sums: map[string]string{}}
	for _, version := range []string{"1.0.0", "1.1.0"} {
		p.sums[version] = p.server.Add("app", version, "templates/a.yaml", "a: "+version+"\n")
	}
	p.names = append(p.names, p.server.Host, "charts.example")
	p.access = &fetch.Access{
		Home: t.TempDir(), Env: func(name string) string { return p.env[name] },
		Pause: func(_ context.Context, d time.Duration) error { p.pauses = append(p.pauses, d); return nil },
	}
	p.store = fetch.NewStore(t.TempDir())
	p.ref = schema.Chart{
		Source: "main/app", Kind: schema.Repository, Name: "app", Version: "^1",
		Repository: schema.ChartRepository{Name: "main", URL: p.server.URL},
	}
	p.server.Requests()
	return p
}

func (p *place) netrc(text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.access.Home, ".netrc"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// variable is the name of a variable of the environment for the server.
func variable(name, host string) string {
	host, _, _ = strings.Cut(host, ":")
	return "WEIR_CHARTS_" + name + "_" + strings.ReplaceAll(host, ".", "_")
}

// source is what a run makes of an access.
func (p *place) source() fetch.Source {
	return fetch.Once(fetch.Retry(fetch.Limit(fetch.Kinds{
		schema.Repository: fetch.NewRepositories(p.access, p.store),
		schema.URL:        fetch.NewArchives(p.access, p.store),
	}, 8, time.Minute), p.access))
}

// lock is what a run says that locks the chart, or moves it.
func (p *place) lock(newest bool) string {
	l := &fetch.Locking{Old: p.old, Stock: &fetch.Stock{Shelves: []fetch.Shelf{p.store}, Keep: p.store, Source: p.source()}}
	library := l.Missing()
	if newest {
		library = l.Newest()
	}
	packed, err := library.Files(p.t.Context(), p.ref)
	if err != nil {
		return p.said(err)
	}
	p.old = l.Lock()
	e := p.old.Charts[0]
	return p.plain(fmt.Sprintf("locked %s %s from %s, %d files\n", packed.Root, e.Version, e.Origin, len(packed.Files)))
}

// said is an error as a person sees it.
func (p *place) said(err error) string {
	list, ok := diag.Refused(err)
	if !ok {
		return "failed: " + p.plain(err.Error()) + "\n"
	}
	var b strings.Builder
	for _, d := range list {
		if d.Subject.File != "" {
			p.t.Errorf("a source has put a place into its diagnostic: %+v", d)
		}
		fmt.Fprintf(&b, "%s\n", d.Summary)
		for _, text := range []string{d.Detail, d.Remedy} {
			if text != "" {
				fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(text, "\n", "\n  "))
			}
		}
	}
	return p.plain(b.String())
}

func (p *place) plain(text string) string {
	pairs := append(p.names, p.access.Home, "$HOME", "127_0_0_1", "charts_example", "127.0.0.1", "charts.example")
	return strings.NewReplacer(pairs...).Replace(text)
}

// TestRepository locks a chart of a repository that has some fault or other, and
// compares what is said, what was asked and how long was waited with a file.
func TestRepository(t *testing.T) {
	var got strings.Builder
	for _, test := range []struct {
		name    string
		options []chartserver.Option
		prepare func(*place)
		newest  bool
	}{
		{name: "fine"},
		{name: "down", prepare: func(p *place) { p.server.Stop() }},
		{name: "silent", prepare: func(p *place) {
			p.access.Idle = 200 * time.Millisecond
			p.server.Fault("/index.yaml", chartserver.Silence)
		}},
		{name: "no such host", prepare: func(p *place) { p.ref.Repository.URL = "http://charts.invalid/x" }},
		{name: "no proxy there", prepare: func(p *place) {
			p.ref.Repository.URL = "http://charts.invalid/x"
			p.env["http_proxy"] = "http://ann:secret@" + p.server.Host
			p.server.Stop()
		}},
		{name: "half an index", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Half([]byte(strings.Repeat("x: y\n", 100)))) }},
		{name: "half an archive", prepare: func(p *place) { p.server.Fault("/app-1.1.0.tgz", chartserver.Half(make([]byte, 1000))) }},
		{name: "half an archive, then all of it", prepare: func(p *place) { p.server.Times("/app-1.1.0.tgz", 2, chartserver.Half(make([]byte, 1000))) }},
		{name: "fails once", prepare: func(p *place) { p.server.Times("/index.yaml", 1, chartserver.Status(503, "busy\x1b[31m")) }},
		{name: "fails", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Status(500, "no disk")) }},
		{name: "not implemented", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Status(501, "")) }},
		{name: "asked too often", prepare: func(p *place) {
			p.server.Times("/index.yaml", 1, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(429)
			})
		}},
		{name: "asked much too often", prepare: func(p *place) {
			p.server.Fault("/index.yaml", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(429)
			})
		}},
		{name: "no index", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Status(404, "")) }},
		{name: "no archive", prepare: func(p *place) { p.server.Fault("/app-1.1.0.tgz", chartserver.Status(404, "")) }},
		{name: "forbidden", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Status(403, "not you")) }},
		{name: "a page", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("text/html", "\n<!DOCTYPE html><html>Log in</html>"))
		}},
		{name: "a page for an archive", prepare: func(p *place) {
			p.server.Fault("/app-1.1.0.tgz", chartserver.Text("text/html", "<html>Log in</html>"))
		}},
		{name: "no index at all", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Text("text/yaml", "hello: world\n")) }},
		{name: "a broken section", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("text/yaml", "entries:\n  app:\n  - version: [\n"))
		}},
		{name: "no archive at all", prepare: func(p *place) { p.server.Fault("/app-1.1.0.tgz", chartserver.Text("", "hello")) }},
		{name: "an archive that is no chart", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: [x.tgz]\n"))
			p.server.Fault("/x.tgz", chartserver.Text("", string(chartserver.Pack("app", "1.1.0", "Chart.yaml", "a: b\n"))))
		}},
		{name: "no URL", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n"))
		}},
		{name: "a URL of something else", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['file:///etc/passwd']\n"))
		}},
		{name: "a URL with credentials", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['http://ann:secret@"+p.server.Host+"/app-1.1.0.tgz?access_token=secret']\n"))
		}},
		{name: "a registry with credentials", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['oci://registry.example/app:1.1.0?token=secret']\n"))
		}},
		{name: "no such version", prepare: func(p *place) { p.ref.Version = "1.2.0" }},
		{name: "no such chart", prepare: func(p *place) { p.ref.Source, p.ref.Name = "main/ap", "ap" }},
		{name: "the digest is a lie", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    digest: "+p.sums["1.0.0"]+"\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "a digest that is none", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    digest: abcd\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "a digest that is a number", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    digest: "+strings.Repeat("1", 64)+"\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "a digest of another kind", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    digest: sha512:abcd\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "the name is a lie", prepare: func(p *place) {
			p.ref.Source, p.ref.Name = "main/other", "other"
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  other:\n  - version: 1.1.0\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "the version is a lie", prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.2.0\n    urls: [app-1.1.0.tgz]\n"))
		}},
		{name: "changed under the same version", newest: true, prepare: func(p *place) {
			p.lock(false)
			p.server.Add("app", "1.1.0", "templates/a.yaml", "a: other\n")
		}},
		{name: "changed without a word", newest: true, prepare: func(p *place) {
			p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: [app-1.1.0.tgz]\n"))
			p.lock(false)
			p.server.Add("app", "1.1.0", "templates/a.yaml", "a: other\n")
			p.store = fetch.NewStore(p.t.TempDir()) // the content is fetched again, by the lock
		}},
		{name: "by URL, changed under the same version", newest: true, prepare: func(p *place) {
			p.ref = schema.Chart{Source: p.server.URL + "/app-1.1.0.tgz", Kind: schema.URL}
			p.lock(false)
			p.server.Add("app", "1.1.0", "templates/a.yaml", "a: other\n")
		}},
		{name: "by URL, in another version", prepare: func(p *place) {
			p.ref = schema.Chart{Source: p.server.URL + "/app-1.1.0.tgz", Kind: schema.URL, Version: "^2"}
		}},
		{name: "nobody", options: []chartserver.Option{chartserver.Login("ann", "secret")}},
		{name: "wrong in netrc", options: []chartserver.Option{chartserver.Login("ann", "secret")}, prepare: func(p *place) { p.netrc("machine 127.0.0.1 login ann password wrong") }},
		{name: "in netrc", options: []chartserver.Option{chartserver.Login("ann", "secret")}, prepare: func(p *place) { p.netrc("machine 127.0.0.1 login ann password secret") }},
		{name: "in netrc for all", options: []chartserver.Option{chartserver.Login("ann", "secret")}, prepare: func(p *place) { p.netrc("default login ann password secret") }},
		{name: "netrc cannot be read", prepare: func(p *place) { p.env["NETRC"] = p.access.Home }},
		{name: "in the environment", options: []chartserver.Option{chartserver.Login("ann", "secret")}, prepare: func(p *place) {
			p.netrc("machine 127.0.0.1 login ann password wrong")
			p.env[variable("USER", p.server.Host)], p.env[variable("PASSWORD", p.server.Host)] = "ann", "secret"
		}},
		{name: "wrong in the environment", options: []chartserver.Option{chartserver.Login("ann", "secret")}, prepare: func(p *place) {
			p.env[variable("USER", p.server.Host)], p.env[variable("PASSWORD", p.server.Host)] = "ann", "expired"
		}},
		{name: "redirects in circles", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Redirect("/index.yaml")) }},
		{name: "redirects nowhere", prepare: func(p *place) { p.server.Fault("/index.yaml", chartserver.Redirect("ftp://x/y")) }},
		{name: "unknown authority", options: []chartserver.Option{chartserver.TLS()}},
		{name: "known authority", options: []chartserver.Option{chartserver.TLS()}, prepare: func(p *place) { p.ref.Repository.CA = p.server.CA }},
		{name: "no authority", prepare: func(p *place) { p.ref.Repository.CA = filepath.Join(p.access.Home, "gone.pem") }},
		{name: "an authority that is none", prepare: func(p *place) { p.netrc(""); p.ref.Repository.CA = "~/.netrc" }},
		{name: "no client certificate", prepare: func(p *place) { p.ref.Repository.Certificate = "~/gone.pem" }},
		{name: "no TLS there", prepare: func(p *place) {
			p.ref.Repository.URL = strings.Replace(p.server.URL, "http:", "https:", 1)
		}},
		{name: "from TLS to none", options: []chartserver.Option{chartserver.TLS()}, prepare: func(p *place) {
			p.ref.Repository.CA = p.server.CA
			p.server.Fault("/index.yaml", chartserver.Redirect("http://elsewhere.example/index.yaml"))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, test.options...)
			if test.prepare != nil {
				test.prepare(p)
			}
			p.server.Requests()
			p.pauses = nil
			fmt.Fprintf(&got, "# %s\n%s", test.name, p.lock(test.newest))
			for _, request := range p.server.Requests() {
				fmt.Fprintf(&got, "    %s\n", request)
			}
			if len(p.pauses) > 0 {
				fmt.Fprintf(&got, "    waited %v\n", p.pauses)
			}
			got.WriteString("\n")
		})
	}
	golden(t, "testdata/http.txt", got.String())
	if strings.Contains(got.String(), "secret") || strings.Contains(got.String(), "expired\"") {
		t.Error("a password is shown")
	}
}

// TestCredentialsStay: whoever a redirect or an index leads to gets no
// credentials that were meant for all, or for the repository.
func TestCredentialsStay(t *testing.T) {
	p := newPlace(t, chartserver.Login("ann", "secret"))
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _, _ := r.BasicAuth()
		seen = append(seen, strings.TrimSpace(r.URL.Path+" "+user))
		http.ServeFile(w, r, filepath.Join(p.server.Dir, filepath.Base(r.URL.Path)))
	}))
	defer other.Close()
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	p.names = append(p.names, strings.TrimPrefix(elsewhere, "http://"), "elsewhere.example")
	p.netrc("default login ann password secret")
	p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['"+elsewhere+"/app-1.1.0.tgz']\n  moved:\n  - version: 1.0.0\n    urls: [moved.tgz]\n"))
	p.server.Fault("/moved.tgz", chartserver.Redirect(elsewhere+"/moved/moved-1.0.0.tgz"))
	p.server.Add("moved", "1.0.0")
	got := p.lock(false)
	p.ref.Name, p.ref.Source = "moved", "main/moved"
	got += p.lock(false)
	want := "locked main/app@1.1.0 1.1.0 from http://elsewhere.example/app-1.1.0.tgz, 2 files\n" +
		"locked main/moved@1.0.0 1.0.0 from http://charts.example/moved.tgz, 1 files\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/app-1.1.0.tgz", "/moved/moved-1.0.0.tgz"}, seen); diff != "" {
		t.Errorf("the other server has seen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"GET /index.yaml OK ann", "GET /index.yaml OK ann", "GET /moved.tgz Found ann"}, p.server.Requests()); diff != "" {
		t.Errorf("the repository has seen (-want +got):\n%s", diff)
	}
}

// TestSignedURLs: a query that the index has for an archive is sent, at every
// time the index's own, and stands neither in the lock nor in a message.
func TestSignedURLs(t *testing.T) {
	p := newPlace(t)
	var seen []string
	valid := "one"
	p.server.Fault("/signed.tgz", func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.RawQuery)
		if r.URL.Query().Get("t") != valid {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.ServeFile(w, r, filepath.Join(p.server.Dir, "app-1.1.0.tgz"))
	})
	index := func(query string) {
		p.server.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['signed.tgz"+query+"']\n  - version: 1.0.0\n    urls: ['other.tgz']\n"))
	}
	again := func(source string) string { // another machine reads what is locked
		e := p.old.Charts[0]
		ref := p.ref
		if source != "" { // as a sub-chart, without a block
			e.Source, e.Repository, ref.Source, ref.Repository = source, "", source, schema.ChartRepository{}
		}
		pins := &fetch.Pins{Lock: lockedAs(schema.NewLock([]schema.Locked{e})), Stock: &fetch.Stock{Source: p.source()}}
		packed, err := pins.Files(t.Context(), ref)
		if err != nil {
			return p.said(err)
		}
		return fmt.Sprintf("%d files\n", len(packed.Files))
	}
	index("?t=one")
	got := p.lock(false)
	got += again("") + again(p.server.URL+"/app")
	index("?t=two")
	valid = "two"
	got += again("")
	valid = "three"
	got += again("")
	valid = ""
	index("")
	got += again("")
	index("/gone?t=two")
	got += again("")
	want := `locked main/app@1.1.0 1.1.0 from http://charts.example/signed.tgz?, 2 files
2 files
2 files
2 files
charts.example forbids it
  It is locked to 1.1.0, which is not at hand and has to be fetched. It answered 403 to a request without credentials for http://charts.example/signed.tgz.
  Let this account read the repository; without an account, see whether it needs one.
2 files
the index of http://charts.example no longer lists app 1.1.0
  It is locked to 1.1.0, which is not at hand and has to be fetched. The URL of its archive has a query, which only the index knows.
  If the version was withdrawn, take another one with ` + "`weir update`" + `.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"t=one", "t=one", "t=one", "t=two", "t=two", ""}, seen); diff != "" {
		t.Errorf("asked with (-want +got):\n%s", diff)
	}
}

// TestArchiveIsKept: an archive by URL that has not changed is not transferred
// again; one that has is, and nothing of it is believed without its bytes.
func TestArchiveIsKept(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(p.server.Dir, "app-1.1.0.tgz")
	age := func(hours int) {
		t.Helper()
		then := time.Now().Add(-time.Duration(hours) * time.Hour)
		if err := os.Chtimes(file, then, then); err != nil {
			t.Fatal(err)
		}
	}
	age(9)
	p.ref = schema.Chart{Source: p.server.URL + "/app-1.1.0.tgz", Kind: schema.URL}
	const locked = "locked http://charts.example/app-1.1.0.tgz 1.1.0 from http://charts.example/app-1.1.0.tgz, 2 files\n"
	for i, step := range []struct {
		prepare  func()
		want     string
		requests []string
	}{
		{func() {}, locked, []string{"GET /app-1.1.0.tgz OK"}},
		{func() {}, locked, []string{"GET /app-1.1.0.tgz Not Modified"}},
		{func() { age(8) }, locked, []string{"GET /app-1.1.0.tgz OK", "GET /app-1.1.0.tgz OK"}},
		{func() {}, locked, []string{"GET /app-1.1.0.tgz Not Modified"}},
		{func() { p.server.Add("app", "1.1.0", "templates/a.yaml", "a: other\n"); age(7) }, "was changed under the same version", []string{"GET /app-1.1.0.tgz OK", "GET /app-1.1.0.tgz OK"}},
	} {
		step.prepare()
		p.server.Requests()
		if got := p.lock(true); !strings.Contains(got, step.want) {
			t.Errorf("%d: %s", i, got)
		}
		if diff := cmp.Diff(step.requests, p.server.Requests()); diff != "" {
			t.Errorf("%d: requests (-want +got):\n%s", i, diff)
		}
	}
}

// TestIndexIsKept: the second run asks only whether the index has changed, and
// nobody believes a kept one that is damaged.
func TestIndexIsKept(t *testing.T) {
	p := newPlace(t)
	kept := func() string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(p.store.Dir(), "indexes", "*"))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		return names[0]
	}
	p.lock(false)
	p.server.Requests()
	for _, step := range []struct {
		name   string
		damage func(data []byte) []byte
		want   []string
	}{
		{"whole", func(data []byte) []byte { return data }, []string{"GET /index.yaml Not Modified"}},
		{"a bit flipped", func(data []byte) []byte { data[20] ^= 1; return data }, []string{"GET /index.yaml Not Modified", "GET /index.yaml OK"}},
		{"healed", func(data []byte) []byte { return data }, []string{"GET /index.yaml Not Modified"}},
		{"cut", func(data []byte) []byte { return data[:len(data)/2] }, []string{"GET /index.yaml OK"}},
		{"empty", func([]byte) []byte { return nil }, []string{"GET /index.yaml OK"}},
		{"end flipped", func(data []byte) []byte { data[len(data)-1] ^= 0xff; return data }, []string{"GET /index.yaml OK"}},
	} {
		data, err := os.ReadFile(kept())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kept(), step.damage(data), 0o600); err != nil {
			t.Fatal(err)
		}
		said := p.lock(true)
		if diff := cmp.Diff("locked main/app@1.1.0 1.1.0 from http://charts.example/app-1.1.0.tgz, 2 files\n", said); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
		if diff := cmp.Diff(step.want, p.server.Requests()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	p.server.Add("app", "1.2.0")
	p.server.Requests()
	if diff := cmp.Diff("locked main/app@1.2.0 1.2.0 from http://charts.example/app-1.2.0.tgz, 1 files\n", p.lock(true)); diff != "" {
		t.Error(diff)
	}
}

// TestStoreHeals: what is not what its name says is fetched again.
func TestStoreHeals(t *testing.T) {
	p := newPlace(t)
	p.lock(false)
	names, err := filepath.Glob(filepath.Join(p.store.Dir(), "charts", "*", "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	whole, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": nil, "cut": whole[:len(whole)-1], "longer": append(append([]byte(nil), whole...), 0), "other": []byte("hello")}
	for i := 0; i < len(whole); i += 7 {
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 4
		damaged[fmt.Sprintf("flipped at %d", i)] = flipped
	}
	for name, data := range damaged {
		if err := os.WriteFile(names[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		p.server.Requests()
		library := &fetch.Pins{
			Lock:  func() (schema.Lock, diag.List) { return p.old, nil },
			Stock: &fetch.Stock{Shelves: []fetch.Shelf{p.store}, Keep: p.store, Source: p.source()},
		}
		packed, err := library.Files(t.Context(), p.ref)
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(p.old.Charts[0].Files, fetch.Digest(packed.Files)); diff != "" {
			t.Error(name, diff)
		}
		if diff := cmp.Diff([]string{"GET /app-1.1.0.tgz OK"}, p.server.Requests()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if healed, err := os.ReadFile(names[0]); err != nil || string(healed) != string(whole) {
			t.Errorf("%s: not healed: %v", name, err)
		}
	}
}

// TestMovedRepository keeps the version where the repository has another URL by
// now, if it is there.
func TestMovedRepository(t *testing.T) {
	p := newPlace(t)
	got := p.lock(false)
	mirror, other := chartserver.New(t), chartserver.New(t)
	p.names = append(p.names, mirror.Host, "mirror.example", other.Host, "other.example")
	mirror.Add("app", "1.1.0", "templates/a.yaml", "a: 1.1.0\n")
	mirror.Add("app", "1.2.0")
	other.Add("app", "1.3.0")
	p.ref.Repository.URL = mirror.URL
	got += p.lock(false)
	p.ref.Repository.URL = other.URL
	got += p.lock(false)
	want := `locked main/app@1.1.0 1.1.0 from http://charts.example/app-1.1.0.tgz, 2 files
locked main/app@1.1.0 1.1.0 from http://mirror.example/app-1.1.0.tgz, 2 files
locked main/app@1.3.0 1.3.0 from http://other.example/app-1.3.0.tgz, 1 files
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLimit gives up on what is not silent, but never done.
func TestLimit(t *testing.T) {
	p := newPlace(t)
	p.server.Fault("/app-1.1.0.tgz", chartserver.Silence)
	source := fetch.Limit(fetch.NewRepositories(p.access, p.store), 1, 50*time.Millisecond)
	pin := schema.Locked{Origin: p.server.URL + "/app-1.1.0.tgz"}
	_, err := source.Fetch(t.Context(), p.ref, pin)
	want := "chart \"main/app ^1\" is too slow to come\n  It was not there after 50ms.\n  Try again; if it stays so, ask who runs its server.\n"
	if diff := cmp.Diff(want, p.said(err)); diff != "" {
		t.Error(diff)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := source.Fetch(ctx, p.ref, pin); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
