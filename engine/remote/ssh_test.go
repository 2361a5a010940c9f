package remote_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	sshagent "golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
	"github.com/weir-dev/weir/schema/diag"
)

// sshPlace is a person's home, and an SSH server with the repository shop.git.
type sshPlace struct {
	*gitserver.SSHServer
	t      *testing.T
	home   string
	env    map[string]string
	root   string
	commit plumbing.Hash // of main
}

func newSSHPlace(t *testing.T) *sshPlace {
	p := &sshPlace{t: t, home: t.TempDir(), root: t.TempDir(), env: map[string]string{"USER": "ann"}}
	p.SSHServer = gitserver.SSH(t, p.root)
	p.git("init", "-q", "--bare", "-b", "main", "shop.git")
	tree := p.git("-C", "shop.git", "hash-object", "-wt", "tree", "/dev/null")
	p.commit = plumbing.NewHash(p.git("-C", "shop.git", "commit-tree", "-m", "first", tree))
	p.git("-C", "shop.git", "update-ref", "refs/heads/main", p.commit.String())
	return p
}

func (p *sshPlace) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// write puts a file below the home.
func (p *sshPlace) write(name string, lines ...string) {
	p.t.Helper()
	path := filepath.Join(p.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *sshPlace) trust() { p.write(".ssh/known_hosts", p.HostKeys...) }

func (p *sshPlace) key(name, passphrase string) (public string) {
	return gitserver.SSHKey(p.t, filepath.Join(p.home, name), passphrase)
}

// agent starts an ssh-agent that has the keys of files.
func (p *sshPlace) agent(names ...string) {
	p.t.Helper()
	socket := filepath.Join(p.home, "agent.sock")
	agent := exec.Command("ssh-agent", "-s", "-a", socket)
	agent.Env = []string{"PATH=" + os.Getenv("PATH"), "SSH_ASKPASS=false", "SSH_ASKPASS_REQUIRE=force"}
	out, err := agent.CombinedOutput()
	pid := regexp.MustCompile(`SSH_AGENT_PID=(\d+)`).FindStringSubmatch(string(out))
	if err != nil || pid == nil {
		p.t.Fatalf("ssh-agent: %v\n%s", err, out)
	}
	p.t.Cleanup(func() { _ = exec.Command("kill", pid[1]).Run() })
	p.env["SSH_AUTH_SOCK"] = socket
	conn, err := net.Dial("unix", socket)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	client := sshagent.NewClient(conn)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(p.home, name))
		if err != nil {
			p.t.Fatal(err)
		}
		key, err := ssh.ParseRawPrivateKey(data)
		if err != nil {
			p.t.Fatal(err)
		}
		if err := client.Add(sshagent.AddedKey{PrivateKey: key, Comment: name, ConfirmBeforeUse: name == "guarded"}); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *sshPlace) remote(address string) *remote.Remote {
	p.t.Helper()
	r, err := remote.New(address, p.home, &remote.Access{Home: p.home, Env: func(name string) string { return p.env[name] }})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// said is an error as a person sees it, without what differs from run to run.
func (p *sshPlace) said(err error) string {
	p.t.Helper()
	if err == nil {
		return ""
	}
	plain := func(text string) string {
		text = strings.NewReplacer(p.home, "HOME", p.root, "ROOT", ":"+p.Port, ":PORT", "-p "+p.Port, "-p PORT",
			p.User+"@", "USER@", " as "+p.User, " as USER", "let "+p.User, "let USER").Replace(text)
		text = regexp.MustCompile(`AAAA[A-Za-z0-9+/=]+`).ReplaceAllString(text, "AAAA…")
		return regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`).ReplaceAllString(text, "SHA256:…")
	}
	list, ok := diag.Refused(err)
	if !ok {
		return plain(err.Error()) + "\n"
	}
	list = slices.Clone(list)
	for i := range list { // before lines are broken
		for _, text := range []*string{&list[i].Summary, &list[i].Subject.File, &list[i].Detail, &list[i].Remedy} {
			*text = plain(*text)
		}
	}
	var b strings.Builder
	if err := list.Format(&b, diag.Options{}); err != nil {
		p.t.Fatal(err)
	}
	return plain(b.String())
}

// TestSSHLogin is who gets in, by which of the keys and names that people have.
func TestSSHLogin(t *testing.T) {
	for name, arrange := range map[string]func(p *sshPlace) (address string){
		"default key": func(p *sshPlace) string {
			p.Authorize(p.key(".ssh/id_ed25519", ""))
			return p.URL + "/shop.git"
		},
		"scp-like": func(p *sshPlace) string {
			p.Authorize(p.key(".ssh/id_ecdsa", ""))
			return p.User + "@[127.0.0.1:" + p.Port + "]:shop.git"
		},
		"locked key": func(p *sshPlace) string {
			p.Authorize(p.key(".ssh/id_ed25519", "secret"))
			p.env["WEIR_SSH_KEY_PASSPHRASE"] = "secret"
			return p.URL + "/shop.git"
		},
		"second key": func(p *sshPlace) string {
			p.key(".ssh/id_ed25519", "")
			p.Authorize(p.key(".ssh/id_rsa", ""))
			return p.URL + "/shop.git"
		},
		"key of the environment": func(p *sshPlace) string {
			p.key(".ssh/id_ed25519", "")
			p.Authorize(p.key("deploy", ""))
			p.env["WEIR_SSH_KEY"] = "~/deploy"
			return p.URL + "/shop.git"
		},
		"agent": func(p *sshPlace) string {
			p.Authorize(p.key("somewhere", ""))
			p.agent("somewhere")
			return p.URL + "/shop.git"
		},
		"agent unlocks": func(p *sshPlace) string { // what the file alone could not
			public := p.key("open", "")
			p.Authorize(public)
			p.agent("open")
			p.write(".ssh/id_ed25519.pub", public)
			p.write(".ssh/config", "IdentityFile ~/.ssh/id_ed25519.pub", "IdentitiesOnly yes")
			return p.URL + "/shop.git"
		},
		"agent of the configuration": func(p *sshPlace) string {
			p.Authorize(p.key("somewhere", ""))
			p.agent("somewhere")
			p.env["SSH_AUTH_SOCK"] = ""
			p.write(".ssh/config", "IdentityAgent "+filepath.Join(p.home, "agent.sock"))
			return p.URL + "/shop.git"
		},
		"six agent keys before the right one": func(p *sshPlace) string { // the server hears six
			var names []string
			for i := range 6 {
				names = append(names, fmt.Sprint("key", i))
				p.key(names[i], "")
			}
			p.agent(names...)
			p.Authorize(p.key("deploy", ""))
			p.write(".ssh/config", "Host *", "  IdentitiesOnly=yes", "  IdentityFile \"~/%h deploy\"", "  IdentityFile ~/deploy")
			return p.URL + "/shop.git"
		},
		"alias": func(p *sshPlace) string {
			p.Authorize(p.key("keys/forge", ""))
			p.write(".ssh/config",
				"Include conf.d/*.conf",
				"Match exec \"test -d /\"", "  Port 1",
				"Match originalhost other,forge host 127.*", "  Port "+p.Port,
				"Host *", "  User nobody", "  Port 2")
			p.write(".ssh/conf.d/forge.conf", "# our forge", "Host !other forge", "HostName 127.0.0.1", "User "+p.User, "IdentityFile ~/keys/%n")
			return "forge:shop.git"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSSHPlace(t)
			p.trust()
			tip, err := p.remote(arrange(p)).Tip(t.Context(), "main")
			if err != nil {
				t.Fatal(p.said(err))
			}
			if diff := cmp.Diff(remote.Tip{Ref: "refs/heads/main", Commit: p.commit}, tip); diff != "" {
				t.Errorf("tip (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSSHHosts is which servers are trusted.
func TestSSHHosts(t *testing.T) {
	address := func(p *sshPlace) string { return net.JoinHostPort("127.0.0.1", p.Port) }
	for name, arrange := range map[string]func(p *sshPlace){
		"another type first": func(p *sshPlace) { p.write(".ssh/known_hosts", p.HostKeys[1]) }, // the server prefers Ed25519
		"hashed": func(p *sshPlace) {
			_, key, _ := strings.Cut(p.HostKeys[0], " ")
			p.write(".ssh/known_hosts", knownhosts.HashHostname(knownhosts.Normalize(address(p)))+" "+key)
		},
		"environment": func(p *sshPlace) {
			p.env["SSH_KNOWN_HOSTS"] = filepath.Join(p.home, "gone") + ":" + filepath.Join(p.home, "hosts")
			p.write("hosts", p.HostKeys...)
		},
		"configuration": func(p *sshPlace) {
			p.write(".ssh/config", "UserKnownHostsFile ~/a ~/b", "HostKeyAlias forge")
			_, key, _ := strings.Cut(p.HostKeys[0], " ")
			p.write("b", "forge "+key)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSSHPlace(t)
			p.Authorize(p.key(".ssh/id_ed25519", ""))
			arrange(p)
			if _, err := p.remote(p.URL+"/shop.git").Tip(t.Context(), "main"); err != nil {
				t.Error(p.said(err))
			}
		})
	}
}

// TestSSHRefusals is what people are told.
func TestSSHRefusals(t *testing.T) {
	var all strings.Builder
	for _, c := range []struct {
		name    string
		arrange func(p *sshPlace) (address string)
	}{
		{"unknown host", func(p *sshPlace) string { return p.URL + "/shop.git" }},
		{"unknown host of an alias, and a setting of Git", func(p *sshPlace) string {
			p.write(".ssh/config", "HostKeyAlias forge")
			p.env["GIT_SSH_COMMAND"] = "ssh -o StrictHostKeyChecking=no"
			return p.URL + "/shop.git"
		}},
		{"changed host key", func(p *sshPlace) string {
			host, _, _ := strings.Cut(p.HostKeys[0], " ")
			p.write(".ssh/known_hosts", "# mine", host+" "+p.key("other", ""), p.HostKeys[1])
			return p.URL + "/shop.git"
		}},
		{"revoked host key", func(p *sshPlace) string {
			p.write(".ssh/known_hosts", p.HostKeys[0], "@revoked "+p.HostKeys[0])
			return p.URL + "/shop.git"
		}},
		{"known hosts that cannot be read", func(p *sshPlace) string {
			p.write(".ssh/known_hosts", p.HostKeys[0], "127.0.0.1 ssh-ed25519")
			return p.URL + "/shop.git"
		}},
		{"wrong keys", func(p *sshPlace) string {
			p.trust()
			p.key(".ssh/id_ed25519", "")
			p.key(".ssh/id_rsa", "locked")
			p.key("somewhere", "")
			p.write(".ssh/id_ecdsa", "no key")
			p.agent("somewhere")
			return p.URL + "/shop.git"
		}},
		{"no key", func(p *sshPlace) string {
			p.trust()
			p.write(".ssh/config", "ProxyJump bastion")
			return "ssh://127.0.0.1:" + p.Port + "/shop.git"
		}},
		{"only a locked key", func(p *sshPlace) string {
			p.trust()
			p.Authorize(p.key(".ssh/id_ed25519", "secret"))
			return p.URL + "/shop.git"
		}},
		{"wrong passphrase", func(p *sshPlace) string {
			p.trust()
			p.key("deploy", "secret")
			p.env["WEIR_SSH_KEY"] = "~/deploy"
			p.env["WEIR_SSH_KEY_PASSPHRASE"] = "guess"
			return p.URL + "/shop.git"
		}},
		{"chosen key is locked", func(p *sshPlace) string {
			p.trust()
			p.key("deploy", "secret")
			p.env["WEIR_SSH_KEY"] = "~/deploy"
			return p.URL + "/shop.git"
		}},
		{"chosen key is not there", func(p *sshPlace) string {
			p.trust()
			p.env["WEIR_SSH_KEY"] = "~/deploy"
			return p.URL + "/shop.git"
		}},
		{"key instead of its path", func(p *sshPlace) string {
			p.trust()
			p.env["WEIR_SSH_KEY"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n"
			return p.URL + "/shop.git"
		}},
		{"too many keys", func(p *sshPlace) string {
			p.trust()
			var names []string
			for i := range 7 {
				names = append(names, fmt.Sprint("key", i))
				p.key(names[i], "")
			}
			p.agent(names...)
			return p.URL + "/shop.git"
		}},
		{"dead agent", func(p *sshPlace) string {
			p.trust()
			p.env["SSH_AUTH_SOCK"] = filepath.Join(p.home, "gone.sock")
			return p.URL + "/shop.git"
		}},
		{"agent refuses", func(p *sshPlace) string { // nobody is there to confirm
			p.trust()
			p.Authorize(p.key("guarded", ""))
			p.agent("guarded")
			return p.URL + "/shop.git"
		}},
		{"missing repository", func(p *sshPlace) string {
			p.trust()
			p.Authorize(p.key(".ssh/id_ed25519", ""))
			return p.URL + "/gone.git"
		}},
		{"only behind a proxy", func(p *sshPlace) string {
			p.env["GIT_SSH_COMMAND"] = "ssh -J bastion"
			p.write(".ssh/config", "Match exec true", "Match all", "ProxyCommand nc -X connect %h %p")
			return "ssh://git@127.0.0.1:1/shop.git"
		}},
		{"connection refused", func(p *sshPlace) string { return "ssh://git@127.0.0.1:1/shop.git" }},
	} {
		p := newSSHPlace(t)
		tip, err := p.remote(c.arrange(p)).Tip(t.Context(), "main")
		if !tip.Commit.IsZero() {
			t.Errorf("%s: got in: %v", c.name, tip)
		}
		fmt.Fprintf(&all, "--- %s\n%s", c.name, p.said(err))
	}
	(&place{T: t}).golden("ssh-refused", all.String())
}

// TestSSHLeavesNothing opens many connections, good and bad, and looks for what is left.
func TestSSHLeavesNothing(t *testing.T) {
	p := newSSHPlace(t)
	p.trust()
	p.key("somewhere", "")
	p.agent("somewhere")
	p.Authorize(p.key(".ssh/id_ed25519", ""))
	good, gone := p.remote(p.URL+"/shop.git"), p.remote(p.URL+"/gone.git")
	stranger := p.remote(strings.Replace(p.URL, "127.0.0.1", "localhost", 1) + "/shop.git")
	use := func() {
		if _, err := good.Fetch(t.Context(), remote.Want{Rev: "main"}, memory.NewStorage()); err != nil {
			t.Fatal(err)
		}
		if _, err := gone.Tip(t.Context(), "main"); err == nil {
			t.Fatal("no error for a repository that is not there")
		}
		if _, err := stranger.Tip(t.Context(), "main"); err == nil {
			t.Fatal("no error for an unknown host")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := good.Tip(ctx, "main"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc to count open files in")
		}
		return len(files)
	}
	use() // what the first one leaves, the next one leaves too
	files, routines := open(), runtime.NumGoroutine()
	for range 4 {
		use()
	}
	// Those that end by themselves get to it, the server's side of a connection
	// among them; what is left for good never lets the test end.
	for runtime.NumGoroutine() > routines || open() > files {
		runtime.Gosched()
	}
}

// TestSSHCertificates is a server and a person whom an authority vouches for.
func TestSSHCertificates(t *testing.T) {
	p := newSSHPlace(t)
	authority := p.key("authority", "")
	data, err := os.ReadFile(filepath.Join(p.home, "authority"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	certify := func(name, key string, kind uint32, principal string) {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		cert := &ssh.Certificate{Key: public, CertType: kind, ValidPrincipals: []string{principal}, ValidBefore: ssh.CertTimeInfinity}
		if err := cert.SignCert(rand.Reader, signer); err != nil {
			t.Fatal(err)
		}
		p.write(name, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(cert))))
	}
	_, host, _ := strings.Cut(p.HostKeys[0], " ")
	certify("host-cert.pub", host, ssh.HostCert, "127.0.0.1")
	certify(".ssh/id_ed25519-cert.pub", p.key(".ssh/id_ed25519", ""), ssh.UserCert, p.User)
	p.write("authority.pub", authority)
	p.Configure("HostCertificate "+filepath.Join(p.home, "host-cert.pub"), "TrustedUserCAKeys "+filepath.Join(p.home, "authority.pub"))

	p.write(".ssh/known_hosts", "@cert-authority * "+authority)
	ask := func() string {
		_, err := p.remote(p.URL+"/shop.git").Tip(t.Context(), "main")
		return p.said(err)
	}
	if said := ask(); said != "" {
		t.Error(said)
	}
	p.write(".ssh/known_hosts", p.HostKeys...) // a certificate does not hide a key that is known
	if said := ask(); said != "" {
		t.Error(said)
	}
	certify("host-cert.pub", host, ssh.HostCert, "elsewhere")
	p.write(".ssh/known_hosts", "@cert-authority * "+authority)
	(&place{T: t}).golden("ssh-certificate", ask())
}

// TestSSHConcurrent is many remotes of one run that share a locked key.
func TestSSHConcurrent(t *testing.T) {
	p := newSSHPlace(t)
	p.trust()
	p.Authorize(p.key(".ssh/id_ed25519", "secret"))
	access := &remote.Access{Home: p.home, Env: func(name string) string {
		return map[string]string{"WEIR_SSH_KEY_PASSPHRASE": "secret"}[name]
	}}
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			r, err := remote.New(p.URL+"/shop.git", p.home, access)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := r.Fetch(t.Context(), remote.Want{Rev: "main"}, memory.NewStorage()); err != nil {
				t.Error(p.said(err))
			}
		})
	}
	wait.Wait()
}

// TestSSHTrust does what the refusal of an unknown host, and of one that changed,
// says.
func TestSSHTrust(t *testing.T) {
	p := newSSHPlace(t)
	p.Authorize(p.key(".ssh/id_ed25519", ""))
	host, _, _ := strings.Cut(p.HostKeys[0], " ")
	p.write(".ssh/known_hosts", host+" "+p.key("other", ""))
	for _, summary := range []string{"has changed", "is not known"} {
		_, err := p.remote(p.URL+"/shop.git").Tip(t.Context(), "main")
		list, _ := diag.Refused(err)
		if len(list) != 1 || !strings.Contains(list[0].Summary, summary) {
			t.Fatal(p.said(err))
		}
		_, command, _ := strings.Cut(list[0].Remedy, "\n")
		do := exec.Command("sh", "-c", strings.ReplaceAll(command, "~", p.home)) // ssh-keygen asks the system for the home
		if out, err := do.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	if _, err := p.remote(p.URL+"/shop.git").Tip(t.Context(), "main"); err != nil {
		t.Error(p.said(err))
	}
}
