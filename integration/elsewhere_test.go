package integration

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/integration/gitserver"
	"github.com/weir-dev/weir/integration/registry"
)

// published are the charts that examples/platform takes from elsewhere.
const published = "testdata/platform"

// TestPlatformFromElsewhere locks, vendors and hydrates examples/platform with
// servers of every kind under the names that it gives them. What it locks and
// vendors is what is committed, and what it hydrates without vendored charts is
// what TestExamples hydrates with them, where no server is.
func TestPlatformFromElsewhere(t *testing.T) {
	project := filepath.Join(t.TempDir(), "platform")
	example := "../examples/platform"
	if err := os.CopyFS(project, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"weir.lock.hcl", "vendor", "state", "expected"} {
		if err := os.RemoveAll(filepath.Join(project, made)); err != nil {
			t.Fatal(err)
		}
	}
	environ := elsewhere(t)
	weir := func(args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, "weir"), append([]string{"-C", project}, args...)...)
		cmd.Env = environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("weir %v: %v\n%s", args, err, out)
		}
	}
	weir("lock")
	out := t.TempDir()
	weir("hydrate", "--out", out)
	weir("vendor")
	if *update {
		for _, made := range []string{"weir.lock.hcl", "vendor"} {
			if err := os.RemoveAll(filepath.Join(example, made)); err != nil {
				t.Fatal(err)
			}
		}
		for file, text := range made(t, project) {
			to := filepath.Join(example, filepath.FromSlash(file))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(made(t, example), made(t, project)); diff != "" {
		t.Errorf("the lock and the vendored charts that are committed (-) and that are made (+) differ; make golden rewrites them:\n%s", diff)
	}
	again := t.TempDir()
	weir("hydrate", "--out", again)
	if diff := cmp.Diff(files(t, out), files(t, again)); diff != "" {
		t.Errorf("from elsewhere (-) and from vendor/ (+):\n%s", diff)
	}
}

// made are the lock and the vendored charts of a project.
func made(t *testing.T, project string) map[string]string {
	t.Helper()
	all := files(t, project)
	maps.DeleteFunc(all, func(file, _ string) bool { return file != "weir.lock.hcl" && !strings.HasPrefix(file, "vendor/") })
	return all
}

// elsewhere starts the servers of examples/platform and returns the environment
// of a machine that finds them by name, with empty caches.
func elsewhere(t *testing.T) []string {
	t.Helper()
	root, home := t.TempDir(), t.TempDir()
	charts, images := chartserver.New(t), registry.New(t)
	packed(t, "charts", func(name, version string, pairs []string) { charts.Add(name, version, pairs...) })
	packed(t, "registry", func(name, version string, pairs []string) {
		images.Push("charts/"+name, version, chartserver.Pack(name, version, pairs...))
	})
	environ := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ops", "GIT_AUTHOR_EMAIL=ops@platform.example", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Ops", "GIT_COMMITTER_EMAIL=ops@platform.example", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	for from, to := range map[string]string{"git": "ops/charts.git", "mirror": "time.git"} {
		work := filepath.Join(t.TempDir(), from)
		if err := os.CopyFS(work, os.DirFS(filepath.Join(published, from))); err != nil {
			t.Fatal(err)
		}
		git("init", "-q", "-b", "main", work)
		git("-C", work, "config", "core.fileMode", "false")
		git("-C", work, "add", "-A")
		git("-C", work, "commit", "-q", "-m", "charts")
		git("-C", work, "tag", "-a", "-m", "v2026.1", "v2026.1")
		git("clone", "-q", "--bare", work, filepath.Join(root, to))
	}
	web, ssh := gitserver.HTTP(t, root), gitserver.SSH(t, root)
	ssh.Authorize(gitserver.SSHKey(t, filepath.Join(home, ".ssh/id_ed25519"), ""))
	proxy, ca := internet(t, map[string]string{
		"charts.platform.example:443": charts.URL, "registry.platform.example:443": images.URL, "git.platform.example:443": web.URL,
	})
	for name, text := range map[string]string{
		".ssh/known_hosts": strings.Join(ssh.HostKeys, "\n") + "\n",
		".ssh/config":      "Host git.platform.example\n  HostName 127.0.0.1\n  Port " + ssh.Port + "\n  User " + ssh.User + "\n",
		".gitconfig":       "[url \"" + filepath.ToSlash(root) + "/\"]\n\tinsteadOf = https://mirror.platform.example/\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append(environ, "https_proxy="+proxy, "SSL_CERT_FILE="+ca)
}

// packed gives the charts of a directory, which are called <name>-<version>.
func packed(t *testing.T, dir string, add func(name, version string, pairs []string)) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(published, dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, version, _ := strings.Cut(e.Name(), "-")
		root := os.DirFS(filepath.Join(published, dir, e.Name()))
		var pairs []string
		if err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, path)
			pairs = append(pairs, path, string(data))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		add(name, version, pairs)
	}
}

// internet is a proxy behind which hosts, by name and port, are servers of this
// machine, and the file with the authority of their certificates.
func internet(t *testing.T, hosts map[string]string) (proxy, ca string) {
	t.Helper()
	certificate, file := selfSigned(t, hosts)
	inside := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		host := r.In.Host
		if _, _, err := net.SplitHostPort(host); err != nil {
			host += ":443"
		}
		to, err := url.Parse(hosts[host])
		if err != nil || to.Host == "" {
			to = &url.URL{Scheme: "http", Host: "nowhere.invalid"}
		}
		r.SetURL(to)
	}})
	inside.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	inside.StartTLS()
	t.Cleanup(inside.Close)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || hosts[r.Host] == "" {
			http.Error(w, "there is no "+r.Host, http.StatusBadGateway)
			return
		}
		there, err := net.Dial("tcp", inside.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			there.Close()
			return
		}
		_, _ = here.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		go func() { defer here.Close(); _, _ = there.(*net.TCPConn).WriteTo(here) }()
		go func() { defer there.Close(); _, _ = there.(*net.TCPConn).ReadFrom(here) }()
	}))
	t.Cleanup(outside.Close)
	return outside.URL, file
}

func selfSigned(t *testing.T, hosts map[string]string) (certificate tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	for host := range hosts {
		name, _, _ := net.SplitHostPort(host)
		template.DNSNames = append(template.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
