// Package apiserver runs a real etcd and kube-apiserver on loopback for a test:
// who wants to know what Kubernetes refuses asks it. The programs are built once
// from the module beside it (controlplane) and kept outside of the repository;
// `make controlplane` does that, since it takes minutes.
package apiserver

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Server is one that runs until its test ends.
type Server struct {
	Address string // https://127.0.0.1:<port>
	Token   string // of the administrator
	Client  *http.Client
}

// patience is how long a server may take to start.
const patience = 2 * time.Minute

// Start runs a server for a test. Where nobody has built one yet the test is
// skipped, or fails if WEIR_NO_SKIP is set.
func Start(t testing.TB) *Server {
	t.Helper()
	path, err := program()
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		if os.Getenv("WEIR_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: no API server is asked; `make controlplane` builds one")
	}
	dir := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	accounts := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	s := &Server{Token: rand.Text()}
	for name, text := range map[string][]byte{"accounts.key": accounts, "tokens.csv": []byte(s.Token + ",admin,admin,system:masters\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ports := freePorts(t, 3)
	store := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peers := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	etcd := run(t, dir, "etcd", "--unsafe-no-fsync", "--data-dir=data", "--log-level=error",
		"--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=default="+peers)
	api := run(t, dir, "kube-apiserver", "--etcd-servers="+store, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]), "--cert-dir=certs",
		"--service-account-issuer=https://localhost", "--service-account-key-file=accounts.key", "--service-account-signing-key-file=accounts.key",
		"--token-auth-file=tokens.csv", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16", "--allow-privileged=true")
	s.Address = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // nothing tells when it is ready
		if s.ready(filepath.Join(dir, "certs", "apiserver.crt")) {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("the API server is not ready after %v\n%s\n%s", patience, etcd(), api())
		}
	}
}

// ready asks the server whether it is, as soon as it has made its certificate.
func (s *Server) ready(certificate string) bool {
	data, err := os.ReadFile(certificate)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(data) {
		return false
	}
	s.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	request, err := http.NewRequest(http.MethodGet, s.Address+"/readyz", nil)
	if err != nil {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	answer, err := s.Client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Ask sends a request as the administrator and returns status and body.
func (s *Server) Ask(t testing.TB, method, path, contentType string, body []byte) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.Address+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	request.Header.Set("Content-Type", contentType)
	answer, err := s.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, said
}

// run starts a program that ends with the test, and returns how to read what it
// logged.
func run(t testing.TB, dir, name string, args ...string) func() []byte {
	t.Helper()
	log := filepath.Join(dir, name+".log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, name), args...) // done before the cleanup
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, file, file, dieWithParent()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	return func() []byte {
		text, _ := os.ReadFile(log)
		return text[max(0, len(text)-4000):]
	}
}

func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports
}
