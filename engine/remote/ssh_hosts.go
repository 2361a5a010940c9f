package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/weir-dev/weir/schema/diag"
)

// hostCheck accepts a server by the keys that people have in known_hosts. It
// never trusts a key because it is the first one seen.
type hostCheck struct {
	remote *Remote
	known  *knownhosts.HostKeyDB
	files  []string // where keys are looked for, those that are not there too
	name   string   // host:port to look up
	alias  bool     // name is none of the network's
	home   string
}

// newHostCheck reads the files of SSH_KNOWN_HOSTS, of the configuration, or the usual ones.
func (r *Remote) newHostCheck(settings *sshSettings, address string, tokens *strings.Replacer) (*hostCheck, error) {
	access := r.access
	c := &hostCheck{remote: r, name: address, home: access.Home}
	if alias := settings.get("hostkeyalias"); alias != "" {
		c.name, c.alias = net.JoinHostPort(alias, "22"), true
	}
	c.files = filepath.SplitList(access.env("SSH_KNOWN_HOSTS"))
	if len(c.files) == 0 {
		c.files = settings.paths("userknownhostsfile", tokens)
		if settings.values["userknownhostsfile"] == nil {
			c.files = []string{filepath.Join(access.Home, ".ssh/known_hosts"), filepath.Join(access.Home, ".ssh/known_hosts2")}
		}
		global := settings.paths("globalknownhostsfile", tokens)
		if settings.values["globalknownhostsfile"] == nil {
			global = []string{"/etc/ssh/ssh_known_hosts"}
		}
		if c.files = append(c.files, global...); len(c.files) == 0 {
			c.files = []string{os.DevNull}
		}
	}
	var there []string
	for _, f := range c.files {
		if info, err := os.Stat(f); err == nil && !info.IsDir() {
			there = append(there, f)
		}
	}
	var err error
	if c.known, err = knownhosts.NewDB(there...); err != nil {
		return nil, diag.RefuseFor(err, r.diagnostic("the known hosts of ssh cannot be read",
			tilde(strings.TrimPrefix(err.Error(), "knownhosts: "), access.Home),
			"Repair or remove the line that is named."))
	}
	return c, nil
}

// algorithms puts first what is known of the host, so that a server with keys of
// several types shows the one that can be checked; then the one that ssh would
// see first. Certificates are asked for only where an authority is known.
func (c *hostCheck) algorithms() []string {
	algorithms := c.known.HostKeyAlgorithms(c.name)
	for _, a := range append([]string{ssh.KeyAlgoED25519}, ssh.SupportedAlgorithms().HostKeys...) {
		if !strings.Contains(a, "-cert-") && !slices.Contains(algorithms, a) {
			algorithms = append(algorithms, a)
		}
	}
	return algorithms
}

// check is the callback of the handshake.
func (c *hostCheck) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	err := c.known.HostKeyCallback()(c.name, remote, key)
	var unknown *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return diag.RefuseFor(err, diag.Diagnostic{
			Summary: fmt.Sprintf("the host key of %s is revoked", c.host()),
			Subject: c.place(revoked.Revoked),
			Detail: fmt.Sprintf("The server shows the %s, which this line calls revoked: whoever has it may pose as the server. Nothing was sent to it.",
				keyName(key)),
			Remedy: "Ask those who run the server, over another way than this connection.",
		})
	case !errors.As(err, &unknown):
		return diag.RefuseFor(err, c.remote.diagnostic("the certificate of the host "+c.host()+" is not accepted",
			diag.Sentence(strings.TrimPrefix(err.Error(), "ssh: ")),
			"Ask those who run the server for a valid certificate, or for the authority's line for known_hosts."))
	case len(unknown.Want) > 0:
		return c.changed(err, key, unknown.Want)
	}
	return c.unknown(err, key)
}

func (c *hostCheck) unknown(err error, key ssh.PublicKey) error {
	file := shellWord(tilde(c.files[0], c.home))
	return diag.RefuseFor(err, c.remote.diagnostic("the SSH host "+c.host()+" is not known",
		fmt.Sprintf("The server shows the %s, and there is no key of this host in %s. Nothing was sent to it.", keyName(key), c.list()),
		fmt.Sprintf("Compare the fingerprint with what the forge publishes, or ask those who run the server. If it is the same, trust it:\n  %s >> %s",
			c.trust(key), file)))
}

// trust is the command that writes the line of a key.
func (c *hostCheck) trust(key ssh.PublicKey) string {
	kind := scanType(key)
	if c.alias || kind == "" {
		return "echo " + shellWord(knownhosts.Line([]string{c.name}, key))
	}
	host, port, _ := net.SplitHostPort(c.name)
	if port == "22" {
		return "ssh-keyscan -t " + kind + " " + shellWord(host)
	}
	return "ssh-keyscan -t " + kind + " -p " + port + " " + shellWord(host)
}

func (c *hostCheck) changed(err error, key ssh.PublicKey, want []xknownhosts.KnownKey) error {
	slices.SortStableFunc(want, func(a, b xknownhosts.KnownKey) int { // of the type that is shown first
		return btoi(b.Key.Type() == key.Type()) - btoi(a.Key.Type() == key.Type())
	})
	old := want[0]
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("the host key of %s has changed", c.host()),
		Subject: c.place(old),
		Detail: fmt.Sprintf("The server shows the %s. Known is the %s. Either somebody stands between you and the server, or the server has a new key. Nothing was sent to it.",
			keyName(key), keyName(old.Key)),
		Remedy: fmt.Sprintf("Ask those who run the server, over another way than this connection. Only if they confirm the new fingerprint, remove the old key and add the new one:\n  ssh-keygen -f %s -R %s",
			shellWord(tilde(old.Filename, c.home)), shellWord(c.host())),
	}
	for _, k := range want[1:] {
		d = d.Also(c.place(k), "the %s", keyName(k.Key))
	}
	return diag.RefuseFor(err, d)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// host is the name as known_hosts has it: the port only where it is not 22.
func (c *hostCheck) host() string { return knownhosts.Normalize(c.name) }

func (c *hostCheck) place(k xknownhosts.KnownKey) diag.Range {
	at := diag.Pos{Line: k.Line}
	return diag.Range{File: filepath.ToSlash(tilde(k.Filename, c.home)), Start: at, End: at}
}

func (c *hostCheck) list() string {
	var names []string
	for _, f := range c.files {
		if _, err := os.Stat(f); err == nil || f == c.files[0] {
			names = append(names, tilde(f, c.home))
		}
	}
	return strings.Join(names, ", ")
}

// keyName is the kind and the fingerprint of a key, as ssh-keygen -l and forges show them.
func keyName(key ssh.PublicKey) string {
	kind := key.Type()
	if cert, ok := key.(*ssh.Certificate); ok {
		return "certificate of the " + keyName(cert.Key)
	}
	switch {
	case kind == ssh.KeyAlgoED25519:
		kind = "ED25519"
	case kind == ssh.KeyAlgoRSA:
		kind = "RSA"
	case strings.HasPrefix(kind, "ecdsa-"):
		kind = "ECDSA"
	}
	return kind + " key " + ssh.FingerprintSHA256(key)
}

// scanType is the -t of ssh-keyscan for a key; empty for a kind that it does not ask for.
func scanType(key ssh.PublicKey) string {
	switch kind := key.Type(); {
	case kind == ssh.KeyAlgoED25519:
		return "ed25519"
	case kind == ssh.KeyAlgoRSA:
		return "rsa"
	case strings.HasPrefix(kind, "ecdsa-"):
		return "ecdsa"
	}
	return ""
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(s string) string {
	if strings.ContainsAny(s, " \t'\"\\$`*?[]{}()<>|&;!#") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
