package state_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// person gives the test a home of its own, with a Git configuration.
func person(t *testing.T, config string) (home string) {
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
	writeFile(t, home+"/.gitconfig", "[user]\n\tname = Ada\n\temail = ada@example.com\n"+config)
	return home
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// sshKey makes a key pair and returns the private file and the public line.
func sshKey(t testing.TB, file, passphrase string, more ...string) string {
	t.Helper()
	run(t, "ssh-keygen", append([]string{"-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f", file}, more...)...)
	data, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// pgpKey makes a key in GNUPGHOME and returns its fingerprint.
func pgpKey(t *testing.T, user string, more ...string) string {
	t.Helper()
	home := os.Getenv("GNUPGHOME")
	mkdir(t, home)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, home+"/gpg-agent.conf", "pinentry-program /bin/false\n")
	t.Cleanup(func() { exec.Command("gpgconf", "--kill", "all").Run() })
	args := []string{"--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""}
	run(t, "gpg", append(append(args, more...), "--quick-gen-key", user, "ed25519", "sign", "never")...)
	list := run(t, "gpg", "--with-colons", "--list-keys", user)
	match := regexp.MustCompile(`fpr:+([0-9A-F]{40}):`).FindStringSubmatch(list)
	if match == nil {
		t.Fatalf("no fingerprint:\n%s", list)
	}
	return match[1]
}

// commitAs is a run by a committer.
func commitAs(t *testing.T, at state.Location, who *state.Committer, wants ...want) (state.Result, error) {
	t.Helper()
	ctx := context.Background()
	r, head := open(t, at)
	stage := state.NewStage(head)
	for _, w := range wants {
		w(t, stage)
	}
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if who.Env == nil {
		who.Env = os.Getenv
	}
	who.Now = time.Unix(1767225600, 0).UTC()
	record, err := who.Record(ctx, r, state.Message{Version: "1.2.3"}.Text(c))
	if err != nil {
		return state.Result{}, err
	}
	return r.Commit(ctx, c, record)
}

// signature is what Git says of the last commit's.
func signature(t *testing.T, at state.Location, config ...string) string {
	t.Helper()
	var args []string
	for _, c := range config {
		args = append(args, "-c", c)
	}
	if out, err := tryGit(at, append(args, "verify-commit", "HEAD")...); err != nil {
		t.Errorf("git verify-commit: %v\n%s", err, out)
	}
	return git(t, at, append(args, "log", "-1", "--format=%G? %GS", "HEAD")...)
}

func TestSignSSH(t *testing.T) {
	home := person(t, "[gpg]\n\tformat = ssh\n[commit]\n\tgpgsign = true\n")
	public := sshKey(t, home+"/key", "")
	writeFile(t, home+"/allowed", "ada@example.com "+public+"\n")
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
			writeFile(t, home+"/signing", "[user]\n\tsigningkey = "+home+"/key\n")
		}},
		{name: "a program in its place", config: "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = ~/program\n", do: func(t *testing.T) {
			writeFile(t, home+"/program", "#!/bin/sh\nfor last; do :; done\nssh-keygen \"$@\" && sed -i 's/$/\\r/' \"$last.sig\"\n")
			if err := os.Chmod(home+"/program", 0o755); err != nil {
				t.Fatal(err)
			}
		}},
	}
	before, err := os.ReadFile(home + "/.gitconfig")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			writeFile(t, home+"/.gitconfig", string(before)+test.config)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			if test.do != nil {
				test.do(t)
			}
			at := place(t)
			for i := range 2 { // the first commit has no parent
				if _, err := commitAs(t, at, &state.Committer{SigningKey: test.key}, put(release(t, "dev/web", "1", config(t, "x", "a", fmt.Sprint(i))))); err != nil {
					t.Fatal(err)
				}
				same(t, "signature", signature(t, at, allowed), "G ada@example.com\n")
			}
			sound(t, at)
			same(t, "headers", regexp.MustCompile(`(?m)^[^ \n]+`).FindAllString(strings.SplitN(git(t, at, "cat-file", "commit", "HEAD"), "\n\n", 2)[0], -1),
				[]string{"tree", "parent", "author", "committer", "gpgsig"})
		})
	}
	t.Run("the repository's key, relative to it", func(t *testing.T) {
		writeFile(t, home+"/.gitconfig", string(before))
		at := place(t)
		first(t, at)
		git(t, at, "config", "user.signingkey", ".git/key")
		for _, name := range []string{"key", "key.pub"} {
			data, err := os.ReadFile(filepath.Join(home, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at.Dir, ".git", name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "b", "1")))); err != nil {
			t.Fatal(err)
		}
		same(t, "signature", signature(t, at, allowed), "G ada@example.com\n")
	})
}

func TestSignPGP(t *testing.T) {
	home := person(t, "[commit]\n\tgpgsign\n")
	fingerprint := pgpKey(t, "Ada <ada@example.com>")
	before, err := os.ReadFile(home + "/.gitconfig")
	if err != nil {
		t.Fatal(err)
	}
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
			writeFile(t, home+"/.gitconfig", string(before)+set)
			at := place(t)
			if _, err := commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "1")))); err != nil {
				t.Fatal(err)
			}
			same(t, "signature", signature(t, at), "G Ada <ada@example.com>\n")
			if shown := git(t, at, "log", "--show-signature"); !strings.Contains(shown, `Good signature from "Ada <ada@example.com>"`) {
				t.Errorf("git log --show-signature:\n%s", shown)
			}
			sound(t, at)
		})
	}
}

// TestSignManyAtOnce signs for many clusters with one key.
func TestSignManyAtOnce(t *testing.T) {
	person(t, "[commit]\n\tgpgsign = true\n")
	pgpKey(t, "Ada <ada@example.com>")
	who := &state.Committer{Env: os.Getenv, Now: time.Unix(1767225600, 0)}
	places := make([]state.Location, 12)
	for i := range places {
		places[i] = place(t)
	}
	errs := make([]error, len(places))
	r := release(t, "dev/web", "1", config(t, "x", "a", "1"))
	var group sync.WaitGroup
	for i, at := range places {
		group.Go(func() { errs[i] = commitOne(at, who, r) })
	}
	group.Wait()
	for i, at := range places {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		same(t, "signature", signature(t, at), "G Ada <ada@example.com>\n")
	}
}

func commitOne(at state.Location, who *state.Committer, release state.Release) error {
	ctx := context.Background()
	r, err := state.Open(ctx, at)
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := r.Head(ctx)
	if err != nil {
		return err
	}
	stage := state.NewStage(head)
	if err := stage.Put(release); err != nil {
		return err
	}
	c, err := stage.Plan()
	if err != nil {
		return err
	}
	record, err := who.Record(ctx, r, "x")
	if err != nil {
		return err
	}
	_, err = r.Commit(ctx, c, record)
	return err
}

// TestCannotSign holds that what was to be signed is never committed without.
func TestCannotSign(t *testing.T) {
	const asked = "[commit]\n\tgpgsign = true\n"
	const ssh = asked + "[gpg]\n\tformat = ssh\n"
	home := person(t, "")
	sshKey(t, home+"/key", "")
	sshKey(t, home+"/locked", "a passphrase")
	public := sshKey(t, home+"/absent", "")
	writeFile(t, home+"/text", "no key\n")
	if err := os.Chmod(home+"/text", 0o600); err != nil {
		t.Fatal(err)
	}
	pgpKey(t, "Ada <ada@example.com>")
	pgpKey(t, "Locked <locked@example.com>", "--passphrase", "a passphrase")
	run(t, "gpg", "--batch", "--quiet", "--faked-system-time", "20200101T000000", "--pinentry-mode", "loopback", "--passphrase", "",
		"--quick-gen-key", "Old <old@example.com>", "ed25519", "sign", "1d")
	run(t, "gpgconf", "--kill", "gpg-agent") // it would remember
	script := func(name, text string) string {
		writeFile(t, home+"/"+name, "#!/bin/sh\n"+text+"\n")
		if err := os.Chmod(home+"/"+name, 0o755); err != nil {
			t.Fatal(err)
		}
		return home + "/" + name
	}
	before, err := os.ReadFile(home + "/.gitconfig")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, test := range []struct {
		name, config string
		who          *state.Committer
	}{
		{"X.509", asked + "[gpg]\n\tformat = x509\n", &state.Committer{}},
		{"unknown format", asked + "[gpg]\n\tformat = pgp\n", &state.Committer{}},
		{"neither true nor false", "[commit]\n\tgpgsign = maybe\n", &state.Committer{}},
		{"broken configuration", "[commit\n", &state.Committer{}},
		{"no SSH key named", ssh, &state.Committer{}},
		{"no such file", ssh + "[user]\n\tsigningkey = ~/none\n", &state.Committer{}},
		{"a file that is no key", ssh + "[user]\n\tsigningkey = ~/text\n", &state.Committer{}},
		{"a locked SSH key", ssh + "[user]\n\tsigningkey = ~/locked\n", &state.Committer{}},
		{"a key that no agent has", ssh + "[user]\n\tsigningkey = key::" + public + "\n", &state.Committer{}},
		{"no ssh-keygen", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = /none/ssh-keygen\n", &state.Committer{}},
		{"old ssh-keygen", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = " + script("old", "echo 'unknown option -- Y' >&2; echo 'usage: ssh-keygen' >&2; exit 1") + "\n", &state.Committer{}},
		{"an SSH program that lies", ssh + "[user]\n\tsigningkey = ~/key\n[gpg \"ssh\"]\n\tprogram = /bin/true\n", &state.Committer{}},
		{"default key command fails", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = " + script("keys", "echo 'no agent' >&2; exit 2") + "\n", &state.Committer{}},
		{"default key command prints something else", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = echo 'The agent has no identities.'\n", &state.Committer{}},
		{"default key command without an end", ssh + "[gpg \"ssh\"]\n\tdefaultKeyCommand = \"echo 'x\"\n", &state.Committer{}},
		{"no secret key", asked + "[user]\n\tsigningkey = eve@example.com\n", &state.Committer{}},
		{"no secret key of the flag", "", &state.Committer{SigningKey: "0123456789ABCDEF"}},
		{"an expired key", asked + "[user]\n\tsigningkey = old@example.com\n", &state.Committer{}},
		{"a locked OpenPGP key", asked + "[user]\n\tsigningkey = locked@example.com\n", &state.Committer{}},
		{"no gpg", asked + "[gpg]\n\tprogram = none-such-gpg\n", &state.Committer{}},
		{"a gpg that lies", asked + "[gpg]\n\tprogram = /bin/true\n", &state.Committer{}},
		{"a gpg that fails", asked + "[gpg]\n\tprogram = " + script("gpg", "echo 'gpg: out of luck' >&2; exit 2") + "\n", &state.Committer{}},
		{"no author", "", &state.Committer{Author: "Ann"}},
		{"half an author", "", &state.Committer{Author: "Ann <ann@example.com"}},
	} {
		writeFile(t, home+"/.gitconfig", string(before)+test.config)
		at := place(t)
		git(t, state.Location{Dir: filepath.Dir(filepath.Dir(at.Dir))}, "init", "-q", "-b", "main", at.Dir)
		_, err := commitAs(t, at, test.who, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))))
		if err == nil {
			t.Errorf("%s: committed", test.name)
			continue
		}
		if _, ok := diag.Refused(err); !ok {
			t.Errorf("%s: no diagnostic: %v", test.name, err)
			continue
		}
		text += "# " + test.name + "\n" + strings.ReplaceAll(strings.ReplaceAll(refused(t, err), at.Dir, "$STATE"), home, "$HOME") + "\n"
		if out, err := tryGit(at, "rev-parse", "-q", "--verify", "HEAD"); err == nil {
			t.Errorf("%s: there is a commit: %s", test.name, out)
		}
	}
	same(t, "refusals", text, golden(t, "cannot-sign.txt", []byte(text)))
}

func TestNoSign(t *testing.T) {
	person(t, "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /none\n")
	at := place(t)
	who := &state.Committer{NoSign: true, SigningKey: "x", Author: "Ann Author <ann@example.com>"}
	if _, err := commitAs(t, at, who, put(release(t, "dev/web", "1", config(t, "x", "a", "1")))); err != nil {
		t.Fatal(err)
	}
	same(t, "commit", git(t, at, "log", "--format=%G? %an <%ae>, %cn <%ce>"), "N Ann Author <ann@example.com>, Ada <ada@example.com>\n")
}

// TestSettingsWithoutGit reads the files themselves.
func TestSettingsWithoutGit(t *testing.T) {
	home := person(t, "[GPG]\n\tFormat = ssh\n[commit]\n\tgpgSign\n[user]\n\tsigningKey = ~/key\n")
	public := sshKey(t, home+"/key", "")
	writeFile(t, home+"/allowed", "ada@example.com "+public+"\n")
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatal(err)
	}
	mkdir(t, home+"/bin")
	if err := os.Symlink(keygen, home+"/bin/ssh-keygen"); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	at := place(t)
	t.Setenv("PATH", home+"/bin")
	_, err = commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))))
	t.Setenv("PATH", path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "signature", signature(t, at, "gpg.ssh.allowedSignersFile="+home+"/allowed"), "G ada@example.com\n")
	git(t, at, "config", "commit.gpgsign", "false")
	t.Setenv("PATH", home+"/bin")
	_, err = commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "2"))))
	t.Setenv("PATH", path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the repository says no", git(t, at, "log", "-1", "--format=%G?"), "N\n")

	writeFile(t, home+"/.gitconfig", "[include]\n\tpath = more\n")
	t.Setenv("PATH", home+"/bin")
	_, err = commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "3"))))
	if err == nil {
		t.Fatal("an include is passed over")
	}
	same(t, "an include", strings.ReplaceAll(refused(t, err), home, "$HOME"), `$HOME/.gitconfig: your Git configuration includes other files, which only Git can follow
  Who commits, and whether commits are signed, may be said in an included file. There is no git on PATH, or one older than 2.26.
  Install a newer git, or take the include out.
`)
}

// TestSettingsOfSomebodyElse has a repository whose settings Git does not read:
// they may name a program to run.
func TestSettingsOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	person(t, "")
	t.Setenv("SUDO_UID", "")
	at := place(t)
	first(t, at)
	git(t, at, "config", "commit.gpgsign", "true")
	run(t, "chown", "-R", "12345", at.Dir)
	_, err := commitAs(t, at, &state.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "b", "1"))))
	if err == nil {
		t.Fatal("committed")
	}
	same(t, "refusal", strings.ReplaceAll(refused(t, err), at.Dir, "$STATE"), "$STATE: Git does not read the configuration of the state repository\n"+
		"  It belongs to another user, and Git takes no settings from there; they may say who commits and which program signs.\n"+
		"  If you trust it: `git config --global --add safe.directory $STATE`. Else give it to the user that runs Weir.\n")
}
