// Package chartserver runs static HTTP chart repositories for tests: a directory
// with packed charts and the index.yaml that Helm's own indexer makes of it,
// behind net/http. It counts requests, asks for credentials, and fails on demand.
//
// It never imitates a repository's logic: what is served are files.
package chartserver

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/repo"
)

// Server is one repository.
type Server struct {
	URL  string // http://127.0.0.1:port
	Host string // 127.0.0.1:port
	Dir  string // what is served
	CA   string // the file with the server's certificate; empty without TLS

	t        testing.TB
	made     time.Time
	login    [2]string
	http     *httptest.Server
	mu       sync.Mutex
	idle     *sync.Cond // nobody is being answered
	busy     int
	requests []string
	faults   map[string]http.HandlerFunc
}

// Option makes a server other than one that lets everybody in.
type Option func(*Server)

// Login lets only this user in: 401 otherwise.
func Login(user, password string) Option {
	return func(s *Server) { s.login = [2]string{user, password} }
}

// TLS serves https, by a certificate that only CA vouches for.
func TLS() Option { return func(s *Server) { s.CA = "ca.pem" } }

// New starts a repository without charts.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{Dir: t.TempDir(), t: t, faults: map[string]http.HandlerFunc{}, made: time.Unix(1700000000, 0)}
	s.idle = sync.NewCond(&s.mu)
	for _, option := range options {
		option(s)
	}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	if s.CA == "" {
		s.http.Start()
	} else {
		s.http.StartTLS()
		s.CA = filepath.Join(t.TempDir(), "ca.pem")
		s.must(os.WriteFile(s.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw}), 0o644))
	}
	t.Cleanup(s.Stop)
	s.URL = s.http.URL
	_, s.Host, _ = strings.Cut(s.URL, "://")
	s.Index()
	return s
}

// Stop ends the server; connections are refused from then on.
func (s *Server) Stop() {
	s.http.CloseClientConnections()
	s.http.Close()
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Add packs a chart from pairs of file names and texts, puts it into the
// repository, and makes the index anew. It returns the SHA-256 of the archive.
func (s *Server) Add(name, version string, pairs ...string) string {
	s.t.Helper()
	archive := Pack(name, version, pairs...)
	file := filepath.Join(s.Dir, name+"-"+version+".tgz")
	s.must(os.WriteFile(file, archive, 0o644))
	s.must(os.Chtimes(file, s.made, s.made))
	s.Index()
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

// Index makes index.yaml of what is there, as `helm repo index` does.
func (s *Server) Index() {
	s.t.Helper()
	index, err := repo.IndexDirectory(s.Dir, "")
	s.must(err)
	index.SortEntries()
	file := filepath.Join(s.Dir, "index.yaml")
	s.must(index.WriteFile(file, 0o644))
	s.made = s.made.Add(time.Minute) // each has a time of its own, and none is of this very second
	s.must(os.Chtimes(file, s.made, s.made))
}

// Pack makes a chart archive of pairs of file names and texts; Chart.yaml is
// written unless it is one of them.
func Pack(name, version string, pairs ...string) []byte {
	files := map[string]string{"Chart.yaml": "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = pairs[i+1]
	}
	var b bytes.Buffer
	zipped, _ := gzip.NewWriterLevel(&b, gzip.NoCompression) // the same bytes from every version of Go
	archive := tar.NewWriter(zipped)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		_ = archive.WriteHeader(&tar.Header{Name: path.Join(name, file), Mode: 0o644, Size: int64(len(files[file])), Typeflag: tar.TypeReg})
		_, _ = archive.Write([]byte(files[file])) // to memory
	}
	_ = archive.Close()
	_ = zipped.Close()
	return b.Bytes()
}

// Requests are those since the last call, sorted: "GET /index.yaml 200", with
// " ann" after it where credentials of ann came along. Those that are still being
// answered are waited for.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy > 0 {
		s.idle.Wait()
	}
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
	user, password, _ := r.BasicAuth()
	defer func() {
		line := r.Method + " " + r.URL.Path + " " + http.StatusText(a.code)
		if user != "" {
			line += " " + user
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, line)
		s.busy--
		s.idle.Broadcast()
	}()
	s.mu.Lock()
	s.busy++
	fault := s.faults[r.URL.Path]
	s.mu.Unlock()
	switch {
	case s.login[0] != "" && (user != s.login[0] || password != s.login[1]):
		a.Header().Set("WWW-Authenticate", `Basic realm="charts"`)
		http.Error(a, "who are you?", http.StatusUnauthorized)
	case fault != nil:
		fault(a, r)
	default:
		http.FileServer(http.Dir(s.Dir)).ServeHTTP(a, r)
	}
}
