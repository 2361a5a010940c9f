package fetch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestClientCertificate shows the certificate of a repository block to the
// repository's server, and to no other.
func TestClientCertificate(t *testing.T) {
	p := newPlace(t)
	var shown []string
	serve := func(who string, want tls.ClientAuthType) *httptest.Server {
		files := http.FileServer(http.Dir(p.server.Dir))
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.TLS.PeerCertificates) > 0 {
				who += " saw " + r.TLS.PeerCertificates[0].Subject.CommonName
			}
			shown = append(shown, who)
			files.ServeHTTP(w, r)
		}))
		s.TLS = &tls.Config{ClientAuth: want}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	strict := serve("repository", tls.RequireAnyClientCert)
	other := serve("other", tls.RequestClientCert)
	index := "entries:\n  app:\n  - version: 1.1.0\n    urls: ['" + other.URL + "/app-1.1.0.tgz']\n"
	if err := os.WriteFile(filepath.Join(p.server.Dir, "index.yaml"), []byte(index), 0o644); err != nil {
		t.Fatal(err)
	}
	certificate, key := clientCertificate(t)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: strict.Certificate().Raw})
	p.access.Project = fstest.MapFS{"tls/ca.pem": {Data: authority}, "tls/client.pem": {Data: certificate}}
	if err := os.WriteFile(filepath.Join(p.access.Home, "client.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	p.names = append(p.names, strings.TrimPrefix(strict.URL, "https://"), "charts.example", strings.TrimPrefix(other.URL, "https://"), "elsewhere.example")
	p.ref.Repository.URL, p.ref.Repository.CA = strict.URL, "tls/ca.pem"

	got := p.lock(false)
	p.ref.Repository.Certificate, p.ref.Repository.Key = "tls/client.pem", "~/client.key"
	got += p.lock(false)
	want := `charts.example ended the TLS handshake
  It says: certificate required.
  It may want a client certificate: name it with ` + "`certificate` and `key`" + ` in the block of repository "main".
nobody vouches for elsewhere.example
  The server's certificate is signed by an authority that this machine does not trust.
  If it is your own authority, name its certificate with ` + "`ca_file`" + ` in a ` + "`repository`" + ` block, or in SSL_CERT_FILE.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"repository saw ann"}, shown); diff != "" {
		t.Error(diff)
	}
}

func clientCertificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ann"}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}
