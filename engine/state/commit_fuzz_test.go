package state

import (
	"bytes"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/signing"
)

// FuzzCommit holds that no commit that somebody pushes makes the reader or the
// check of its signature panic, and that what is signed is all of it but the
// signature.
func FuzzCommit(f *testing.F) {
	const plain = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 -0130\n"
	f.Add([]byte(plain+"\nsubject\n"), false)
	f.Add([]byte(plain+"gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lHAAAAAQ==\n -----END SSH SIGNATURE-----\n\nsubject\n"), false)
	f.Add([]byte(plain+"gpgsig -----BEGIN PGP SIGNATURE-----\n \n wsBc\n -----END PGP SIGNATURE-----\ngpgsig-sha256 x\n\nsubject\n"), true)
	f.Add([]byte("tree x"), true)
	allowed := []byte("a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAo3D7CGN01tTYY/dLKXEv8RxRyxa32c51X0uKMhnMab\n")
	trust, err := signing.NewTrust([]signing.TrustFile{{Data: allowed}}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, crlf bool) {
		if crlf {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		c, err := parseCommit(data)
		if err != nil {
			return
		}
		if who, err := trust.Verify(c.signed, c.Committer.When); err == nil {
			t.Fatalf("signed by %s", who)
		}
		if c.signed.Signatures == 0 {
			return
		}
		var rest bytes.Buffer
		inside := false
		head, body, cut := bytes.Cut(data, []byte("\n\n"))
		for line := range strings.Lines(string(head) + "\n") {
			name, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			inside = name == "gpgsig" || name == "gpgsig-sha256" || inside && name == ""
			if !inside {
				rest.WriteString(line)
			}
		}
		if cut {
			rest.WriteString("\n" + string(body))
		}
		if want := strings.TrimSuffix(rest.String(), "\n"); want != strings.TrimSuffix(string(c.signed.Payload), "\n") {
			t.Fatalf("signed: %q\nof: %q", c.signed.Payload, data)
		}
	})
}
