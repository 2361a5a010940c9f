package signing

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// TestBrokenAlgorithm has signatures that no ssh-keygen of today makes: good
// ones, by an allowed key, over SHA-1.
func TestBrokenAlgorithm(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	trust := &Trust{ssh: []allowedSigner{{principals: "ada", key: signer.PublicKey().Marshal()}}}
	payload := []byte("commit")
	hash := sha512.Sum512(payload)
	signed := append([]byte("SSHSIG"), ssh.Marshal(struct{ Namespace, Reserved, HashAlgorithm, Hash string }{"git", "", "sha512", string(hash[:])})...)
	for algorithm, want := range map[string]string{
		ssh.KeyAlgoRSASHA512: "",
		ssh.KeyAlgoRSA:       `its SSH signature cannot be read: invalid signature format "ssh-rsa"`,
	} {
		signature, err := signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, signed, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		armored := sshsig.Armor(&sshsig.Signature{
			Version: 1, PublicKey: signer.PublicKey(), Namespace: "git", HashAlgorithm: sshsig.HashSHA512, Signature: signature,
		})
		who, err := trust.Verify(Signed{Signatures: 1, Signature: armored, Payload: payload}, time.Unix(1, 0))
		switch {
		case want == "" && (err != nil || !strings.HasPrefix(who, "ada SHA256:")):
			t.Errorf("%s: %q %v", algorithm, who, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %q %v", algorithm, who, err)
		}
	}
}
