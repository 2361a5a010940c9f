package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// measureState has the benchmarks of engine/state compare commits with Git's
// own, and hydrates many clusters over HTTP.
func (m *measurement) measureState() error {
	command := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark(Commit|RemoteCommit|RemoteChange)$", "-benchtime", fmt.Sprintf("%dx", m.rounds), "-cpu", "2", "./engine/state")
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("benchmarks of engine/state: %w\n%s", err, out)
	}
	measured := map[string]string{}
	for _, found := range regexp.MustCompile(`([\d.]+) (x-[a-z-]+)`).FindAllStringSubmatch(string(out), -1) {
		measured[found[2]] = found[1]
	}
	fmt.Printf("commit of 10,000 files, against `git add -A && git commit` on files that are there already\n")
	fmt.Printf("  pushed to a bare repository  %s × (target 1.0)\n", measured["x-git-bare"])
	fmt.Printf("  with a work tree             %s × (target 1.5)\n", measured["x-git"])
	fmt.Printf("one changed release of a remote, among 10,000 files against among 100\n")
	fmt.Printf("  fetch, plan, push            %s × the time, %s × the memory\n\n", measured["x-small"], measured["x-small-memory"])
	return m.measureClusters()
}

const (
	clusters        = 10
	clusterReleases = 100
	clusterObjects  = 10 // of each release
	latency         = 50 * time.Millisecond
)

// measureClusters hydrates ten clusters of a thousand files each into repositories
// on a server that answers as late as one on the other side of a continent.
func (m *measurement) measureClusters() error {
	if err := m.fresh("cache", "clusters", "served")(); err != nil {
		return err
	}
	server, err := serve(m.path("served"))
	if err != nil {
		return err
	}
	defer server.Close()
	if err := m.clustersProject(server.URL); err != nil {
		return err
	}
	hydrate := func(text string, more ...string) func() (sample, error) {
		return func() (sample, error) {
			arguments := append([]string{"-C", m.path("clusters"), "--jobs=2", "-q", "hydrate", "--var", "text=" + text}, more...)
			return m.exec("weir", arguments...)
		}
	}
	var one, all sample
	for round := range m.rounds {
		text := fmt.Sprint(round)
		if _, err := hydrate(text, "--out", m.path("out"))(); err != nil { // every release is rendered and in the cache
			return err
		}
		for _, each := range []struct {
			best *sample
			more []string
		}{{&one, []string{"--push", "-c", "c0"}}, {&all, []string{"--push"}}} {
			for i := range clusters {
				if err := repository(m.path(fmt.Sprintf("served/c%d.git", i))); err != nil {
					return err
				}
			}
			if _, err := hydrate("before", each.more...)(); err != nil { // something to fetch
				return err
			}
			server.forget()
			if err := each.best.take(m.fresh("cache/weir/git"), hydrate(text, each.more...)); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d clusters of %d files over HTTP, %v per request, nothing of them on this machine\n", clusters, clusterReleases*clusterObjects, latency)
	fmt.Printf("  one of them                  %s\n", one)
	fmt.Printf("  all                          %s  = %.2f × one (one after another: %d)\n", all, ratio(all, one), clusters)
	fmt.Printf("  requests per repository      %s; up to %d at once\n\n", server.perRepository(), server.most)
	return m.fresh("cache", "clusters", "served", "out")()
}

// clustersProject writes a project whose releases go to every cluster.
func (m *measurement) clustersProject(url string) error {
	var b, chart strings.Builder
	b.WriteString("project \"clusters\" {}\n\nvariable \"text\" {\n  type = string\n}\n\n")
	for i := range clusters {
		fmt.Fprintf(&b, "cluster \"c%d\" {\n  kubernetes = \"1.34\"\n  state {\n    repository = \"%s/c%d.git\"\n  }\n}\n\n", i, url, i)
	}
	b.WriteString("environment \"e\" {\n  clusters = [\"*\"]\n}\n\n")
	for i := range clusterReleases {
		fmt.Fprintf(&b, "release \"r%d\" {\n  chart  = \"./chart\"\n  values = { text = var.text }\n}\n\n", i)
	}
	for i := range clusterObjects {
		fmt.Fprintf(&chart, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-%d\ndata:\n  text: {{ printf \"%%s %s\" .Values.text | quote }}\n", i, strings.Repeat("lorem ipsum dolor sit amet ", 28))
	}
	for name, text := range map[string]string{
		"weir.hcl":                 b.String(),
		"chart/Chart.yaml":         "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"chart/values.yaml":        "text: none\n",
		"chart/templates/all.yaml": chart.String(),
	} {
		path := m.path("clusters/" + name)
		if err := os.MkdirAll(filepath.Dir(path), fs.ModePerm); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// repository makes an empty one in the place of what is there.
func repository(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("git init: %w\n%s", err, out)
	}
	return nil
}

// gitServer is git-http-backend, and counts what it is asked.
type gitServer struct {
	*httptest.Server

	mu            sync.Mutex
	requests      map[string]map[string]int // of each repository, by what they ask for
	running, most int
}

func serve(root string) (*gitServer, error) {
	where, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("git --exec-path: %w", err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(where)), "git-http-backend"), Dir: root, Stderr: io.Discard,
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
		},
	}
	if err := os.MkdirAll(root, fs.ModePerm); err != nil {
		return nil, err
	}
	s := &gitServer{}
	s.forget()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.count(r)()
		time.Sleep(latency)
		body, err := io.ReadAll(r.Body) // CGI must know its length
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		backend.ServeHTTP(w, r)
	}))
	return s, nil
}

func (s *gitServer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.most = map[string]map[string]int{}, 0
}

// count counts a request, until what it returns is called among those at once.
func (s *gitServer) count(r *http.Request) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	repository, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	service := r.URL.Query().Get("service")
	if service == "" {
		service = filepath.Base(r.URL.Path)
	}
	if s.requests[repository] == nil {
		s.requests[repository] = map[string]int{}
	}
	s.requests[repository][service]++
	s.running++
	s.most = max(s.most, s.running)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
	}
}

// perRepository says how often a repository was asked at most to give and to
// take: two requests are one fetch or one push.
func (s *gitServer) perRepository() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fetch, push int
	for _, asked := range s.requests {
		fetch, push = max(fetch, asked["git-upload-pack"]), max(push, asked["git-receive-pack"])
	}
	return fmt.Sprintf("%d to fetch and %d to push (one fetch, one push: 2 and 2)", fetch, push)
}
