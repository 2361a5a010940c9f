package signing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/schema/diag"
)

func TestBadTrust(t *testing.T) {
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab"
	_, err := signing.NewTrust([]signing.TrustFile{{Name: "allowed_signers", Data: []byte(strings.Join([]string{
		"ada " + key, "# fine", "ada", "ada ssh-ed25519 x", "\"ada " + key, "ada cert-authority " + key, "ada no-pty " + key,
		"ada valid-after=\"yesterday\" " + key, "ada valid-after=\"20270101\",valid-before=\"20260101\" " + key,
	}, "\n"))}}, []signing.TrustFile{{Name: "empty.gpg"}, {Name: "text.gpg", Data: []byte("no key\n")}, {Name: "armored.asc", Data: []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx\n-----END PGP PUBLIC KEY BLOCK-----\n")}})
	if err == nil {
		t.Fatal("accepted")
	}
	found, _ := diag.Refused(err)
	text := ""
	for _, d := range found {
		text += fmt.Sprintf("%s:%d: %s\n  %s\n", d.Subject.File, d.Subject.Start.Line, d.Summary, d.Detail)
	}
	golden(t, "bad-trust.txt", text)
}

// FuzzTrust holds that no allowed signers file, keyring or commit makes it panic.

func FuzzTrust(f *testing.F) {
	f.Add([]byte("ada namespaces=\"git\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab"), []byte("\x99\x00"))
	f.Add([]byte("\"a b\" valid-before=20200101 sk-ssh-ed25519@openssh.com x"), []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEZ"))
	f.Fuzz(func(t *testing.T, allowed, keyring []byte) {
		_, err := signing.NewTrust([]signing.TrustFile{{Name: "a", Data: allowed}}, []signing.TrustFile{{Name: "k", Data: keyring}})
		if _, ok := diag.Refused(err); err != nil && !ok {
			t.Errorf("no diagnostic: %v", err)
		}
	})
}
