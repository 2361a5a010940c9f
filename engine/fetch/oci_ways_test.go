package fetch_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/integration/registry"
	"github.com/weir-dev/weir/schema"
)

// TestClientCertificateOfRegistry: a registry that wants a certificate gets that of its
// block; who stores its archives is vouched for by the same file, and gets none.
func TestClientCertificateOfRegistry(t *testing.T) {
	var storage http.Handler
	shown := -1
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = len(r.TLS.PeerCertificates)
		storage.ServeHTTP(w, r)
	}))
	other.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	other.StartTLS()
	defer other.Close()
	h := newHarbour(t, registry.ClientCertificate(), registry.Blobs(other.URL))
	storage = h.server.Store()
	without := h.lock(false)
	certificate, key := clientCertificate(t)
	h.write("client.pem", string(certificate)+string(key))
	h.ref.Repository.Certificate = "~/client.pem"
	with := h.lock(false)
	want := `registry.example ended the TLS handshake
  It says: certificate required.
  It may want a client certificate: name it with ` + "`certificate` and `key`" + ` in the block of repository "main".
locked main/app@1.10.0+build.7 1.10.0+build.7 from oci://registry.example/charts/app@<manifest of 1.10.0+build.7>, <archive of 1.10.0+build.7>, 2 files
`
	if diff := cmp.Diff(want, without+with); diff != "" {
		t.Error(diff)
	}
	if shown != 0 {
		t.Errorf("the storage was shown %d certificates", shown)
	}
}

// TestRegistryThroughProxy: the environment's proxy is the way to a registry.
func TestRegistryThroughProxy(t *testing.T) {
	h := newHarbour(t)
	h.env["http_proxy"] = h.server.URL
	h.ref.Repository.URL = "oci://charts.acme.example/charts"
	got := h.lock(false)
	want := "locked main/app@1.10.0+build.7 1.10.0+build.7 from oci://charts.acme.example/charts/app@<manifest of 1.10.0+build.7>, <archive of 1.10.0+build.7>, 2 files\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// index is an HTTP repository whose index leads to a registry.
type index struct{ fetch.Source }

func (index) Resolve(_ context.Context, ref schema.Chart) (fetch.Found, error) {
	return fetch.Found{Version: "1.1.0", Origin: ref.Repository.URL + "/app:1.1.0", SHA256: strings.Repeat("1", 64)}, nil
}

// TestIndexOfRegistry: the tag that an index names is locked to a digest.
func TestIndexOfRegistry(t *testing.T) {
	h := newHarbour(t)
	h.kinds = fetch.Kinds{schema.Repository: index{}, schema.OCI: fetch.NewRegistries(h.access, nil)}
	h.ref.Kind = schema.Repository
	got := h.lock(false) + h.hydrate()
	for _, request := range h.server.Requests() {
		got += h.plain(request) + "\n"
	}
	want := `locked main/app@1.1.0 1.1.0 from oci://registry.example/charts/app@<manifest of 1.1.0>, <archive of 1.1.0>, 2 files
read main/app@1.1.0, 2 files
GET /v2/charts/app/blobs/sha256:<archive of 1.1.0> 200
GET /v2/charts/app/blobs/sha256:<archive of 1.1.0> 200
GET /v2/charts/app/manifests/1.1.0 200
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestBlockOfRegistryBehindIndex: a registry that the index of a repository leads
// to is spoken to as its own block says, and not without one.
func TestBlockOfRegistryBehindIndex(t *testing.T) {
	h := newHarbour(t)
	charts := chartserver.New(t)
	charts.Fault("/index.yaml", chartserver.Text("", "entries:\n  app:\n  - version: 1.1.0\n    urls: ['oci://"+h.server.Host+"/charts/app:1.1.0']\n"))
	block := h.ref.Repository
	h.ref.Kind = schema.Repository
	h.ref.Repository = schema.ChartRepository{Name: "main", URL: charts.URL}
	var got string
	for _, blocks := range [][]schema.ChartRepository{nil, {{Name: "other", URL: "oci://" + h.server.Host + "/other", PlainHTTP: true}}, {block}} {
		h.kinds = fetch.Kinds{schema.Repository: fetch.NewRepositories(h.access, nil), schema.OCI: fetch.NewRegistries(h.access, blocks)}
		got += h.lock(false)
	}
	const refused = `registry.example speaks plain HTTP
  Registries are spoken to over TLS: anybody on the way could read credentials otherwise.
  If that is meant, declare it:
    repository "registry" {
      url        = "oci://registry.example/charts"
      plain_http = true
    }
`
	want := refused + refused + `locked main/app@1.1.0 1.1.0 from oci://registry.example/charts/app@<manifest of 1.1.0>, <archive of 1.1.0>, 2 files
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTagsAreListedOnce, and one token is enough for a chart, however many want
// different versions of it.
func TestTagsAreListedOnce(t *testing.T) {
	h := newHarbour(t, registry.Tokens("ann", "secret", ""))
	h.write(helmFile, login(h.server.Host, "ann", "secret"))
	source := h.source()
	constraints := []string{"^1", "~1.0", "~1.1", "~1.10", "<1.1", ">=2.0.0-0", "*", ""}
	found := make([]string, len(constraints))
	var all sync.WaitGroup
	for i, constraint := range constraints {
		all.Go(func() {
			ref := h.ref
			ref.Version = constraint
			f, err := source.Resolve(t.Context(), ref)
			if err != nil {
				t.Error(constraint, err)
			}
			found[i] = f.Version
		})
	}
	all.Wait()
	want := []string{"1.10.0+build.7", "1.0.0", "1.1.0", "1.10.0+build.7", "1.0.0", "2.0.0-rc.1", "1.10.0+build.7", "1.10.0+build.7"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	count := map[string]int{}
	for _, request := range h.server.Requests() {
		count[request]++
	}
	if lists, tokens := count["GET /v2/charts/app/tags/list 200 bearer"], count["GET /token 200 ann"]; lists != 1 || tokens != 1 {
		t.Errorf("%d lists and %d tokens, want one each: %v", lists, tokens, count)
	}
}
