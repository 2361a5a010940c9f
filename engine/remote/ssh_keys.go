package remote

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	sshagent "golang.org/x/crypto/ssh/agent"

	"github.com/weir-dev/weir/schema/diag"
)

const (
	envKey        = "WEIR_SSH_KEY"            // the path of a key file, the only one that is offered then
	envPassphrase = "WEIR_SSH_KEY_PASSPHRASE" // opens key files that are locked
)

// identities are the keys that one connection offers, in their order, and those
// that it cannot. Messages get names and fingerprints of keys, nothing else.
type identities struct {
	signers  []ssh.Signer
	offered  []string // the names of signers
	withheld []string // why others are not among them
	locked   []string // paths of those that want a passphrase
	used     string   // the one that was asked to sign last
	unsigned error    // why it did not
	agent    net.Conn // nil where there is none
}

// close lets go of the agent, which is needed for the handshake only.
func (i *identities) close() {
	if i.agent != nil {
		i.agent.Close()
	}
}

// loadIdentities collects keys in OpenSSH's order: those of files that the agent
// has, the agent's others, those that only a file has.
func loadIdentities(ctx context.Context, access *Access, settings *sshSettings, tokens *strings.Replacer) (*identities, error) {
	ids := &identities{}
	paths, only, err := keyPaths(access, settings, tokens)
	if err != nil {
		return nil, err
	}
	inAgent, err := ids.dialAgent(ctx, access, settings)
	if err != nil {
		ids.withheld = append(ids.withheld, err.Error())
	}
	var files []*keyFile
	for _, path := range paths {
		file := access.keys.load(path)
		if file.err != nil {
			ids.withhold(access, settings, file)
			continue
		}
		files = append(files, file)
	}
	matched := map[int]bool{}
	for _, file := range files {
		for n, s := range inAgent {
			if !matched[n] && file.public != nil && sameKey(s.PublicKey(), file.public) {
				matched[n], file.inAgent = true, true
				ids.offer(s, "the agent's "+tilde(file.path, access.Home))
			}
		}
	}
	for n, s := range inAgent {
		if !matched[n] && !only {
			name := "the agent's key"
			if key, ok := s.PublicKey().(*sshagent.Key); ok && key.Comment != "" {
				name = fmt.Sprintf("the agent's %q", key.Comment)
			}
			ids.offer(s, name)
		}
	}
	for _, file := range files {
		if file.inAgent {
			continue
		}
		signers, err := access.keys.unlock(file.path, access.env(envPassphrase))
		if err != nil {
			file.err = err
			ids.withhold(access, settings, file)
			continue
		}
		for _, s := range signers {
			ids.offer(s, tilde(file.path, access.Home))
		}
	}
	if access.env(envKey) != "" && len(ids.signers) == 0 {
		ids.close()
		return nil, ids.refuseChosen()
	}
	return ids, nil
}

// keyPaths are the files to look at, and whether the agent's other keys are left alone.
func keyPaths(access *Access, settings *sshSettings, tokens *strings.Replacer) (paths []string, only bool, err error) {
	if chosen := access.env(envKey); chosen != "" {
		if strings.Contains(chosen, "-----BEGIN") {
			return nil, false, diag.Refuse(diag.Diagnostic{
				Summary: envKey + " has a key in it instead of the path of one",
				Remedy:  "Write the key into a file that nobody else may read, and its path into " + envKey + ".",
			})
		}
		path, err := filepath.Abs(untilde(chosen, access.Home))
		return []string{path}, true, err
	}
	if settings.values["identityfile"] != nil {
		return settings.paths("identityfile", tokens), strings.EqualFold(settings.get("identitiesonly"), "yes"), nil
	}
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		paths = append(paths, filepath.Join(access.Home, ".ssh", name))
	}
	return paths, strings.EqualFold(settings.get("identitiesonly"), "yes"), nil
}

// dialAgent returns the agent's keys; none and no error where there is no agent.
func (i *identities) dialAgent(ctx context.Context, access *Access, settings *sshSettings) ([]ssh.Signer, error) {
	socket := access.env("SSH_AUTH_SOCK")
	switch named := settings.get("identityagent"); {
	case named == "" || named == "SSH_AUTH_SOCK":
	case strings.EqualFold(named, "none"):
		return nil, nil
	case strings.HasPrefix(named, "$"):
		socket = access.env(strings.Trim(named, "${}"))
	default:
		socket = untilde(named, access.Home)
	}
	if socket == "" {
		return nil, nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("the agent at %s does not answer: %w", tilde(socket, access.Home), errors.Unwrap(err))
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	signers, err := sshagent.NewClient(conn).Signers()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("the agent at %s does not tell its keys: %w", tilde(socket, access.Home), err)
	}
	i.agent = conn
	return signers, nil
}

func (i *identities) offer(s ssh.Signer, name string) {
	name += ", " + keyName(plainKey(s.PublicKey()))
	i.offered = append(i.offered, name)
	i.signers = append(i.signers, &tracked{Signer: s, name: name, ids: i})
}

func (i *identities) withhold(access *Access, settings *sshSettings, file *keyFile) {
	path := tilde(file.path, access.Home)
	if errors.Is(file.err, fs.ErrNotExist) {
		if access.env(envKey) != "" || settings.values["identityfile"] != nil {
			i.withheld = append(i.withheld, path+": there is no such file")
		}
		return
	}
	var missing *ssh.PassphraseMissingError
	if errors.As(file.err, &missing) {
		i.locked = append(i.locked, path)
	}
	i.withheld = append(i.withheld, path+": "+keyProblem(file.err))
}

// keyProblem tells what is wrong with a key file without a word of its content.
func keyProblem(err error) string {
	var missing *ssh.PassphraseMissingError
	var path *fs.PathError
	switch {
	case errors.As(err, &missing):
		return "it is locked with a passphrase"
	case errors.Is(err, x509.IncorrectPasswordError):
		return "the passphrase in " + envPassphrase + " does not open it"
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return "it is no private key of a kind that can be used from a file"
}

func (i *identities) refuseChosen() error {
	d := diag.Diagnostic{Summary: "the key of " + envKey + " cannot be used", Detail: strings.Join(i.withheld, "\n")}
	if len(i.locked) > 0 {
		return diag.Refuse(d.Remedyf("%s", unlockRemedy(i.locked)))
	}
	return diag.Refuse(d.Remedyf("Give in %s the path of a private key, not of its .pub, and in %s its passphrase if it has one.", envKey, envPassphrase))
}

func unlockRemedy(locked []string) string {
	return fmt.Sprintf("Unlock the key with `ssh-add %s`, or give its passphrase in %s.", shellWord(locked[0]), envPassphrase)
}

// tracked remembers that it was the one to sign.
type tracked struct {
	ssh.Signer
	name string
	ids  *identities
}

func (t *tracked) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	t.ids.used = t.name
	var signature *ssh.Signature
	if s, ok := t.Signer.(ssh.AlgorithmSigner); ok {
		signature, t.ids.unsigned = s.SignWithAlgorithm(random, data, algorithm)
	} else {
		signature, t.ids.unsigned = t.Sign(random, data)
	}
	return signature, t.ids.unsigned
}

// keyFile is what a file of a key says without its passphrase.
type keyFile struct {
	path    string
	public  ssh.PublicKey // nil where an old format hides it and there is no .pub
	inAgent bool
	err     error
}

// keyRing reads every key file once for all remotes of a run: to unlock one
// takes a noticeable part of a second.
type keyRing struct {
	mu    sync.Mutex
	files map[string]*keyContent
}

type keyContent struct {
	data    []byte
	public  ssh.PublicKey
	signers []ssh.Signer // the certificate's first, if it has one
	err     error
}

func (r *keyRing) load(path string) *keyFile {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.files[path]
	if c == nil {
		c = readKey(path)
		if r.files == nil {
			r.files = map[string]*keyContent{}
		}
		r.files[path] = c
	}
	file := &keyFile{path: path, public: c.public}
	var missing *ssh.PassphraseMissingError
	if c.err != nil && !errors.As(c.err, &missing) {
		file.err = c.err
	}
	return file
}

// unlock returns what signs with a file that was loaded.
func (r *keyRing) unlock(path, passphrase string) ([]ssh.Signer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.files[path]
	var missing *ssh.PassphraseMissingError
	if errors.As(c.err, &missing) && passphrase != "" {
		s, err := ssh.ParsePrivateKeyWithPassphrase(c.data, []byte(passphrase))
		c.data = nil
		c.accept(path, s, err)
	}
	return c.signers, c.err
}

func readKey(path string) *keyContent {
	c := &keyContent{}
	if c.data, c.err = os.ReadFile(path); c.err != nil {
		return c
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(c.data); err == nil {
		c.public = public // a .pub as IdentityFile chooses among the agent's keys
		return c
	}
	signer, err := ssh.ParsePrivateKey(c.data)
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		if c.public = missing.PublicKey; c.public == nil {
			c.public = readPublic(path + ".pub")
		}
	}
	c.accept(path, signer, err)
	return c
}

func (c *keyContent) accept(path string, signer ssh.Signer, err error) {
	if c.err = err; err != nil {
		return
	}
	c.public = signer.PublicKey()
	if cert, ok := readPublic(path + "-cert.pub").(*ssh.Certificate); ok {
		if certified, err := ssh.NewCertSigner(cert, signer); err == nil {
			c.signers = append(c.signers, certified)
		}
	}
	c.signers = append(c.signers, signer)
}

func readPublic(path string) ssh.PublicKey {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return public
}

// sameKey tells whether a is the key b, or a certificate of it.
func sameKey(a, b ssh.PublicKey) bool {
	return bytes.Equal(plainKey(a).Marshal(), plainKey(b).Marshal())
}

// plainKey is the key itself, out of an agent's listing or a certificate.
func plainKey(key ssh.PublicKey) ssh.PublicKey {
	if listed, ok := key.(*sshagent.Key); ok {
		parsed, err := ssh.ParsePublicKey(listed.Blob)
		if err != nil {
			return key
		}
		key = parsed
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}
