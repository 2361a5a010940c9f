package signing_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/integration/gituser"
)

// TestSettingsWithoutGit reads the files themselves.
func TestSettingsWithoutGit(t *testing.T) {
	home := gituser.Home(t, "[GPG]\n\tFormat = ssh\n[commit]\n\tgpgSign\n[user]\n\tsigningKey = ~/key\n")
	gituser.SSHKey(t, home+"/key", "")
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home+"/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(keygen, home+"/bin/ssh-keygen"); err != nil {
		t.Fatal(err)
	}
	dir := repository(t)
	unsigned := repository(t)
	git(t, unsigned, "config", "commit.gpgsign", "false")

	t.Setenv("PATH", home+"/bin")
	committer := &signing.Committer{Env: os.Getenv}
	by, sign, err := committer.In(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "author", by.Author.Name, "Ada")
	made, err := sign(t.Context(), []byte("commit"))
	if err != nil || !strings.HasPrefix(string(made), "-----BEGIN SSH SIGNATURE-----") {
		t.Errorf("%q %v", made, err)
	}
	if _, sign, err = committer.In(t.Context(), unsigned); err != nil || sign != nil {
		t.Errorf("the repository says no: %v", err)
	}

	writeFile(t, home+"/.gitconfig", "[include]\n\tpath = more\n", 0o644)
	_, _, err = committer.In(t.Context(), dir)
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
	gituser.Home(t, "")
	t.Setenv("SUDO_UID", "")
	dir := repository(t)
	git(t, dir, "config", "commit.gpgsign", "true")
	gituser.Run(t, "chown", "-R", "12345", dir)
	_, _, err := (&signing.Committer{Env: os.Getenv}).In(t.Context(), dir)
	if err == nil {
		t.Fatal("read")
	}
	same(t, "refusal", strings.ReplaceAll(refused(t, err), dir, "$STATE"), "$STATE: Git does not read the configuration of the state repository\n"+
		"  It belongs to another user, and Git takes no settings from there; they may say who commits and which program signs.\n"+
		"  If you trust it: `git config --global --add safe.directory $STATE`. Else give it to the user that runs Weir.\n")
}
