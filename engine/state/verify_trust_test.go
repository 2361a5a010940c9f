package state

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"strings"
	"testing"

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
	head := "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n"
	const body = "\nsubject\n"
	hash := sha512.Sum512([]byte(head + body))
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
		lines := strings.ReplaceAll(strings.TrimSpace(string(armored)), "\n", "\n ")
		c, err := parseCommit([]byte(head + "gpgsig " + lines + "\n" + body))
		if err != nil {
			t.Fatal(err)
		}
		who, err := trust.signer(c)
		switch {
		case want == "" && (err != nil || !strings.HasPrefix(who, "ada SHA256:")):
			t.Errorf("%s: %q %v", algorithm, who, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %q %v", algorithm, who, err)
		}
	}
}
