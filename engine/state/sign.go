package state

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Signer makes a detached, armored signature of a commit's content. It is called
// before anything of the commit is written; its error keeps the commit from
// being made.
type Signer func(ctx context.Context, payload []byte) ([]byte, error)

// The first lines of the signatures that Git knows, but for X.509.
const (
	beginSSH = "-----BEGIN SSH SIGNATURE-----"
	beginPGP = "-----BEGIN PGP SIGNATURE-----"
)

// signatureHeader is where a commit with a SHA-1 id keeps its signature.
const signatureHeader = "gpgsig"

// encodeCommit is the content of a commit, signed if the record asks for it; the
// parent is zero for the first.
func encodeCommit(ctx context.Context, tree, parent plumbing.Hash, record Record) ([]byte, error) {
	var head strings.Builder
	fmt.Fprintf(&head, "tree %s\n", tree)
	if !parent.IsZero() {
		fmt.Fprintf(&head, "parent %s\n", parent)
	}
	fmt.Fprintf(&head, "author %s\ncommitter %s\n", record.Who.Author, record.Who.Committer)
	body := "\n" + record.Message
	if !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	if record.Sign == nil {
		return []byte(head.String() + body), nil
	}
	signature, err := record.Sign(ctx, []byte(head.String()+body))
	if err != nil {
		return nil, err
	}
	// Git keeps a signature behind all other headers, its lines indented.
	signature = bytes.TrimRight(bytes.ReplaceAll(signature, []byte("\r\n"), []byte("\n")), "\n")
	if len(signature) == 0 {
		return nil, fmt.Errorf("sign the commit: the signature is empty")
	}
	fmt.Fprintf(&head, "%s %s\n", signatureHeader, bytes.ReplaceAll(signature, []byte("\n"), []byte("\n ")))
	return []byte(head.String() + body), nil
}
