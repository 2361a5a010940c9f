package signing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

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
				Detail:  diag.Sentence(strings.TrimPrefix(err.Error(), "openpgp: ")),
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

// recovered makes an error of a panic: the libraries below meet input that
// anybody may have written.
func recovered(err *error) {
	if bug := recover(); bug != nil {
		*err = fmt.Errorf("malformed: %v", bug)
	}
}

// Signed is what a commit has of a signature.
type Signed struct {
	Signatures int    // how many it has
	Signature  []byte // armored
	Payload    []byte // what was signed: the commit without it

	of string // what it is, for messages; empty: a commit
}

// ErrUnsigned says that a commit has no signature.
var ErrUnsigned = errors.New("it has no signature")

// Verify names who signed a commit of a time, in words of the keys' owners; an
// error that says why the signature is none to trust. A key has to be good at
// the time of the commit.
func (t *Trust) Verify(s Signed, when time.Time) (who string, err error) {
	defer recovered(&err)
	switch {
	case s.Signatures == 0:
		return "", ErrUnsigned
	case s.Signatures > 1:
		return "", errors.New("it has several signatures")
	case bytes.HasPrefix(s.Signature, []byte(beginSSH)):
		return t.verifySSH(s, when)
	case bytes.HasPrefix(s.Signature, []byte(beginPGP)), bytes.HasPrefix(s.Signature, []byte("-----BEGIN PGP MESSAGE-----")):
		return t.verifyPGP(s)
	case bytes.HasPrefix(s.Signature, []byte("-----BEGIN SIGNED MESSAGE-----")):
		return "", errors.New("it is signed with an X.509 certificate, which Weir cannot check")
	}
	return "", errors.New("its signature is of no form that Git knows")
}

// AllowedSignersFile is the allowed signers file of Git's configuration, which is
// read as for Committer.In; empty where it has none.
func AllowedSignersFile(ctx context.Context, dir string, env func(string) string) (string, error) {
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
