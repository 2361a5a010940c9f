package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"os/user"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"github.com/weir-dev/weir/schema/diag"
)

// shell is a connection to an SSH server, for one service.
type shell struct {
	remote   *Remote
	settings *sshSettings
	address  string // host:port of the network
	user     string
	keys     *identities
	client   *ssh.Client
	conn     *lastWord
}

// ssh runs a service of the server that the address names. go-git's own
// transport is not used: it can neither be cancelled nor gives up a server that
// is silent, and looks at the process's home instead of Access.
func (r *Remote) ssh(ctx context.Context, service string) (*stdio, error) {
	s, err := r.login(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	conversation, err := s.start(service)
	if err != nil {
		stop()
		s.hangUp()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("run %s on %s: %w", service, s.address, cmp.Or(s.conn.err(), err))
	}
	reader := conversation.out.(*answers)
	reader.ctx = ctx
	conversation.close = func() error {
		stop()
		s.hangUp()
		return nil
	}
	return conversation, nil
}

// start runs a service. Its path is quoted as Git quotes it.
func (s *shell) start(service string) (*stdio, error) {
	session, err := s.client.NewSession()
	if err != nil {
		return nil, err
	}
	said := &remarks{}
	session.Stderr = said
	in, err := session.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := session.Start(service + " " + quoteForGit(s.remote.at.path)); err != nil {
		return nil, err
	}
	return &stdio{
		service: service, in: in, said: &words{}, // what was said is in the error
		out: &answers{Reader: out, shell: s, said: said, wait: sync.OnceValue(session.Wait)},
	}, nil
}

func (s *shell) hangUp() {
	s.client.Close()
	s.client.Wait() // until nothing of the connection is left
}

// login connects and proves who both sides are.
func (r *Remote) login(ctx context.Context) (*shell, error) {
	host, port := splitHost(r.at.host)
	settings, err := loadSSHSettings(r.access.Home, host, r.at.login.Username())
	if err != nil {
		return nil, err
	}
	s := &shell{remote: r, settings: settings, user: settings.userName()}
	if s.user == "" {
		if s.user, err = localUser(r.access); err != nil {
			return nil, err
		}
	}
	if port == "" {
		if port = settings.get("port"); port == "" {
			port = "22"
		}
	}
	s.address = net.JoinHostPort(settings.hostName(), port)
	local, _ := localUser(r.access)
	tokens := strings.NewReplacer("%%", "%", "%d", r.access.Home, "%h", settings.hostName(), "%n", host, "%p", port, "%r", s.user, "%u", local)
	hosts, err := r.newHostCheck(settings, s.address, tokens)
	if err != nil {
		return nil, err
	}
	if s.keys, err = loadIdentities(ctx, r.access, settings, tokens); err != nil {
		return nil, err
	}
	defer s.keys.close()
	return s, s.connect(ctx, hosts)
}

func (s *shell) connect(ctx context.Context, hosts *hostCheck) error {
	conn, err := s.remote.access.dial(ctx, "tcp", s.address)
	if err != nil {
		return s.unreachable(ctx, err)
	}
	s.conn = &lastWord{Conn: conn}
	defer context.AfterFunc(ctx, func() {
		conn.Close()
		s.keys.close() // an agent may be waiting for a person
	})()
	var refused error // by us, for the host's key
	secure, channels, requests, err := ssh.NewClientConn(s.conn, s.address, &ssh.ClientConfig{
		User:              s.user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(s.keys.signers...)},
		HostKeyAlgorithms: hosts.algorithms(),
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			refused = hosts.check(name, remote, key)
			return refused
		},
	})
	switch {
	case err == nil:
		s.client = ssh.NewClient(secure, channels, requests)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case refused != nil:
		return s.withUnused(ctx, refused)
	case strings.Contains(err.Error(), "unable to authenticate"), strings.Contains(err.Error(), "Too many authentication failures"):
		return s.deniedLogin(ctx, err)
	case s.keys.unsigned != nil:
		return diag.RefuseFor(err, s.remote.diagnostic("the key that "+s.address+" accepts does not sign",
			fmt.Sprintf("It is %s. Asked for a signature, its holder answers: %v.", s.keys.used, s.keys.unsigned),
			"Unlock the agent or confirm the use of the key, touch it if it is of hardware, or offer another one: its path in "+envKey+"."))
	}
	return s.unreachable(ctx, cmp.Or(s.conn.err(), err))
}

// lastWord remembers why a connection ended: what speaks SSH over it tells only
// that it did.
type lastWord struct {
	net.Conn
	failed atomic.Pointer[error]
}

func (c *lastWord) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (c *lastWord) err() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// answers is what a service writes. Its end is an error unless the service ended
// well, so that nobody has to guess from an empty answer.
type answers struct {
	io.Reader
	shell *shell
	ctx   context.Context // of the conversation
	said  *remarks
	wait  func() error
}

func (a *answers) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err == nil || n > 0 {
		return n, nil
	}
	failed := a.wait()
	var exit *ssh.ExitError
	switch {
	case failed == nil:
		return 0, err
	case a.ctx.Err() != nil:
		return 0, a.ctx.Err()
	case errors.As(failed, &exit):
		return 0, a.shell.failed(exit.ExitStatus(), a.said.lines())
	case a.shell.conn.err() != nil:
		return 0, a.shell.conn.err()
	}
	return 0, io.ErrUnexpectedEOF
}

// remarks are words that arrive while others may read them.
type remarks struct {
	mu sync.Mutex
	words
}

func (r *remarks) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.words.Write(p)
}

func (r *remarks) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.words.lines()
}

// splitHost takes an address's host apart; no port is empty. [host:port] is
// Git's way to give one before a colon and a path.
func splitHost(given string) (host, port string) {
	if host, port, err := net.SplitHostPort(given); err == nil {
		return host, port
	}
	if inner, ok := strings.CutPrefix(given, "["); ok && strings.HasSuffix(inner, "]") {
		inner = strings.TrimSuffix(inner, "]")
		if host, port, err := net.SplitHostPort(inner); err == nil {
			return host, port
		}
		return inner, ""
	}
	return given, ""
}

func localUser(access *Access) (string, error) {
	for _, name := range []string{"LOGNAME", "USER"} {
		if v := access.env(name); v != "" {
			return v, nil
		}
	}
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("find out who to log in as: %w", err)
	}
	return u.Username, nil
}

// quoteForGit is the one way of quoting that git-shell takes apart.
func quoteForGit(path string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(path) + "'"
}

// unreachable is a failure of the machine or the network, unless people reach
// this server by a way that is not Weir's.
func (s *shell) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = fmt.Errorf("connect to %s: %w", s.address, err)
	unused := s.unused(ctx)
	var dns *net.DNSError
	switch {
	case unused != "":
	case errors.As(err, &dns) && dns.IsNotFound:
		return s.remote.refuse("there is no such host", fmt.Sprintf("Nobody knows the address of %s.", dns.Name), "Correct the address, or name the host by HostName in ~/.ssh/config.")
	default:
		return err
	}
	return diag.RefuseFor(err, s.remote.diagnostic("the SSH server "+s.address+" cannot be reached",
		diag.Sentence(bare(err).Error())+" "+unused,
		"Give an address that can be reached directly, or forward a port and name it by HostName and Port in ~/.ssh/config."))
}

// withUnused is a refusal that may have to do with what is not used.
func (s *shell) withUnused(ctx context.Context, refused error) error {
	list, _ := diag.Refused(refused)
	unused := s.unused(ctx)
	if len(list) == 0 || unused == "" {
		return refused
	}
	list = slices.Clone(list)
	list[0].Detail += "\n" + unused
	return diag.RefuseFor(refused, list...)
}

// unused tells what of a person's configuration Weir does not do; empty where
// there is nothing of the kind.
func (s *shell) unused(ctx context.Context) string {
	var found []string
	ask := exec.CommandContext(ctx, "git", "config", "core.sshCommand")
	ask.Dir = s.remote.workDir()
	if out, err := ask.Output(); err == nil && len(out) > 0 { // no git, no such setting
		found = append(found, "core.sshCommand of Git's configuration")
	}
	for _, name := range []string{"GIT_SSH_COMMAND", "GIT_SSH"} {
		if s.remote.access.env(name) != "" {
			found = append(found, name)
		}
	}
	for keyword, name := range map[string]string{"proxycommand": "ProxyCommand", "proxyjump": "ProxyJump"} {
		if v := s.settings.get(keyword); v != "" && !strings.EqualFold(v, "none") {
			found = append(found, name+" of the configuration of ssh")
		}
	}
	slices.Sort(found)
	for _, place := range s.settings.skipped {
		found = append(found, "the Match on "+place)
	}
	if len(found) == 0 {
		return ""
	}
	return "Weir speaks SSH itself and does not use: " + strings.Join(found, ", ") + "."
}

func (s *shell) deniedLogin(ctx context.Context, err error) error {
	host := s.address
	if h, ok := strings.CutSuffix(s.address, ":22"); ok {
		host = h
	}
	d := s.remote.diagnostic(fmt.Sprintf("%s does not let %s log in", host, s.user), "", "")
	var detail []string
	if len(s.keys.offered) > 0 {
		detail = append(detail, "None of the keys that were offered was accepted:", indent(s.keys.offered))
	} else {
		detail = append(detail, s.nothingOffered())
	}
	if len(s.keys.withheld) > 0 {
		detail = append(detail, "Not offered:", indent(s.keys.withheld))
	}
	if unused := s.unused(ctx); unused != "" {
		detail = append(detail, unused)
	}
	d.Detail = strings.Join(detail, "\n")
	switch {
	case strings.Contains(err.Error(), "Too many"):
		d = d.Remedyf("The server hears no more keys than these. Choose one: its path in %s, or IdentityFile and IdentitiesOnly in ~/.ssh/config.", envKey)
	case len(s.keys.offered) == 0 && len(s.keys.locked) > 0:
	default:
		d = d.Remedyf("Give the public half of one of your keys to the account, or to the repository as a deploy key. Another key is named by its path in %s, by IdentityFile in ~/.ssh/config, or added to the agent with `ssh-add`.", envKey)
	}
	if len(s.keys.locked) > 0 {
		d = d.Remedyf("%s", unlockRemedy(s.keys.locked))
	}
	if s.settings.userName() == "" {
		d = d.Remedyf("The address names no user, so it was your own name; the user of forges is usually git.")
	}
	return diag.RefuseFor(err, d)
}

func (s *shell) nothingOffered() string {
	if s.settings.values["identityfile"] == nil && len(s.keys.withheld) == 0 {
		return "There was no key to offer: no agent with a key (SSH_AUTH_SOCK), none of ~/.ssh/id_ed25519, id_ecdsa and id_rsa, and " + envKey + " is not set."
	}
	return "There was no key to offer."
}

// failed is a service that ended with a mistake, told by its own words: a
// repository that is not there, or that these keys may not see.
func (s *shell) failed(status int, said []string) error {
	if len(said) == 0 {
		return fmt.Errorf("the server ended with status %d and said nothing", status)
	}
	if heard := strings.Join(said, "\n"); !strings.Contains(heard, "does not appear to be a git repository") {
		if known := s.remote.known(io.EOF, said); known != nil {
			return known
		}
	}
	who := "Logged in as " + s.user
	if s.keys.used != "" {
		who += " with " + s.keys.used
	}
	return s.remote.refuse("the server does not give access to the repository",
		quoted(who+". The server says:", said),
		"Correct the address, create the repository, or give the key a right to it: forges call a repository missing where a key may not see it.")
}

func indent(lines []string) string { return "  " + strings.Join(lines, "\n  ") }
