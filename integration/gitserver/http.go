package gitserver

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// HTTPServer is git-http-backend in front of the repositories below a directory.
type HTTPServer struct {
	URL  string // http://127.0.0.1:port; "/shop.git" after it is shop.git below the directory
	Host string // 127.0.0.1:port
	CA   string // the file with the certificate of the server's own authority; empty without TLS
	Cert string // the file with a certificate and key of a client, by the same authority

	mu       sync.Mutex
	requests []string
	said     bytes.Buffer
}

// Option makes a server other than one that lets everybody do everything.
type Option func(*config)

type config struct {
	allowed func(user, password string) bool
	names   []string // in the certificate; nil without TLS
	client  bool     // wants a certificate, too
	wrap    []func(http.Handler) http.Handler
}

// Login lets only this user in: 401 otherwise.
func Login(user, password string) Option {
	return func(c *config) {
		c.allowed = func(u, p string) bool { return u == user && p == password }
	}
}

// Token lets any user in whose password is a token, as forges do.
func Token(token string) Option {
	return func(c *config) { c.allowed = func(_, p string) bool { return p == token } }
}

// TLS serves https, by a certificate of an authority of its own for these names;
// without any for the address that URL has.
func TLS(names ...string) Option {
	return func(c *config) {
		if c.names = names; len(names) == 0 {
			c.names = []string{"127.0.0.1"}
		}
	}
}

// ClientCertificate lets only clients in that have a certificate of the server's
// authority. It is for servers with TLS.
func ClientCertificate() Option { return func(c *config) { c.client = true } }

// Wrap puts something in front of all that the server does, as to answer in its
// place.
func Wrap(with func(http.Handler) http.Handler) Option {
	return func(c *config) { c.wrap = append(c.wrap, with) }
}

// Answer answers requests whose "METHOD path?query" contains a text, instead of
// Git.
func Answer(containing string, with http.HandlerFunc) Option {
	return Wrap(func(git http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Method+" "+r.URL.RequestURI(), containing) {
				with(w, r)
				return
			}
			git.ServeHTTP(w, r)
		})
	})
}

// HTTP serves the repositories below root until the test ends.
func HTTP(t testing.TB, root string, options ...Option) *HTTPServer {
	t.Helper()
	backend := httpBackend(t)
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var c config
	for _, option := range options {
		option(&c)
	}
	s := &HTTPServer{}
	var handler http.Handler = &cgi.Handler{
		Path: backend,
		Dir:  root,
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
		},
		InheritEnv: []string{"PATH", "HOME", "LD_LIBRARY_PATH"},
		Stderr:     s,
	}
	handler = whole(handler)
	for _, wrap := range slices.Backward(c.wrap) {
		handler = wrap(handler)
	}
	handler = s.door(handler, c.allowed)
	server := httptest.NewUnstartedServer(handler)
	if c.names != nil {
		server.TLS, s.CA, s.Cert = authority(t, c.names)
		if c.client {
			server.TLS.ClientAuth = tls.RequireAndVerifyClientCert
		}
		server.StartTLS()
	} else {
		server.Start()
	}
	s.URL, s.Host = server.URL, server.Listener.Addr().String()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if t.Failed() && s.said.Len() > 0 {
			t.Logf("git-http-backend said:\n%s", s.said.String())
		}
	})
	return s
}

// Requests are what was asked so far, in order: "GET /shop.git/info/refs as ann",
// without the last two words for a request without credentials.
func (s *HTTPServer) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Write takes what the backend says on its standard error.
func (s *HTTPServer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

// door writes down who comes and lets in who may.
func (s *HTTPServer) door(inside http.Handler, allowed func(user, password string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		line := r.Method + " " + r.URL.Path
		if ok {
			line += " as " + user
		}
		s.mu.Lock()
		s.requests = append(s.requests, line)
		s.mu.Unlock()
		if allowed != nil && !(ok && allowed(user, password)) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		inside.ServeHTTP(w, r)
	})
}

// whole reads a request before Git hears of it: CGI must know its length, which
// git does not tell of large ones, and git-http-backend runs in circles for ever
// on one that is cut.
func whole(inside http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		inside.ServeHTTP(w, r)
	})
}

func httpBackend(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		missing(t, "git")
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		missing(t, "git-http-backend, a part of git")
	}
	return backend
}

// authority makes an authority and a certificate of it for names, which does for
// clients as well; it returns the file of the former and a file with the latter.
func authority(t testing.TB, names []string) (config *tls.Config, caFile, certFile string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		return k
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caKey := key()
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	leafKey := key()
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	must(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	must(err)
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	dir := t.TempDir()
	caFile, certFile = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem")
	must(os.WriteFile(caFile, block("CERTIFICATE", caDER), 0o644))
	must(os.WriteFile(certFile, append(block("CERTIFICATE", leafDER), block("PRIVATE KEY", keyDER)...), 0o600))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(block("CERTIFICATE", caDER))
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}},
		ClientCAs:    pool,
	}, caFile, certFile
}
