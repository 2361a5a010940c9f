package signing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

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

func (t *Trust) verifyPGP(c Signed) (string, error) {
	block, err := armor.Decode(bytes.NewReader(c.Signature))
	if err != nil {
		return "", fmt.Errorf("its OpenPGP signature cannot be read: %w", err)
	}
	// The key has to have been good when it signed, which is some time after the
	// moment that the commit bears.
	made, err := firstSignature(c.Signature)
	if err != nil {
		return "", fmt.Errorf("its OpenPGP signature cannot be read: %w", err)
	}
	config := &packet.Config{Time: func() time.Time { return made.CreationTime }}
	signature, signer, err := openpgp.VerifyDetachedSignature(t.pgp, bytes.NewReader(c.Payload), block.Body, config)
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
		return "", fmt.Errorf("its signature is not one of this %s, made by %s: it was changed after it was signed", cmp.Or(c.of, "commit"), name)
	}
	who := ""
	if identity := signer.PrimaryIdentity(); identity != nil {
		who = identity.Name + " "
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
