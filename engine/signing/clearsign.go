package signing

import (
	"bytes"
	"crypto"
	"errors"

	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
)

// VerifyText names who signed a clear-signed OpenPGP message, as Verify does, and
// returns the text that was signed: nothing of what stands around it. The key has
// to have been good when it signed.
func (t *Trust) VerifyText(message []byte) (text []byte, who string, err error) {
	defer recovered(&err)
	block, rest := clearsign.Decode(message)
	begin := bytes.LastIndex(message[:len(message)-len(rest)], []byte(beginPGP))
	if block == nil || begin < 0 {
		return nil, "", errors.New("it is no clear-signed OpenPGP message")
	}
	signature := message[begin : len(message)-len(rest)]
	if made, err := firstSignature(signature); err == nil && (made.Hash == crypto.SHA1 || made.Hash == crypto.MD5) {
		return nil, "", errors.New("its signature is over a hash that can be forged")
	}
	who, err = t.verifyPGP(Signed{Signature: signature, Payload: block.Bytes, of: "file"})
	return block.Plaintext, who, err
}
