// Package signing says who commits, how commits are signed, and whose signatures
// count, all of it as Git does: by its environment, its configuration and the
// programs that it runs.
//
// It never reads or writes a repository and never touches a private key: keys
// stay with ssh-keygen, gpg and their agents. What a commit is made of is
// engine/state's.
//
// To sign: Committer.In (identity.go) -> a Signer (program.go, then ssh.go or
// pgp.go). To check: NewTrust (trust.go) -> Trust.Verify (allowed_signers.go or
// keyring.go). Both take Git's configuration from settings.go.
package signing

import "context"

// Signer makes a detached, armored signature of a commit's content.
type Signer func(ctx context.Context, payload []byte) ([]byte, error)

// The first lines of the signatures that Git knows, but for X.509.
const (
	beginSSH = "-----BEGIN SSH SIGNATURE-----"
	beginPGP = "-----BEGIN PGP SIGNATURE-----"
)

// sshNamespace is what a signature of a commit by an SSH key is for.
const sshNamespace = "git"
