// Package gituser gives a test a person: a home of their own with a Git
// configuration, and keys that real programs make for them. Nothing of the
// machine's user is seen or changed by what the test runs.
package gituser

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Home is the home of Ada <ada@example.com>, who has more in her Git
// configuration if there is any.
func Home(t *testing.T, config string) string {
	t.Helper()
	home, err := os.MkdirTemp("", "weir") // short: agents have their sockets below
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home + "/none", "GNUPGHOME": home + "/gnupg", "GIT_CONFIG_NOSYSTEM": "1",
		"SSH_AUTH_SOCK": "", "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "WEIR_SIGNING_KEY": "", "LC_ALL": "C",
	} {
		t.Setenv(name, value)
	}
	Configure(t, home, config)
	return home
}

// Configure replaces what a home has beside her name and address.
func Configure(t testing.TB, home, config string) {
	t.Helper()
	text := "[user]\n\tname = Ada\n\temail = ada@example.com\n" + config
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Run runs a program that has to succeed.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// SSHKey makes a key pair and returns the public line; the private half is in
// the file.
func SSHKey(t testing.TB, file, passphrase string) string {
	t.Helper()
	Run(t, "ssh-keygen", "-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f", file)
	data, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// PGPKey makes a key in GNUPGHOME and returns its fingerprint.
func PGPKey(t *testing.T, user string, more ...string) string {
	t.Helper()
	home := os.Getenv("GNUPGHOME")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(home+"/gpg-agent.conf", []byte("pinentry-program /bin/false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec.Command("gpgconf", "--kill", "all").Run() })
	args := []string{"--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""}
	Run(t, "gpg", append(append(args, more...), "--quick-gen-key", user, "ed25519", "sign", "never")...)
	list := Run(t, "gpg", "--with-colons", "--list-keys", user)
	match := regexp.MustCompile(`fpr:+([0-9A-F]{40}):`).FindStringSubmatch(list)
	if match == nil {
		t.Fatalf("no fingerprint:\n%s", list)
	}
	return match[1]
}
