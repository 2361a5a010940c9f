package fetch_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	helmreg "helm.sh/helm/v3/pkg/registry"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/integration/registry"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// harbour is a registry with versions of charts/app, and somebody who locks one.
type harbour struct {
	*place
	server *registry.Server
	pushed map[string]registry.Pushed
	kinds  fetch.Kinds // nil: registries only
}

func newHarbour(t *testing.T, options ...registry.Option) *harbour {
	h := &harbour{
		place:  &place{t: t, env: map[string]string{}},
		server: registry.New(t, options...),
		pushed: map[string]registry.Pushed{},
	}
	for _, version := range []string{"1.0.0", "1.1.0", "1.10.0", "2.0.0-rc.1", "1.10.0+build.7"} {
		h.push(version, version)
	}
	// Tags that move are no versions, whatever they look like.
	h.push("latest", "1.10.0")
	h.push("1", "1.10.0")
	h.names = append(h.names, h.server.Host, "registry.example")
	h.access = &fetch.Access{
		Home: t.TempDir(), Env: func(name string) string { return h.env[name] },
		Pause: func(_ context.Context, d time.Duration) error { h.pauses = append(h.pauses, d); return nil },
	}
	h.store = fetch.NewStore(t.TempDir())
	h.ref = schema.Chart{
		Source: "main/app", Kind: schema.OCI, Name: "app", Version: "^1",
		Repository: schema.ChartRepository{Name: "main", URL: "oci://" + h.server.Host + "/charts", PlainHTTP: h.server.CA == "", CA: h.server.CA},
	}
	h.server.Requests()
	return h
}

// push puts a version under a tag.
func (h *harbour) push(tag, version string) {
	p := h.server.Push("charts/app", tag, chartserver.Pack("app", version, "templates/a.yaml", "a: "+version+"\n"))
	h.pushed[tag] = p
	h.names = append(h.names, p.Manifest, "<manifest of "+tag+">", p.SHA256, "<archive of "+tag+">")
}

// write puts a file into the home directory.
func (h *harbour) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.access.Home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// login is a file of Docker's format with one login.
func login(host, user, password string) string {
	return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

const (
	helmFile   = ".config/helm/registry/config.json"
	dockerFile = ".docker/config.json"
	podmanFile = ".config/containers/auth.json"
)

func (h *harbour) source() fetch.Source {
	kinds := h.kinds
	if kinds == nil {
		kinds = fetch.Kinds{schema.OCI: fetch.NewRegistries(h.access, nil)}
	}
	return fetch.Once(fetch.Retry(fetch.Limit(kinds, 8, time.Minute), h.access))
}

// lock is what a run says that locks the chart, or moves it.
func (h *harbour) lock(newest bool) string {
	l := &fetch.Locking{Old: h.old, Stock: &fetch.Stock{Shelves: []fetch.Shelf{h.store}, Keep: h.store, Source: h.source()}}
	library := l.Missing()
	if newest {
		library = l.Newest()
	}
	packed, err := library.Files(h.t.Context(), h.ref)
	if err != nil {
		return h.said(err)
	}
	h.old = l.Lock()
	e := h.old.Charts[0]
	return h.plain(fmt.Sprintf("locked %s %s from %s, %s, %d files\n", packed.Root, e.Version, e.Origin, e.SHA256, len(packed.Files)))
}

// hydrate gets the chart by the lock, with nothing at hand.
func (h *harbour) hydrate() string {
	library := &fetch.Pins{
		Lock:  func() (schema.Lock, diag.List) { return h.old, nil },
		Stock: &fetch.Stock{Source: h.source()},
	}
	packed, err := library.Files(h.t.Context(), h.ref)
	if err != nil {
		return h.said(err)
	}
	return h.plain(fmt.Sprintf("read %s, %d files\n", packed.Root, len(packed.Files)))
}

// image is a manifest of something that is no chart.
func image(config string) string {
	return `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"` + config + `","digest":"sha256:` +
		strings.Repeat("a", 64) + `","size":2},"layers":[]}`
}

// TestRegistry locks a chart of a registry that has some fault or other, and
// compares what is said, what was asked and how long was waited with a file.
func TestRegistry(t *testing.T) {
	const manifests, tags = "/v2/charts/app/manifests/", "/v2/charts/app/tags/list"
	const oci = "application/vnd.oci.image.manifest.v1+json"
	basic, tokens := registry.Login("ann", "secret"), registry.Tokens("ann", "secret", "")
	archive := func(h *harbour, version string) string {
		return "/v2/charts/app/blobs/sha256:" + h.pushed[version].SHA256
	}
	var got strings.Builder
	for _, test := range []struct {
		name    string
		options []registry.Option
		prepare func(*harbour)
		newest  bool
		hydrate bool // by the lock that was made in prepare
	}{
		{name: "the newest that fits"},
		{name: "the newest of all, in pages", options: []registry.Option{registry.Pages(2)}, prepare: func(h *harbour) { h.ref.Version = "" }},
		{name: "an exact version", prepare: func(h *harbour) { h.ref.Version = "1.1.0" }},
		{name: "an exact version with a v", prepare: func(h *harbour) { h.ref.Version = "v1.1.0" }},
		{name: "build metadata", prepare: func(h *harbour) { h.ref.Version = "1.10.0+build.7" }},
		{name: "a pre-release", prepare: func(h *harbour) { h.ref.Version = ">=2.0.0-0" }},
		{name: "no such version", prepare: func(h *harbour) { h.ref.Version = "1.2.0" }},
		{name: "nothing meets it", prepare: func(h *harbour) { h.ref.Version = "^2" }},
		{name: "a tag", prepare: func(h *harbour) { h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app:latest", "" }},
		{name: "a tag in another version", prepare: func(h *harbour) { h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app:latest", "^2" }},
		{name: "no such tag", prepare: func(h *harbour) { h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app:edge", "" }},
		{name: "a digest", prepare: func(h *harbour) {
			h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app@"+h.pushed["1.0.0"].Manifest, ""
		}},
		{name: "no such digest", prepare: func(h *harbour) {
			h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app@sha256:"+strings.Repeat("0", 64), ""
		}},
		{name: "no digest at all", prepare: func(h *harbour) { h.ref.Source = "oci://" + h.server.Host + "/charts/app@sha256:1234" }},
		{name: "no such chart", prepare: func(h *harbour) { h.ref.Name = "ap" }},
		{name: "only tags that move", prepare: func(h *harbour) {
			h.server.Push("charts/lib", "main", chartserver.Pack("lib", "1.0.0"))
			h.ref.Name = "lib"
		}},
		{name: "no tags", prepare: func(h *harbour) {
			h.server.Fault(tags, chartserver.Text("application/json", `{"name":"charts/app","tags":null}`))
		}},
		{name: "upper case", prepare: func(h *harbour) { h.ref.Source = "oci://" + h.server.Host + "/Charts/App" }},
		{name: "no chart in the address", prepare: func(h *harbour) { h.ref.Source = "oci://" + h.server.Host }},
		{name: "credentials in the address", prepare: func(h *harbour) { h.ref.Source = "oci://ann:secret@" + h.server.Host + "/charts/app" }},
		{name: "a tag that was moved", newest: true, prepare: func(h *harbour) {
			h.lock(false)
			h.server.Push("charts/app", "1.10.0", chartserver.Pack("app", "1.10.0", "templates/a.yaml", "a: moved\n"))
			h.server.Push("charts/app", "1.10.0_build.7", chartserver.Pack("app", "1.10.0+build.7", "templates/a.yaml", "a: moved\n"))
		}},
		{name: "a tag that was moved, by the lock", hydrate: true, prepare: func(h *harbour) {
			h.lock(false)
			h.server.Push("charts/app", "1.10.0_build.7", chartserver.Pack("app", "1.10.0+build.7", "templates/a.yaml", "a: moved\n"))
		}},
		{name: "a named tag that was moved", newest: true, prepare: func(h *harbour) {
			h.ref.Source, h.ref.Version = "oci://"+h.server.Host+"/charts/app:latest", ""
			h.lock(false)
			h.push("latest", "1.1.0")
		}},
		{name: "withdrawn, by the lock", hydrate: true, prepare: func(h *harbour) {
			h.lock(false)
			h.server.Delete(manifests + h.pushed["1.10.0+build.7"].Manifest)
			h.server.Fault(archive(h, "1.10.0+build.7"), registry.Refuse(404, "BLOB_UNKNOWN", "gone"))
		}},
		{name: "the digest of the lock was edited", hydrate: true, prepare: func(h *harbour) {
			h.lock(false)
			h.old.Charts[0].SHA256 = strings.Repeat("1", 64)
		}},
		{name: "an image", prepare: func(h *harbour) {
			h.server.Put(manifests+"3.0.0", oci, []byte(image("application/vnd.oci.image.config.v1+json")))
			h.ref.Version = "3.0.0"
		}},
		{name: "an image for several platforms", prepare: func(h *harbour) {
			h.server.Put(manifests+"3.0.0", "application/vnd.oci.image.index.v1+json", []byte(`{"schemaVersion":2,"manifests":[]}`))
			h.ref.Version = "3.0.0"
		}},
		{name: "something else", prepare: func(h *harbour) {
			h.server.Put(manifests+"3.0.0", oci, []byte(image("application/vnd.cncf.flux.config.v1+json")))
			h.ref.Version = "3.0.0"
		}},
		{name: "a chart without an archive", prepare: func(h *harbour) {
			h.server.Put(manifests+"3.0.0", oci, []byte(image("application/vnd.cncf.helm.config.v1+json")))
			h.ref.Version = "3.0.0"
		}},
		{name: "an archive without a digest", prepare: func(h *harbour) {
			text := strings.Replace(image("application/vnd.cncf.helm.config.v1+json"), `[]`, `[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:../../x","size":2}]`, 1)
			h.server.Put(manifests+"3.0.0", oci, []byte(text))
			h.ref.Version = "3.0.0"
		}},
		{name: "a huge archive", prepare: func(h *harbour) {
			text := strings.Replace(image("application/vnd.cncf.helm.config.v1+json"), `[]`, `[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:`+strings.Repeat("b", 64)+`","size":4611686018427387904}]`, 1)
			h.server.Put(manifests+"3.0.0", oci, []byte(text))
			h.ref.Version = "3.0.0"
		}},
		{name: "a huge archive, by the lock", hydrate: true, prepare: func(h *harbour) {
			h.lock(false)
			h.server.Fault(archive(h, "1.10.0+build.7"), func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "4611686018427387904") })
		}},
		{name: "a huge manifest", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(manifests+"1.1.0", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", oci)
				w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("c", 64))
				w.Header().Set("Content-Length", "2000000")
			})
		}},
		{name: "the manifest is not what its digest says", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(manifests+"1.1.0", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", oci)
				w.Header().Set("Docker-Content-Digest", h.pushed["1.0.0"].Manifest)
				_, _ = w.Write(h.server.Manifest("charts/app", "1.1.0"))
			})
		}},
		{name: "the manifest is no JSON", prepare: func(h *harbour) {
			h.server.Put(manifests+"3.0.0", oci, []byte("hello"))
			h.ref.Version = "3.0.0"
		}},
		{name: "the archive is not what its digest says", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(archive(h, "1.1.0"), chartserver.Text("application/octet-stream", string(make([]byte, len(chartserver.Pack("app", "1.1.0", "templates/a.yaml", "a: 1.1.0\n"))))))
		}},
		{name: "the archive has another size", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(archive(h, "1.1.0"), chartserver.Text("application/octet-stream", "hello"))
		}},
		{name: "the archive is missing", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(archive(h, "1.1.0"), registry.Refuse(404, "BLOB_UNKNOWN", "unknown blob"))
		}},
		{name: "half an archive", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(archive(h, "1.1.0"), chartserver.Half(chartserver.Pack("app", "1.1.0", "templates/a.yaml", "a: 1.1.0\n")))
		}},
		{name: "half a list", prepare: func(h *harbour) {
			h.server.Fault(tags, chartserver.Half([]byte(`{"name":"charts/app","tags":["1.0.0"]}`)))
		}},
		{name: "a list without end", prepare: func(h *harbour) {
			h.server.Fault(tags, chartserver.Text("application/json", `{"tags":["`+strings.Repeat("x", 9<<20)+`"]}`))
		}},
		{name: "pages without end", prepare: func(h *harbour) {
			h.ref.Version = "^3"
			h.server.Fault(tags, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", `<`+tags+`>; rel="next"`)
				_, _ = w.Write([]byte(`{"tags":["1.0.0"]}`))
			})
		}},
		{name: "large pages without end", prepare: func(h *harbour) {
			h.server.Fault(tags, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", `<`+tags+`>; rel="next"`)
				_, _ = w.Write([]byte(`{"tags":["` + strings.Repeat("x", 6<<20) + `"]}`))
			})
		}},
		{name: "an archive that is shorter than it should be", prepare: func(h *harbour) {
			h.ref.Version = "1.1.0"
			h.server.Fault(archive(h, "1.1.0"), func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("hello"))
				_ = http.NewResponseController(w).Flush() // no Content-Length
			})
		}},
		{name: "a list that is none", prepare: func(h *harbour) { h.server.Fault(tags, chartserver.Text("application/json", `["1.0.0"]`)) }},
		{name: "a list that goes on elsewhere", prepare: func(h *harbour) {
			h.server.Fault(tags, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", `<http://elsewhere.example/v2/charts/app/tags/list?last=x>; rel="next"`)
				_, _ = w.Write([]byte(`{"tags":["1.0.0"]}`))
			})
		}},
		{name: "a page", prepare: func(h *harbour) { h.server.Fault(tags, chartserver.Text("text/html", "<html>Log in</html>")) }},
		{name: "down", prepare: func(h *harbour) { h.server.Stop() }},
		{name: "silent", prepare: func(h *harbour) {
			h.access.Idle = 200 * time.Millisecond
			h.server.Fault(tags, chartserver.Silence)
		}},
		{name: "no such host", prepare: func(h *harbour) { h.ref.Repository.URL = "oci://registry.invalid/charts" }},
		{name: "fails once", prepare: func(h *harbour) {
			failed := false
			h.ref.Version = "1.1.0"
			h.server.Fault(manifests+"1.1.0", func(w http.ResponseWriter, r *http.Request) {
				if !failed {
					failed = true
					chartserver.Status(503, "busy")(w, r)
					return
				}
				w.Header().Set("Content-Type", oci)
				_, _ = w.Write(h.server.Manifest("charts/app", "1.1.0"))
			})
		}},
		{name: "fails", prepare: func(h *harbour) { h.server.Fault(tags, registry.Refuse(500, "UNKNOWN", "no disk")) }},
		{name: "asked too often", prepare: func(h *harbour) {
			h.server.Fault(tags, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				registry.Refuse(429, "TOOMANYREQUESTS", "slow down")(w, r)
			})
		}},
		{name: "not allowed", prepare: func(h *harbour) { h.server.Fault(tags, registry.Refuse(405, "UNSUPPORTED", "no lists\x1b[31m here")) }},
		{name: "forbidden", prepare: func(h *harbour) {
			h.server.Fault(tags, registry.Refuse(403, "DENIED", "requested access to the resource is denied"))
		}},
		{name: "forbidden to somebody", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
			h.server.Fault(tags, func(w http.ResponseWriter, r *http.Request) {
				if _, _, known := r.BasicAuth(); known {
					registry.Refuse(403, "DENIED", "ann may not, with secret or without")(w, r)
					return
				}
				w.Header().Set("WWW-Authenticate", "Basic realm=x")
				w.WriteHeader(401)
			})
		}},
		{name: "nobody", options: []registry.Option{basic}},
		{name: "nobody, with tokens", options: []registry.Option{tokens}},
		{name: "Helm's login", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
			h.write(dockerFile, login(h.server.Host, "ann", "wrong"))
		}},
		{name: "Helm's login, wrong", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(helmFile, login(h.server.Host, "ann", "wrong-secret")) }},
		{name: "Helm's login for tokens", options: []registry.Option{tokens}, prepare: func(h *harbour) { h.write(helmFile, login(h.server.Host, "ann", "secret")) }},
		{name: "Helm's login for tokens, wrong", options: []registry.Option{tokens}, prepare: func(h *harbour) { h.write(helmFile, login(h.server.Host, "ann", "wrong-secret")) }},
		{name: "Helm's login for another host", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, login("localhost:1", "ann", "secret"))
			h.write(dockerFile, login(strings.Split(h.server.Host, ":")[0], "ann", "secret")) // without the port
		}},
		{name: "Helm's file elsewhere", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write("elsewhere.json", login(h.server.Host, "ann", "secret"))
			h.env["HELM_REGISTRY_CONFIG"] = filepath.Join(h.access.Home, "elsewhere.json")
		}},
		{name: "Docker's login, as a URL", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, "\n")
			h.write(dockerFile, login("https://"+h.server.Host+"/v1/", "ann", "secret"))
		}},
		{name: "Docker's identity token", options: []registry.Option{tokens, registry.Identity("secret-identity")}, prepare: func(h *harbour) {
			h.write(dockerFile, fmt.Sprintf(`{"auths":{%q:{"identitytoken":"secret-identity"}}}`, h.server.Host))
		}},
		{name: "Docker's identity token, expired", options: []registry.Option{tokens, registry.Identity("secret-identity")}, prepare: func(h *harbour) {
			h.write(dockerFile, fmt.Sprintf(`{"auths":{%q:{"identitytoken":"secret-of-yesterday"}}}`, h.server.Host))
		}},
		{name: "Podman's login for the path", options: []registry.Option{basic}, prepare: func(h *harbour) {
			text := login(h.server.Host, "bob", "secret")
			h.write(podmanFile, strings.Replace(text, `"auths":{`, `"auths":{`+strings.TrimSuffix(strings.TrimPrefix(login(h.server.Host+"/charts", "ann", "secret"), `{"auths":{`), "}}")+",", 1))
		}},
		{name: "Podman's login for another path", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.env["REGISTRY_AUTH_FILE"] = filepath.Join(h.access.Home, "auth.json")
			h.write("auth.json", login(h.server.Host+"/other", "ann", "secret"))
		}},
		{name: "the environment", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "wrong"))
			h.env[variable("USER", h.server.Host)], h.env[variable("PASSWORD", h.server.Host)] = "ann", "secret"
		}},
		{name: "half of the environment", options: []registry.Option{basic}, prepare: func(h *harbour) { h.env[variable("PASSWORD", h.server.Host)] = "secret" }},
		{name: "netrc", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(".netrc", "machine 127.0.0.1 login ann password secret") }},
		{name: "netrc, but for all", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(".netrc", "default login ann password secret") }},
		{name: "a file that is no JSON", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(dockerFile, "{\n  \"auths\": secret\n}") }},
		{name: "a file of another form", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(dockerFile, `{"auths":{},"credsStore":{"secret":1}}`) }},
		{name: "a login that is no base64", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, fmt.Sprintf(`{"auths":{%q:{"auth":"secret!"}}}`, h.server.Host))
		}},
		{name: "a login without a colon", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.write(helmFile, fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, h.server.Host, base64.StdEncoding.EncodeToString([]byte("secret"))))
		}},
		{name: "a program", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.program("weirtest", `test "$1" = get && test "$(cat)" = "`+h.server.Host+`" && echo '{"Username":"ann","Secret":"secret"}'`)
			h.write(dockerFile, `{"credsStore":"weirtest"}`)
		}},
		{name: "a program for the host", options: []registry.Option{tokens, registry.Identity("secret-identity")}, prepare: func(h *harbour) {
			h.program("weirtest", `echo '{"Username":"<token>","Secret":"secret-identity"}'`)
			h.write(dockerFile, fmt.Sprintf(`{"credsStore":"gone","credHelpers":{%q:"weirtest"}}`, h.server.Host))
		}},
		{name: "a program that knows nothing", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.program("weirtest", `echo "credentials not found in native keychain"; exit 1`)
			h.write(helmFile, `{"credsStore":"weirtest"}`)
			h.write(dockerFile, login(h.server.Host, "ann", "secret"))
		}},
		{name: "a program that fails", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.program("weirtest", `echo "secret"; echo "the keychain is locked" >&2; exit 1`)
			h.write(dockerFile, `{"credsStore":"weirtest"}`)
		}},
		{name: "a program that hangs", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.access.Idle = 2 * time.Second
			h.program("weirtest", `sleep 20`) // a child that has its output
			h.write(dockerFile, `{"credsStore":"weirtest"}`)
		}},
		{name: "a program that says anything", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.program("weirtest", `echo "secret"`)
			h.write(dockerFile, `{"credsStore":"weirtest"}`)
		}},
		{name: "a program that leaves a daemon", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.program("weirtest", `sleep 20 & echo '{"Username":"ann","Secret":"secret"}'`)
			h.write(dockerFile, `{"credsStore":"weirtest"}`)
		}},
		{name: "a program that is not there", options: []registry.Option{basic}, prepare: func(h *harbour) { h.write(dockerFile, `{"credsStore":"weir-gone"}`) }},
		{name: "known authority", options: []registry.Option{registry.TLS(), tokens}, prepare: func(h *harbour) { h.write(helmFile, login(h.server.Host, "ann", "secret")) }},
		{name: "unknown authority", options: []registry.Option{registry.TLS()}, prepare: func(h *harbour) { h.ref.Repository.CA = "" }},
		{name: "no authority", options: []registry.Option{registry.TLS()}, prepare: func(h *harbour) { h.ref.Repository.CA = "~/gone.pem" }},
		{name: "plain HTTP that nobody wanted", options: []registry.Option{basic}, prepare: func(h *harbour) {
			h.ref.Repository.PlainHTTP = false
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
		}},
		{name: "plain HTTP that is below no block", prepare: func(h *harbour) {
			h.ref.Source, h.ref.Repository = "oci://"+h.server.Host+"/charts/app", schema.ChartRepository{}
		}},
		{name: "plain HTTP of another block", prepare: func(h *harbour) {
			h.ref.Source, h.ref.Repository.URL = "oci://"+h.server.Host+"/charts/app", "oci://"+h.server.Host+"/chart"
		}},
		{name: "TLS where none was wanted", options: []registry.Option{registry.TLS()}, prepare: func(h *harbour) { h.ref.Repository.PlainHTTP = true }},
		{name: "a realm without protection", options: []registry.Option{registry.TLS(), registry.Tokens("ann", "secret", "http://auth.example")}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
		}},
		{name: "a realm without protection, of a registry without", options: []registry.Option{registry.Tokens("ann", "secret", "http://auth.example")}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
		}},
		{name: "a realm inside of the machine", options: []registry.Option{registry.TLS(), registry.Tokens("ann", "secret", "https://169.254.169.254")}, prepare: func(h *harbour) {
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
		}},
		{name: "redirects in circles", prepare: func(h *harbour) { h.server.Fault(tags, chartserver.Redirect(tags)) }},
		{name: "redirects nowhere", prepare: func(h *harbour) { h.server.Fault(tags, chartserver.Redirect("ftp://x/y?signature=secret")) }},
		{name: "from TLS to none", options: []registry.Option{registry.TLS()}, prepare: func(h *harbour) {
			h.server.Fault(tags, chartserver.Redirect("http://elsewhere.example/tags?signature=secret"))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHarbour(t, test.options...)
			if test.prepare != nil {
				test.prepare(h)
			}
			h.server.Requests()
			h.pauses = nil
			said := ""
			if test.hydrate {
				said = h.hydrate()
			} else {
				said = h.lock(test.newest)
			}
			h.server.Stop() // which waits for requests that were given up
			fmt.Fprintf(&got, "# %s\n%s", test.name, said)
			requests := h.server.Requests()
			for i, request := range requests {
				if i == 8 {
					fmt.Fprintf(&got, "    and %d more\n", len(requests)-i)
					break
				}
				fmt.Fprintf(&got, "    %s\n", h.plain(request))
			}
			if len(h.pauses) > 0 {
				fmt.Fprintf(&got, "    waited %v\n", h.pauses)
			}
			got.WriteString("\n")
		})
	}
	golden(t, "testdata/oci.txt", got.String())
	if at := strings.Index(got.String(), "secret"); at >= 0 {
		t.Errorf("a password is shown: %s", got.String()[max(at-200, 0):min(at+100, got.Len())])
	}
}

// program puts a credential helper on PATH.
func (h *harbour) program(name, script string) {
	h.t.Helper()
	dir := h.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		h.t.Fatal(err)
	}
	h.t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// TestArchivesElsewhere: whoever stores the archives of a registry gets neither
// its credentials nor its token, on the second step either.
func TestArchivesElsewhere(t *testing.T) {
	for name, options := range map[string][]registry.Option{
		"basic":  {registry.Login("ann", "secret")},
		"tokens": {registry.Tokens("ann", "secret", "")},
	} {
		t.Run(name, func(t *testing.T) {
			var storage http.Handler
			seen := 0
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if seen++; r.Header.Get("Authorization") != "" {
					t.Errorf("the storage got an Authorization header for %s", r.URL.Path)
				}
				if path, again := strings.CutPrefix(r.URL.Path, "/first"); again {
					http.Redirect(w, r, path, http.StatusFound)
					return
				}
				storage.ServeHTTP(w, r)
			}))
			defer other.Close()
			h := newHarbour(t, append(options, registry.Blobs(other.URL+"/first"))...)
			storage = h.server.Store()
			h.write(helmFile, login(h.server.Host, "ann", "secret"))
			if got := h.lock(false); !strings.HasPrefix(got, "locked ") {
				t.Error(got)
			}
			if seen != 2 {
				t.Errorf("%d requests to the storage, want 2", seen)
			}
		})
	}
}

// TestTokenStays: a redirect of the request for a token is not followed where it
// has an identity token in it, and takes no password along.
func TestTokenStays(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.FormValue("refresh_token")+r.Header.Get("Authorization"))
		registry.Refuse(401, "UNAUTHORIZED", "")(w, r)
	}))
	defer other.Close()
	h := newHarbour(t, registry.Tokens("ann", "secret", ""))
	h.names = append(h.names, strings.TrimPrefix(other.URL, "http://"), "elsewhere.example")
	h.server.Fault("/token", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/token", http.StatusTemporaryRedirect)
	})
	h.write(dockerFile, fmt.Sprintf(`{"auths":{%q:{"identitytoken":"secret"}}}`, h.server.Host))
	got := h.lock(false)
	h.write(dockerFile, login(h.server.Host, "ann", "secret"))
	got += h.lock(false)
	want := `registry.example wants the credentials to go elsewhere
  It redirects a request for a token to http://elsewhere.example/token.
  Ask who runs the registry.
registry.example does not take the credentials
  elsewhere.example answered 401 to the credentials from $HOME/.docker/config.json ("registry.example"). They have expired, are mistyped, or are for another registry. It says:
    UNAUTHORIZED
  Run ` + "`weir login registry.example`" + `.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GET "}, seen); diff != "" {
		t.Errorf("the other server has seen (-want +got):\n%s", diff)
	}
}

// TestLoginIsShared: Helm has what Weir keeps, and Weir what Helm keeps.
func TestLoginIsShared(t *testing.T) {
	h := newHarbour(t, registry.Tokens("ann", "secret", ""))
	file := filepath.Join(h.access.Home, "helm.json")
	h.env["HELM_REGISTRY_CONFIG"] = file
	client := func() *helmreg.Client {
		t.Helper()
		c, err := helmreg.NewClient(helmreg.ClientOptCredentialsFile(file), helmreg.ClientOptPlainHTTP())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	readable := func() string {
		_, err := client().Tags(h.server.Host + "/charts/app")
		mine := h.lock(true)
		return fmt.Sprintf("helm %t, weir %t", err == nil, strings.HasPrefix(mine, "locked "))
	}
	var got []string
	step := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		got = append(got, name+": "+readable())
	}
	step("nobody", nil)
	_, err := h.access.Login(t.Context(), fetch.Login{Registry: h.server.Host, User: "ann", Password: "secret", TLS: schema.ChartRepository{PlainHTTP: true}})
	step("weir login", err)
	step("helm registry logout", client().Logout(h.server.Host))
	step("helm registry login", client().Login(h.server.Host, helmreg.LoginOptBasicAuth("ann", "secret")))
	_, err = h.access.Logout(t.Context(), h.server.Host)
	step("weir logout", err)
	want := []string{
		"nobody: helm false, weir false", "weir login: helm true, weir true", "helm registry logout: helm false, weir false",
		"helm registry login: helm true, weir true", "weir logout: helm false, weir false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with logins: %v %v", info.Mode(), err)
	}
}

// TestLoginNotKept: what a program prints that does not keep a login is what it
// was given.
func TestLoginNotKept(t *testing.T) {
	h := newHarbour(t, registry.Login("ann", "secret"))
	h.program("weirtest", `cat; exit 1`)
	h.write(helmFile, `{"credsStore":"weirtest"}`)
	_, err := h.access.Login(t.Context(), fetch.Login{Registry: h.server.Host, User: "ann", Password: "secret", TLS: schema.ChartRepository{PlainHTTP: true}})
	want := "the login cannot be kept\n" +
		"  $HOME/.config/helm/registry/config.json, or the program that it names for the registry, does not take it.\n" +
		"  Correct what is wrong with the program that the file names, or with the file. What the program printed is not shown: it may be what it keeps.\n"
	if diff := cmp.Diff(want, h.said(err)); diff != "" {
		t.Error(diff)
	}
}

// TestLoginByProgram: a program that the file names keeps the login.
func TestLoginByProgram(t *testing.T) {
	h := newHarbour(t, registry.Login("ann", "secret"))
	kept := filepath.Join(h.access.Home, "kept")
	h.program("weirtest", `case $1 in
store) cat > `+kept+` ;;
erase) test -f `+kept+` && rm `+kept+` || { echo "credentials not found in native keychain"; exit 1; } ;;
get) test -f `+kept+` && cat `+kept+` || { echo "credentials not found in native keychain"; exit 1; } ;;
esac`)
	h.write(helmFile, `{"credsStore":"weirtest","other":1}`)
	h.write(dockerFile, login(h.server.Host, "ann", "of Docker"))
	var got strings.Builder
	in, err := h.access.Login(t.Context(), fetch.Login{Registry: h.server.Host, User: "ann", Password: "secret", TLS: schema.ChartRepository{PlainHTTP: true}})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&got, "%+v\n%s", in, h.lock(false))
	for range 2 {
		out, err := h.access.Logout(t.Context(), h.server.Host)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%+v\n", out)
	}
	text, err := os.ReadFile(filepath.Join(h.access.Home, helmFile))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&got, "%s\n", strings.Join(strings.Fields(string(text)), ""))
	want := `{Registry:registry.example Kept:docker-credential-weirtest, which $HOME/.config/helm/registry/config.json names Plain:false Verified:true}
locked main/app@1.10.0+build.7 1.10.0+build.7 from oci://registry.example/charts/app@<manifest of 1.10.0+build.7>, <archive of 1.10.0+build.7>, 2 files
{Registry:registry.example Kept:docker-credential-weirtest, which $HOME/.config/helm/registry/config.json names Removed:true Others:[$HOME/.docker/config.json]}
{Registry:registry.example Kept:docker-credential-weirtest, which $HOME/.config/helm/registry/config.json names Removed:false Others:[$HOME/.docker/config.json]}
{"credsStore":"weirtest","other":1}
`
	if diff := cmp.Diff(want, h.plain(got.String())); diff != "" {
		t.Error(diff)
	}
}
