package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/weir-dev/weir/schema/diag"
)

// Trust is whose signatures are good: SSH keys of an allowed signers file and
// OpenPGP keys of a keyring. Signatures are checked here, without ssh-keygen or
// gpg, so that it is done in the same way where neither is. It is immutable.
type Trust struct {
	ssh []allowedSigner
	pgp openpgp.EntityList
}

// TrustFile is a file of keys.
type TrustFile struct {
	Name string
	Data []byte
}

// NewTrust reads allowed signers, as ssh-keygen(1) has them, and keyrings of
// public OpenPGP keys, armored or binary.
func NewTrust(allowedSigners, keyrings []TrustFile) (*Trust, error) {
	t := &Trust{}
	var found diag.List
	for _, f := range allowedSigners {
		signers, list := parseAllowedSigners(f)
		found = append(found, list...)
		t.ssh = append(t.ssh, signers...)
	}
	for _, f := range keyrings {
		keys, err := parseKeyring(f.Data)
		if err != nil {
			found = append(found, diag.Diagnostic{
				Summary: "the keyring cannot be read",
				Subject: diag.Range{File: f.Name},
				Detail:  sentence(strings.TrimPrefix(err.Error(), "openpgp: ")) + ".",
				Remedy:  "Make it with `gpg --export --armor <key> …`.",
			})
		}
		t.pgp = append(t.pgp, keys...)
	}
	if found.HasErrors() {
		return nil, diag.Refuse(found...)
	}
	return t, nil
}

// allowedSigner is one line of an allowed signers file.
type allowedSigner struct {
	principals    string
	key           []byte // wire format
	namespaces    string // a pattern list; empty: any
	after, before time.Time
}

func parseAllowedSigners(f TrustFile) ([]allowedSigner, diag.List) {
	var signers []allowedSigner
	var found diag.List
	number := 0
	for line := range strings.Lines(string(f.Data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		signer, err := parseAllowedSigner(line)
		if err != nil {
			place := diag.Range{File: f.Name, Start: diag.Pos{Line: number}, End: diag.Pos{Line: number}}
			found = append(found, diag.Diagnostic{
				Summary: "the line names no signer that Weir can allow",
				Subject: place,
				Detail:  sentence(err.Error()) + ".",
				Remedy:  "Write it as ssh-keygen(1) says below ALLOWED SIGNERS: principals, options, type and key.",
			})
			continue
		}
		signers = append(signers, signer)
	}
	return signers, found
}

func parseAllowedSigner(line string) (allowedSigner, error) {
	principals, rest, err := cutField(line)
	if err != nil {
		return allowedSigner{}, err
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return allowedSigner{}, errors.New("behind the principals there is no key")
	}
	s := allowedSigner{principals: principals, key: key.Marshal()}
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(name) {
		case "cert-authority":
			return allowedSigner{}, errors.New("certificates are not supported: list the keys themselves")
		case "namespaces":
			s.namespaces = value
		case "valid-after":
			s.after, err = parseTimestamp(value)
		case "valid-before":
			s.before, err = parseTimestamp(value)
		default:
			return allowedSigner{}, fmt.Errorf("%q is no option", name)
		}
		if err != nil {
			return allowedSigner{}, err
		}
	}
	if !s.after.IsZero() && !s.before.IsZero() && s.before.Before(s.after) {
		return allowedSigner{}, errors.New("valid-before is earlier than valid-after")
	}
	return s, nil
}

// cutField cuts the first field off, which may be in quotes.
func cutField(line string) (field, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		field, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("a quote is not closed")
		}
		return field, strings.TrimSpace(rest), nil
	}
	if at := strings.IndexAny(line, " \t"); at >= 0 {
		return line[:at], strings.TrimSpace(line[at:]), nil
	}
	return "", "", errors.New("there is no key on it")
}

// parseTimestamp reads YYYYMMDD and YYYYMMDDHHMM[SS], in the zone of the system
// unless a Z is behind it: so ssh-keygen has it.
func parseTimestamp(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(strings.ToUpper(text), "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	layouts := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}
	if layout, ok := layouts[len(digits)]; ok {
		if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write YYYYMMDD or YYYYMMDDHHMMSS, with a Z for UTC", text)
}

// allows tells why a signer's line does not hold for Git commits of a time;
// empty where it does.
func (s allowedSigner) allows(when time.Time) string {
	switch {
	case s.namespaces != "" && !matchList(s.namespaces, sshNamespace):
		return fmt.Sprintf("the key is allowed for %s, not for git", s.namespaces)
	case !s.after.IsZero() && when.Before(s.after):
		return fmt.Sprintf("the key is allowed from %s on", s.after.UTC().Format(time.RFC3339))
	case !s.before.IsZero() && when.After(s.before):
		return fmt.Sprintf("the key was allowed until %s", s.before.UTC().Format(time.RFC3339))
	}
	return ""
}

// matchList matches a comma-separated list of patterns with * and ?; one that
// matches behind an exclamation mark rules the name out.
func matchList(list, name string) bool {
	matched := false
	for pattern := range strings.SplitSeq(list, ",") {
		pattern, not := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
		if ok, _ := path.Match(pattern, name); !ok {
			continue
		}
		if not {
			return false
		}
		matched = true
	}
	return matched
}

func parseKeyring(data []byte) (keys openpgp.EntityList, err error) {
	defer recovered(&err)
	if !bytes.Contains(data, []byte("-----BEGIN PGP")) {
		if keys, err = openpgp.ReadKeyRing(bytes.NewReader(data)); err == nil && len(keys) == 0 {
			err = errors.New("it holds no key")
		}
		return keys, err
	}
	// Several armored blocks may stand one behind the other.
	for rest := data; ; {
		at := bytes.Index(rest, []byte("-----BEGIN PGP"))
		if at < 0 {
			break
		}
		rest = rest[at:]
		more, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(rest))
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
		rest = rest[len("-----BEGIN PGP"):]
	}
	return keys, nil
}

// recovered makes an error of a panic: the libraries below meet input that
// anybody may have written.
func recovered(err *error) {
	if bug := recover(); bug != nil {
		*err = fmt.Errorf("malformed: %v", bug)
	}
}

// sshNamespace is what Git signs for.
const sshNamespace = "git"

// signed is what a commit has of a signature.
type signed struct {
	signatures int // headers
	signature  []byte
	payload    []byte // what was signed
}

// errUnsigned says that a commit has no signature.
var errUnsigned = errors.New("it has no signature")

// signer names who signed a commit; an error that says why the signature is
// none to trust. A key has to be good at the time of the commit.
func (t *Trust) signer(c *Commit) (who string, err error) {
	defer recovered(&err)
	switch {
	case c.signatures == 0:
		return "", errUnsigned
	case c.signatures > 1:
		return "", errors.New("it has several signatures")
	case bytes.HasPrefix(c.signature, []byte(beginSSH)):
		return t.signerSSH(c)
	case bytes.HasPrefix(c.signature, []byte(beginPGP)), bytes.HasPrefix(c.signature, []byte("-----BEGIN PGP MESSAGE-----")):
		return t.signerPGP(c)
	case bytes.HasPrefix(c.signature, []byte("-----BEGIN SIGNED MESSAGE-----")):
		return "", errors.New("it is signed with an X.509 certificate, which Weir cannot check")
	}
	return "", errors.New("its signature is of no form that Git knows")
}

func (t *Trust) signerSSH(c *Commit) (string, error) {
	signature, err := sshsig.Unarmor(c.signature)
	if err != nil {
		return "", fmt.Errorf("its SSH signature cannot be read: %w", err)
	}
	fingerprint := ssh.FingerprintSHA256(signature.PublicKey)
	if signature.Namespace != sshNamespace {
		return "", fmt.Errorf("the signature by %s was made for %s, not for git", fingerprint, oneLine(fmt.Sprintf("%q", signature.Namespace)))
	}
	why := ""
	key := signature.PublicKey.Marshal()
	for _, s := range t.ssh {
		if !bytes.Equal(s.key, key) {
			continue
		}
		if reason := s.allows(c.Committer.When); reason != "" {
			why = reason
			continue
		}
		if err := sshsig.Verify(bytes.NewReader(c.payload), signature, signature.PublicKey, signature.HashAlgorithm, sshNamespace); err != nil {
			return "", fmt.Errorf("its signature is not one of this commit, made by %s: it was changed after it was signed", fingerprint)
		}
		return oneLine(s.principals) + " " + fingerprint, nil
	}
	if why != "" {
		return "", fmt.Errorf("it is signed by %s, but %s", fingerprint, why)
	}
	return "", fmt.Errorf("it is signed by the SSH key %s, which is not an allowed one", fingerprint)
}

func (t *Trust) signerPGP(c *Commit) (string, error) {
	block, err := armor.Decode(bytes.NewReader(c.signature))
	if err != nil {
		return "", fmt.Errorf("its OpenPGP signature cannot be read: %w", err)
	}
	// The key has to have been good when it signed, which is some time after the
	// moment that the commit bears.
	made, err := firstSignature(c.signature)
	if err != nil {
		return "", fmt.Errorf("its OpenPGP signature cannot be read: %w", err)
	}
	config := &packet.Config{Time: func() time.Time { return made.CreationTime }}
	signature, signer, err := openpgp.VerifyDetachedSignature(t.pgp, bytes.NewReader(c.payload), block.Body, config)
	name := "an unknown OpenPGP key"
	if made.IssuerKeyId != nil {
		name = fmt.Sprintf("the OpenPGP key %016X", *made.IssuerKeyId)
	}
	switch {
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return "", fmt.Errorf("it is signed by %s, which is not an allowed one", name)
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return "", fmt.Errorf("it is signed by %s, which had expired by then", name)
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return "", fmt.Errorf("its signature by %s, or that of the key itself, had expired by then", name)
	case errors.Is(err, pgperrors.ErrKeyRevoked), err == nil && revokedFor(signer, *signature.IssuerKeyId):
		return "", fmt.Errorf("it is signed by %s, which is revoked", name)
	case signer == nil || err != nil:
		return "", fmt.Errorf("its signature is not one of this commit, made by %s: it was changed after it was signed", name)
	}
	who := ""
	if identity := signer.PrimaryIdentity(); identity != nil {
		who = oneLine(identity.Name) + " "
	}
	return who + fmt.Sprintf("%X", signer.PrimaryKey.Fingerprint), nil
}

// revokedFor tells whether a key was revoked without a reason that leaves what
// it signed before as it is: whoever stole a key can write any date.
func revokedFor(e *openpgp.Entity, id uint64) bool {
	harmless := func(r *packet.Signature) bool {
		return r.RevocationReason != nil && (*r.RevocationReason == packet.KeySuperseded || *r.RevocationReason == packet.KeyRetired)
	}
	revocations := slices.Clone(e.Revocations)
	for _, sub := range e.Subkeys {
		if sub.PublicKey.KeyId == id {
			revocations = append(revocations, sub.Revocations...)
		}
	}
	return slices.ContainsFunc(revocations, func(r *packet.Signature) bool { return !harmless(r) })
}

// firstSignature reads a signature without checking it.
func firstSignature(armored []byte) (*packet.Signature, error) {
	block, err := armor.Decode(bytes.NewReader(armored))
	if err != nil {
		return nil, err
	}
	packets := packet.NewReader(block.Body)
	for {
		p, err := packets.Next()
		if err != nil {
			return nil, err
		}
		if s, ok := p.(*packet.Signature); ok {
			return s, nil
		}
	}
}

// AllowedSignersFile is the allowed signers file of Git's configuration; empty
// where it has none.
func AllowedSignersFile(ctx context.Context, r Repository, env func(string) string) (string, error) {
	dir := r.configDir()
	config, err := readSettings(ctx, dir, env)
	if err != nil {
		return "", err
	}
	file := expandHome(config.last("gpg.ssh.allowedsignersfile"), env)
	if file != "" && !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return file, nil
}
