package gitserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSHServer is OpenSSH's sshd in front of the repositories below a directory.
type SSHServer struct {
	User     string   // who logs in: the user that runs the test, for sshd can be nobody else without being root
	Port     string   // of 127.0.0.1
	URL      string   // ssh://user@127.0.0.1:port, without a path; "/shop.git" after it is shop.git below the directory
	HostKeys []string // lines for known_hosts: an Ed25519 key and an ECDSA key

	t        testing.TB
	dir      string // of the server's own files
	listener net.Listener
	program  string

	mu       sync.Mutex
	sessions map[*exec.Cmd]bool
	stopped  bool
	log      strings.Builder
	serving  sync.WaitGroup
}

// SSH serves the repositories below root until the test ends. Nobody may log in
// before Authorize. Without sshd on the machine the test is skipped, or fails
// where WEIR_NO_SKIP is set.
//
// The sshd is run per connection (-i), as inetd would: no port can be lost
// between its choice and its use, and nothing outlives the test.
func SSH(t testing.TB, root string) *SSHServer {
	t.Helper()
	program, err := exec.LookPath("sshd")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/sshd") // not on an ordinary user's PATH
	}
	if err != nil {
		missing(t, "sshd (openssh-server)")
	}
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if who.Uid == "0" {
		// sshd wants its empty directory, which a system without a running ssh
		// service does not have.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if root, err = filepath.Abs(root); err != nil {
		t.Fatal(err)
	}
	s := &SSHServer{User: who.Username, t: t, dir: t.TempDir(), program: program, sessions: map[*exec.Cmd]bool{}}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	_, s.Port, _ = net.SplitHostPort(s.listener.Addr().String())
	s.URL = "ssh://" + s.User + "@" + s.listener.Addr().String()
	s.configure(root)
	s.serving.Go(s.serve)
	t.Cleanup(s.stop)
	return s
}

// configure writes host keys, the configuration and the command that stands
// between a login and git: paths are of root, as those of a forge are of its
// own, and nothing but git's two programs can be run.
func (s *SSHServer) configure(root string) {
	s.t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"host_ed25519": ed, "host_ecdsa": ec} {
		writeKey(s.t, filepath.Join(s.dir, name), key, "")
	}
	for _, key := range []crypto.Signer{ed, ec} {
		public, err := ssh.NewPublicKey(key.Public())
		if err != nil {
			s.t.Fatal(err)
		}
		s.HostKeys = append(s.HostKeys, knownhosts.Line([]string{s.listener.Addr().String()}, public))
	}
	command := filepath.Join(s.dir, "command")
	s.write("command", 0o755, fmt.Sprintf(`#!/bin/sh
cd '%s' || exit 1
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
case "$SSH_ORIGINAL_COMMAND" in
git-upload-pack\ \'* | git-receive-pack\ \'*) ;;
*) echo "only git is served here" >&2; exit 128 ;;
esac
program=${SSH_ORIGINAL_COMMAND%%%% *}
path=${SSH_ORIGINAL_COMMAND#*\'}
path=${path%%\'}
exec git "${program#git-}" "${path#/}"
`, root))
	s.write("authorized_keys", 0o600, "")
	s.write("config", 0o600, fmt.Sprintf(`HostKey %[1]s/host_ed25519
HostKey %[1]s/host_ecdsa
PidFile none
AuthorizedKeysFile %[1]s/authorized_keys
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv GIT_PROTOCOL
ForceCommand %[2]s
`, s.dir, command))
}

func (s *SSHServer) write(name string, mode os.FileMode, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// Authorize lets the owner of a public key log in, given as the line of a .pub file.
func (s *SSHServer) Authorize(public string) {
	s.t.Helper()
	s.add("authorized_keys", strings.TrimSpace(public))
}

func (s *SSHServer) add(name, text string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = fmt.Fprintln(f, text)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// Configure adds lines to the server's configuration, for the connections to
// come; what it has already outweighs them.
func (s *SSHServer) Configure(lines ...string) {
	s.t.Helper()
	s.add("config", strings.Join(lines, "\n"))
}

// serve gives every connection an sshd of its own.
func (s *SSHServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.serving.Go(func() { s.session(conn.(*net.TCPConn)) })
	}
}

func (s *SSHServer) session(conn *net.TCPConn) {
	socket, err := conn.File()
	conn.Close()
	if err != nil {
		return
	}
	sshd := exec.Command(s.program, "-i", "-e", "-f", filepath.Join(s.dir, "config"))
	sshd.Stdin, sshd.Stdout = socket, socket
	sshd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := sshd.StderrPipe()
	if err == nil {
		err = s.start(sshd)
	}
	socket.Close()
	if err != nil {
		return
	}
	log, _ := io.ReadAll(said)
	_ = sshd.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sshd)
	s.log.Write(log)
}

func (s *SSHServer) start(sshd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return net.ErrClosed
	}
	if err := sshd.Start(); err != nil {
		return err
	}
	s.sessions[sshd] = true
	return nil
}

func (s *SSHServer) stop() {
	s.listener.Close()
	s.mu.Lock()
	s.stopped = true
	for sshd := range s.sessions {
		_ = syscall.Kill(-sshd.Process.Pid, syscall.SIGKILL) // with the git below it
	}
	s.mu.Unlock()
	s.serving.Wait()
	if s.t.Failed() {
		s.t.Logf("sshd said:\n%s", s.log.String())
	}
}

// SSHKey writes a new Ed25519 key to path, and to path.pub its public half,
// which it returns. The key is locked unless the passphrase is empty.
func SSHKey(t testing.TB, path, passphrase string) (public string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return writeKey(t, path, key, passphrase)
}

func writeKey(t testing.TB, path string, key crypto.Signer, passphrase string) (public string) {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	half, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public = string(ssh.MarshalAuthorizedKey(half))
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o700),
		os.WriteFile(path, pem.EncodeToMemory(block), 0o600),
		os.WriteFile(path+".pub", []byte(public), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	return public
}
