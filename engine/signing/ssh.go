package signing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/weir-dev/weir/schema/diag"
)

// signSSH runs `ssh-keygen -Y sign` over files, the way that Git does and that
// programs in its place are made for.
func (p program) signSSH(ctx context.Context, payload []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "weir-sign-")
	if err != nil {
		return nil, fmt.Errorf("sign the commit: %w", err)
	}
	defer os.RemoveAll(dir)
	buffer := filepath.Join(dir, "commit")
	if err := os.WriteFile(buffer, payload, 0o600); err != nil {
		return nil, fmt.Errorf("sign the commit: %w", err)
	}
	args := []string{"-Y", "sign", "-n", sshNamespace}
	if literal, ok := literalKey(p.key); ok {
		file := filepath.Join(dir, "key")
		if err := os.WriteFile(file, []byte(literal+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("sign the commit: %w", err)
		}
		args = append(args, "-f", file, "-U") // the private half is in an agent
	} else {
		file := expandHome(p.key, p.env)
		if p.dir != "" && !filepath.IsAbs(file) {
			file = filepath.Join(p.dir, file)
		}
		if _, err := os.Stat(file); err != nil {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: "the SSH key to sign commits with is not there",
				Subject: diag.Range{File: file},
				Detail:  fmt.Sprintf("The system answered: %v. Nothing was committed.", errors.Unwrap(err)),
				Remedy:  "Correct user.signingKey of your Git configuration, --signing-key or " + signingKeyVariable + "; a key that is in an agent can be written as `key::` and its public half. --no-sign commits without a signature.",
			})
		}
		args = append(args, "-f", file)
	}
	_, complaint, err := p.run(ctx, nil, append(args, buffer)...)
	if err != nil {
		return nil, p.failed(ctx, complaint, err,
			"Install OpenSSH 8.2 or newer, or correct gpg.ssh.program of your Git configuration.",
			"Try it by hand: `echo x | ssh-keygen -Y sign -n git -f <key>`.", adviceSSH)
	}
	signature, err := os.ReadFile(buffer + ".sig")
	if err != nil || !bytes.HasPrefix(signature, []byte(beginSSH)) {
		return nil, p.refuse("The program ended well, but left no SSH signature.", "Check gpg.ssh.program of your Git configuration.")
	}
	return signature, nil
}

var adviceSSH = []advice{
	{[]string{"usage:", "unknown option", "illegal option"}, "Install OpenSSH 8.2 or newer: older ones do not sign."},
	{[]string{"passphrase"}, "The key has a passphrase and there was nobody to type it: load the key into an agent with `ssh-add` first."},
	{[]string{"agent", "Couldn't find key", "No private key found"}, "The private half of the key is expected in an SSH agent: see `ssh-add -L` for what is there, and SSH_AUTH_SOCK."},
	{[]string{"invalid format", "Couldn't load public key", "error in libcrypto"}, "The file is no SSH key: correct user.signingKey of your Git configuration, --signing-key or " + signingKeyVariable + "."},
	{[]string{"UNPROTECTED", "bad permissions"}, "Let nobody but its owner read the key: chmod 600."},
}
