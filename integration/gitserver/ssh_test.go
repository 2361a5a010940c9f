package gitserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/integration/gitserver"
)

// TestSSH clones through the server with git and ssh themselves.
func TestSSH(t *testing.T) {
	root, home := t.TempDir(), t.TempDir()
	server := gitserver.SSH(t, root)
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "SSH_AUTH_SOCK=",
			"GIT_SSH_COMMAND=ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -i "+home+"/key -o GlobalKnownHostsFile=none -o UserKnownHostsFile="+home+"/known_hosts")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("git", "init", "-q", "--bare", filepath.Join(root, "shop.git")); err != nil {
		t.Fatal(out)
	}
	if err := os.WriteFile(filepath.Join(home, "known_hosts"), []byte(strings.Join(server.HostKeys, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	public := gitserver.SSHKey(t, filepath.Join(home, "key"), "")

	if out, err := run("git", "ls-remote", server.URL+"/shop.git"); err == nil || !strings.Contains(out, "Permission denied (publickey)") {
		t.Errorf("a key that nobody authorized: %v\n%s", err, out)
	}
	server.Authorize(public)
	if out, err := run("git", "ls-remote", server.URL+"/shop.git"); err != nil || out != "" {
		t.Errorf("an empty repository: %v\n%s", err, out)
	}
	if out, err := run("git", "ls-remote", server.URL+"/gone.git"); err == nil || !strings.Contains(out, "'gone.git' does not appear to be a git repository") {
		t.Errorf("a repository that is not there: %v\n%s", err, out)
	}
}
