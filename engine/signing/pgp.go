package signing

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// signPGP runs gpg, which tells on a status channel whether it really signed.
func (p program) signPGP(ctx context.Context, payload []byte) ([]byte, error) {
	signature, complaint, err := p.run(ctx, payload, "--status-fd=2", "-bsau", p.key)
	if err != nil {
		return nil, p.failed(ctx, complaint, err,
			"Install GnuPG, or correct gpg.program of your Git configuration, or sign with an SSH key.",
			fmt.Sprintf("Try it by hand: `echo x | %s -bsau '%s'`.", filepath.Base(p.name), p.key), p.advicePGP())
	}
	if !strings.Contains("\n"+complaint, "\n[GNUPG:] SIG_CREATED ") || !bytes.HasPrefix(signature, []byte(beginPGP)) {
		return nil, p.refuse("The program ended well, but made no armored signature.", "Check gpg.program of your Git configuration.")
	}
	return signature, nil
}

func (p program) advicePGP() []advice {
	return []advice{
		{[]string{"Unusable secret key", "KEYEXPIRED"},
			"The key has expired, is revoked, or is not one for signing: see `gpg --list-secret-keys`. Renew it with `gpg --quick-set-expire`, or sign with another one."},
		{[]string{"INV_SGNR", "No secret key", "secret key not available"},
			fmt.Sprintf("There is no secret key for %q: see `gpg --list-secret-keys`, and correct user.signingKey of your Git configuration, --signing-key or %s.", p.key, signingKeyVariable)},
		{[]string{"Inappropriate ioctl", "No pinentry", "No such device", "Screen or window too small", "Bad passphrase", "Operation cancelled", "Timeout", "No passphrase given", "Not a tty", "END_OF_FILE", "PINENTRY_LAUNCHED", "End of file"},
			"The key is locked and nobody could be asked for its passphrase: on a terminal set GPG_TTY=$(tty), elsewhere unlock the key first with gpg-preset-passphrase, or use a key without one."},
		{[]string{"agent"},
			"The agent does not answer: try `gpgconf --kill gpg-agent`, and see that GNUPGHOME belongs to this user."},
	}
}
