// Package registry runs OCI registries for tests: the registry of
// go-containerregistry in this process, behind net/http. Charts get there as
// `helm push` puts them there. It counts requests, asks for credentials in both
// of the ways that registries have, cuts lists of tags into pages, keeps archives
// on another host, and fails on demand.
//
// What is added around the registry is what real ones have in front of them;
// storing and naming content is the registry's.
package registry

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	helm "helm.sh/helm/v3/pkg/registry"
)

// Server is one registry.
type Server struct {
	Host string // 127.0.0.1:port
	URL  string // http://127.0.0.1:port, or https
	CA   string // the file with the server's certificate; empty without TLS

	t         testing.TB
	content   http.Handler
	http      *httptest.Server
	secure    bool
	certified bool
	login     [2]string
	tokens    bool
	realm     string // empty: the server's own
	identity  string // that is taken for a token, beside the login
	page      int
	blobs     string // URL of who has the archives

	mu       sync.Mutex
	requests []string
	faults   map[string]http.HandlerFunc
}

// Option makes a registry other than one that lets everybody in.
type Option func(*Server)

// Login lets only this user in, by basic authentication.
func Login(user, password string) Option {
	return func(s *Server) { s.login = [2]string{user, password} }
}

// Tokens lets in who has a token, which only this user gets, at /token of the
// server, or of another one.
func Tokens(user, password, realm string) Option {
	return func(s *Server) { s.login, s.tokens, s.realm = [2]string{user, password}, true, realm }
}

// Identity gives tokens for an identity token, too.
func Identity(token string) Option { return func(s *Server) { s.identity = token } }

// TLS serves https, by a certificate that only CA vouches for.
func TLS() Option { return func(s *Server) { s.secure = true } }

// ClientCertificate serves https to those who show a certificate, whoever made it.
func ClientCertificate() Option { return func(s *Server) { s.secure, s.certified = true, true } }

// Pages cuts lists of tags.
func Pages(size int) Option { return func(s *Server) { s.page = size } }

// Blobs redirects to another server for archives, which should be another
// registry's Store.
func Blobs(url string) Option { return func(s *Server) { s.blobs = url } }

// New starts an empty registry.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{t: t, faults: map[string]http.HandlerFunc{}}
	s.content = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	for _, option := range options {
		option(s)
	}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are meant to fail
	if s.secure {
		if s.certified {
			s.http.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
		}
		s.http.StartTLS()
		s.CA = filepath.Join(t.TempDir(), "ca.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
		if err := os.WriteFile(s.CA, block, 0o644); err != nil {
			t.Fatal(err)
		}
	} else {
		s.http.Start()
	}
	t.Cleanup(s.Stop)
	s.URL = s.http.URL
	_, s.Host, _ = strings.Cut(s.URL, "://")
	return s
}

// Stop ends the server; connections are refused from then on.
func (s *Server) Stop() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Pushed names what `helm push` has put into the registry.
type Pushed struct {
	Manifest string // sha256:…
	SHA256   string // of the archive, in hex
}

// Push puts a packed chart under path/name:version, as `helm push` does.
func (s *Server) Push(path, version string, archive []byte, options ...helm.PushOption) Pushed {
	s.t.Helper()
	client, err := helm.NewClient(
		helm.ClientOptPlainHTTP(),
		helm.ClientOptCredentialsFile(filepath.Join(s.t.TempDir(), "none.json")),
		helm.ClientOptHTTPClient(&http.Client{Transport: inside{s.content}}),
	)
	if err != nil {
		s.t.Fatal(err)
	}
	options = append([]helm.PushOption{helm.PushOptCreationTime("2024-01-01T00:00:00Z"), helm.PushOptStrictMode(false)}, options...)
	result, err := client.Push(archive, s.Host+"/"+path+":"+version, options...)
	if err != nil {
		s.t.Fatal(err)
	}
	return Pushed{result.Manifest.Digest, strings.TrimPrefix(result.Chart.Digest, "sha256:")}
}

// Put puts a manifest or a blob where its URL says, without asking who does it.
func (s *Server) Put(path, mediaType string, data []byte) {
	s.t.Helper()
	s.direct(http.MethodPut, path, mediaType, data)
}

// Delete removes a manifest.
func (s *Server) Delete(path string) {
	s.t.Helper()
	s.direct(http.MethodDelete, path, "", nil)
}

func (s *Server) direct(method, path, mediaType string, data []byte) {
	s.t.Helper()
	request := httptest.NewRequest(method, path, bytes.NewReader(data))
	request.Header.Set("Content-Type", mediaType)
	answer := httptest.NewRecorder()
	s.content.ServeHTTP(answer, request)
	if answer.Code >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

// Manifest is the text of a manifest.
func (s *Server) Manifest(path, reference string) []byte {
	s.t.Helper()
	answer := httptest.NewRecorder()
	s.content.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/v2/"+path+"/manifests/"+reference, nil))
	if answer.Code != http.StatusOK {
		s.t.Fatalf("manifest %s of %s: %d", reference, path, answer.Code)
	}
	return answer.Body.Bytes()
}

// inside is the way to a registry that nobody guards.
type inside struct{ http.Handler }

func (i inside) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		request.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	i.ServeHTTP(answer, request)
	result := answer.Result()
	result.Request = request
	return result, nil
}

// Store is a handler that gives out the content of a registry to everybody, and
// fails the test where credentials come along: storage that is redirected to.
func (s *Server) Store() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			s.t.Errorf("the storage got an Authorization header for %s", r.URL.Path)
		}
		if r.Header.Get("Referer") != "" {
			s.t.Errorf("the storage got a Referer header for %s", r.URL.Path)
		}
		s.content.ServeHTTP(w, r)
	})
}

// Requests are those since the last call, sorted: "GET /v2/x/tags/list 200",
// with who asked behind it.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sorted := slices.Sorted(slices.Values(s.requests))
	s.requests = nil
	return sorted
}

// Fault answers requests for a path in another way, until it is nil.
func (s *Server) Fault(path string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer == nil {
		delete(s.faults, path)
		return
	}
	s.faults[path] = answer
}

type answered struct {
	http.ResponseWriter
	code int
}

func (a *answered) WriteHeader(code int) {
	a.code = code
	a.ResponseWriter.WriteHeader(code)
}

// Unwrap lets faults flush and hijack.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	a := &answered{ResponseWriter: w, code: http.StatusOK}
	defer func() {
		path := r.URL.Path
		if last := r.URL.Query().Get("last"); last != "" {
			path += "?last=" + last
		}
		line := fmt.Sprintf("%s %s %d", r.Method, path, a.code)
		if who := who(r); who != "" {
			line += " " + who
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, line)
	}()
	s.mu.Lock()
	fault := s.faults[r.URL.Path]
	s.mu.Unlock()
	switch {
	case fault != nil:
		fault(a, r)
	case r.URL.Path == "/token":
		s.token(a, r)
	case !s.admitted(r):
		s.challenge(a, r)
	case s.page > 0 && strings.HasSuffix(r.URL.Path, "/tags/list"):
		s.tags(a, r)
	case s.blobs != "" && strings.Contains(r.URL.Path, "/blobs/"):
		http.Redirect(a, r, s.blobs+r.URL.Path+"?signature=geheim", http.StatusTemporaryRedirect)
	default:
		s.content.ServeHTTP(a, r)
	}
}

// who names the credentials of a request.
func who(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.ToLower(kind)
}

// ticket is the token for a scope.
func ticket(scope string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("ticket for " + scope))
}

func (s *Server) admitted(r *http.Request) bool {
	switch {
	case s.login[0] == "":
		return true
	case s.tokens:
		return r.Header.Get("Authorization") == "Bearer "+ticket(scope(r))
	}
	user, password, _ := r.BasicAuth()
	return user == s.login[0] && password == s.login[1]
}

// scope is what a token for a request has to be good for.
func scope(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	for _, part := range []string{"/manifests/", "/blobs/", "/tags/"} {
		if name, _, ok := strings.Cut(path, part); ok {
			return "repository:" + name + ":pull"
		}
	}
	return ""
}

func (s *Server) challenge(w http.ResponseWriter, r *http.Request) {
	header := `Basic realm="charts"`
	if s.tokens {
		realm := s.realm
		if realm == "" {
			realm = s.URL
		}
		header = fmt.Sprintf(`Bearer realm="%s/token",service="charts"`, realm)
		if scope := scope(r); scope != "" {
			header += fmt.Sprintf(`,scope="%s"`, scope)
		}
	}
	w.Header().Set("WWW-Authenticate", header)
	Refuse(http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")(w, r)
}

// token implements both ways to a token: GET with basic authentication, and POST
// with an identity token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	known := user == s.login[0] && password == s.login[1]
	if r.Method == http.MethodPost {
		known = s.identity != "" && r.FormValue("refresh_token") == s.identity
	}
	if !known {
		Refuse(http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password "+password)(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"access_token": ticket(r.FormValue("scope"))})
}

// tags cuts the list of tags into pages, with a link to the next.
func (s *Server) tags(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	s.content.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, r.URL.Path, nil))
	var list struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &list) != nil {
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return
	}
	last := r.URL.Query().Get("last")
	list.Tags = slices.DeleteFunc(list.Tags, func(tag string) bool { return tag <= last })
	if len(list.Tags) > s.page {
		list.Tags = list.Tags[:s.page]
		next := url.Values{"n": {strconv.Itoa(s.page)}, "last": {list.Tags[s.page-1]}}
		w.Header().Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, r.URL.Path, next.Encode()))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

// Refuse answers as registries do when they refuse something.
func Refuse(code int, word, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": word, "message": text}}})
	}
}
