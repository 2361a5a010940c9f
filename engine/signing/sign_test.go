package signing_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/integration/gituser"
	"github.com/weir-dev/weir/schema/diag"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file in testdata; with -update it becomes got.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		writeFile(t, path, got, 0o644)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, name, got, string(data))
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func writeFile(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// refused renders what a person would read of an error.
func refused(t *testing.T, err error) string {
	t.Helper()
	list, ok := diag.Refused(err)
	if !ok {
		t.Fatalf("no diagnostics, but: %v", err)
	}
	var b strings.Builder
	for _, d := range list {
		if d.Summary == "" || d.Remedy == "" {
			t.Errorf("not a whole diagnostic: %+v", d)
		}
		fmt.Fprintf(&b, "%s: %s\n  %s\n  %s\n", d.Subject.File, d.Summary, d.Detail, d.Remedy)
	}
	return b.String()
}

// git runs the real Git in a directory, with nobody's configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// repository makes a new one.
func repository(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	return dir
}

// commit makes a commit in a repository and gives it to Git.
func commit(t *testing.T, dir string, who *signing.Committer) error {
	t.Helper()
	ctx := context.Background()
	if who.Env == nil {
		who.Env = os.Getenv
	}
	who.Now = time.Unix(1767225600, 0).UTC()
	by, sign, err := who.In(ctx, dir)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor %s\ncommitter %s\n", by.Author, by.Committer)
	const message = "\nsubject\n"
	if sign != nil {
		signature, err := sign(ctx, []byte(head+message))
		if err != nil {
			return err
		}
		lines := strings.ReplaceAll(strings.TrimSpace(string(signature)), "\r", "")
		head += "gpgsig " + strings.ReplaceAll(lines, "\n", "\n ") + "\n"
	}
	write := exec.Command("git", "-C", dir, "hash-object", "-t", "commit", "-w", "--stdin")
	write.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
	write.Stdin = strings.NewReader(head + message)
	id, err := write.Output()
	if err != nil {
		t.Fatal(err)
	}
	git(t, dir, "update-ref", "HEAD", string(bytes.TrimSpace(id)))
	return nil
}

// signature is what Git says of the last commit's.
func signature(t *testing.T, dir string, config ...string) string {
	t.Helper()
	var args []string
	for _, c := range config {
		args = append(args, "-c", c)
	}
	git(t, dir, append(args, "verify-commit", "HEAD")...)
	return git(t, dir, append(args, "log", "-1", "--format=%G? %GS")...)
}

func TestSignSSH(t *testing.T) {
	const base = "[gpg]\n\tformat = ssh\n[commit]\n\tgpgsign = true\n"
	home := gituser.Home(t, base)
	public := gituser.SSHKey(t, home+"/key", "")
	writeFile(t, home+"/allowed", "ada@example.com "+public+"\n", 0o644)
	allowed := "gpg.ssh.allowedSignersFile=" + home + "/allowed"
	agent := func(t *testing.T) {
		socket := home + "/agent"
		cmd := exec.Command("ssh-agent", "-D", "-a", socket)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); os.Remove(socket) })
		t.Setenv("SSH_AUTH_SOCK", socket)
		for try := 0; ; try++ {
			out, err := exec.Command("ssh-add", "-q", home+"/key").CombinedOutput()
			if err == nil {
				return
			}
			if try == 1000 {
				t.Fatalf("ssh-add: %v %s", err, out)
			}
			time.Sleep(time.Millisecond) // until it listens
		}
	}
	tests := []struct {
		name   string
		config string
		key    string // --signing-key
		env    map[string]string
		do     func(*testing.T)
	}{
		{name: "a file", config: "[user]\n\tsigningkey = " + home + "/key\n"},
		{name: "a public key's file, the other half beside it", config: "[user]\n\tsigningkey = " + home + "/key.pub\n"},
		{name: "a file at home", config: "[user]\n\tsigningkey = ~/key\n"},
		{name: "literal, in an agent", config: "[user]\n\tsigningkey = key::" + public + "\n", do: agent},
		{name: "literal without a prefix", config: "[user]\n\tsigningkey = " + public + "\n", do: agent},
		{name: "default key command", config: "[gpg \"ssh\"]\n\tdefaultKeyCommand = echo \\\"key::" + public + "\\\"\n", do: agent},
		{name: "the flag", key: home + "/key"},
		{name: "the flag against no signing", key: home + "/key", config: "[commit]\n\tgpgsign = false\n"},
		{name: "the flag against another format", key: home + "/key", config: "[gpg]\n\tformat = openpgp\n"},
		{name: "the environment", env: map[string]string{"WEIR_SIGNING_KEY": "~/key"}, config: "[user]\n\tsigningkey = /none\n"},
		{name: "Git's environment", env: map[string]string{"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.signingKey", "GIT_CONFIG_VALUE_0": home + "/key"}},
		{name: "an included file", config: "[include]\n\tpath = signing\n", do: func(t *testing.T) {
			writeFile(t, home+"/signing", "[user]\n\tsigningkey = "+home+"/key\n", 0o644)
		}},
		{name: "a program in its place", config: "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = ~/program\n", do: func(t *testing.T) {
			writeFile(t, home+"/program", "#!/bin/sh\nfor last; do :; done\nssh-keygen \"$@\" && sed -i 's/$/\\r/' \"$last.sig\"\n", 0o755)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gituser.Configure(t, home, base+test.config)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			if test.do != nil {
				test.do(t)
			}
			dir := repository(t)
			if err := commit(t, dir, &signing.Committer{SigningKey: test.key}); err != nil {
				t.Fatal(err)
			}
			same(t, "signature", signature(t, dir, allowed), "G ada@example.com\n")
		})
	}
	t.Run("the repository's key, relative to it", func(t *testing.T) {
		gituser.Configure(t, home, base)
		dir := repository(t)
		git(t, dir, "config", "user.signingkey", ".git/key")
		for _, name := range []string{"key", "key.pub"} {
			data, err := os.ReadFile(filepath.Join(home, name))
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(dir, ".git", name), string(data), 0o600)
		}
		if err := commit(t, dir, &signing.Committer{}); err != nil {
			t.Fatal(err)
		}
		same(t, "signature", signature(t, dir, allowed), "G ada@example.com\n")
	})
}

func TestSignPGP(t *testing.T) {
	const base = "[commit]\n\tgpgsign\n"
	home := gituser.Home(t, base)
	fingerprint := gituser.PGPKey(t, "Ada <ada@example.com>")
	for name, set := range map[string]string{
		"the committer's":      "",
		"by fingerprint":       "[user]\n\tsigningkey = " + fingerprint + "\n",
		"by address":           "[user]\n\tsigningkey = ada@example.com\n",
		"gpg by another name":  "[gpg]\n\tprogram = /none\n[gpg \"openpgp\"]\n\tprogram = /usr/bin/env gpg\n",
		"the format spelt out": "[gpg]\n\tformat = openpgp\n",
	} {
		if strings.Contains(set, "env gpg") {
			program, err := exec.LookPath("gpg")
			if err != nil {
				t.Fatal(err)
			}
			set = strings.Replace(set, "/usr/bin/env gpg", program, 1)
		}
		t.Run(name, func(t *testing.T) {
			gituser.Configure(t, home, base+set)
			dir := repository(t)
			if err := commit(t, dir, &signing.Committer{}); err != nil {
				t.Fatal(err)
			}
			same(t, "signature", signature(t, dir), "G Ada <ada@example.com>\n")
		})
	}
}

// TestSignManyAtOnce signs for many clusters with one key.
func TestSignManyAtOnce(t *testing.T) {
	gituser.Home(t, "[commit]\n\tgpgsign = true\n")
	gituser.PGPKey(t, "Ada <ada@example.com>")
	who := &signing.Committer{Env: os.Getenv, Now: time.Unix(1767225600, 0)}
	signatures := make([]string, 12)
	errs := make([]error, len(signatures))
	var group sync.WaitGroup
	for i := range signatures {
		group.Go(func() {
			_, sign, err := who.In(context.Background(), "")
			if err != nil {
				errs[i] = err
				return
			}
			made, err := sign(context.Background(), []byte("commit"))
			signatures[i], errs[i] = string(made), err
		})
	}
	group.Wait()
	for i, made := range signatures {
		if errs[i] != nil || !strings.HasPrefix(made, "-----BEGIN PGP SIGNATURE-----") {
			t.Errorf("%q %v", made, errs[i])
		}
	}
}

// TestCannotSign holds that what was to be signed is never committed without.
func TestCannotSign(t *testing.T) {
	const asked = "[commit]\n\tgpgsign = true\n"
	const ssh = asked + "[gpg]\n\tformat = ssh\n"
	home := gituser.Home(t, "")
	gituser.SSHKey(t, home+"/key", "")
	gituser.SSHKey(t, home+"/locked", "a passphrase")
	public := gituser.SSHKey(t, home+"/absent", "")
	writeFile(t, home+"/text", "no key\n", 0o600)
	gituser.PGPKey(t, "Ada <ada@example.com>")
	gituser.PGPKey(t, "Locked <locked@example.com>", "--passphrase", "a passphrase")
	gituser.Run(t, "gpg", "--batch", "--quiet", "--faked-system-time", "20200101T000000", "--pinentry-mode", "loopback", "--passphrase", "",
		"--quick-gen-key", "Old <old@example.com>", "ed25519", "sign", "1d")
	gituser.Run(t, "gpgconf", "--kill", "gpg-agent") // it would remember
	script := func(name, text string) string {
		writeFile(t, home+"/"+name, "#!/bin/sh\n"+text+"\n", 0o755)
		return home + "/" + name
	}
	text := ""
	for _, test := range []struct {
		name, config string
		who          *signing.Committer
	}{
		{"X.509", asked + "[gpg]\n\tformat = x509\n", &signing.Committer{}},
		{"unknown format", asked + "[gpg]\n\tformat = pgp\n", &signing.Committer{}},
		{"neither true nor false", "[commit]\n\tgpgsign = maybe\n", &signing.Committer{}},
		{"broken configuration", "[commit\n", &signing.Committer{}},
		{"no SSH key named", ssh, &signing.Committer{}},
		{"no such file", ssh + "[user]\n\tsigningkey = ~/none\n", &signing.Committer{}},
		{"a file that is no key", ssh + "[user]\n\tsigningkey = ~/text\n", &signing.Committer{}},
		{"a locked SSH key", ssh + "[user]\n\tsigningkey = ~/locked\n", &signing.Committer{}},
		{"a key that no agent has", ssh + "[user]\n\tsigningkey = key::" + public + "\n", &signing.Committer{}},
		{"no ssh-keygen", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = /none/ssh-keygen\n", &signing.Committer{}},
		{"old ssh-keygen", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = " + script("old", "echo 'unknown option -- Y' >&2; echo 'usage: ssh-keygen' >&2; exit 1") + "\n", &signing.Committer{}},
		{"an SSH program that lies", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = /bin/true\n", &signing.Committer{}},
		{"default key command fails", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = " + script("keys", "echo 'no agent' >&2; exit 2") + "\n", &signing.Committer{}},
		{"default key command prints something else", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = echo 'The agent has no identities.'\n", &signing.Committer{}},
		{"default key command without an end", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = \"echo 'x\"\n", &signing.Committer{}},
		{"no secret key", asked + "[user]\n\tsigningkey = eve@example.com\n", &signing.Committer{}},
		{"no secret key of the flag", "", &signing.Committer{SigningKey: "0123456789ABCDEF"}},
		{"an expired key", asked + "[user]\n\tsigningkey = old@example.com\n", &signing.Committer{}},
		{"a locked OpenPGP key", asked + "[user]\n\tsigningkey = locked@example.com\n", &signing.Committer{}},
		{"no gpg", asked + "[gpg]\n\tprogram = none-such-gpg\n", &signing.Committer{}},
		{"a gpg that lies", asked + "[gpg]\n\tprogram = /bin/true\n", &signing.Committer{}},
		{"a gpg that fails", asked + "[gpg]\n\tprogram = " + script("gpg", "echo 'gpg: out of luck' >&2; exit 2") + "\n", &signing.Committer{}},
		{"no author", "", &signing.Committer{Author: "Ann"}},
		{"half an author", "", &signing.Committer{Author: "Ann <ann@example.com"}},
	} {
		gituser.Configure(t, home, test.config)
		dir := repository(t)
		err := commit(t, dir, test.who)
		if err == nil {
			t.Errorf("%s: committed", test.name)
			continue
		}
		text += "# " + test.name + "\n" + strings.ReplaceAll(strings.ReplaceAll(refused(t, err), dir, "$STATE"), home, "$HOME") + "\n"
	}
	golden(t, "cannot-sign.txt", text)
}

func TestNoSign(t *testing.T) {
	gituser.Home(t, "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /none\n")
	dir := repository(t)
	if err := commit(t, dir, &signing.Committer{NoSign: true, SigningKey: "x", Author: "Ann Author <ann@example.com>"}); err != nil {
		t.Fatal(err)
	}
	same(t, "commit", git(t, dir, "log", "--format=%G? %an <%ae>, %cn <%ce>"), "N Ann Author <ann@example.com>, Ada <ada@example.com>\n")
}
