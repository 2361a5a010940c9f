package remote

import (
	"os/exec"
	"strings"
)

// url is the address of an HTTP server's repository, without credentials.
func (a address) url() string { return a.scheme + "://" + a.host + a.path }

// rewrite follows url.<base>.insteadOf of Git's configuration, by which many
// machines have a token or another way to a host. What people see stays as it
// was written, so that one repository has one name everywhere.
func (r *Remote) rewrite() error {
	if r.at.scheme == "file" || r.at.login.String() != "" && r.at.scheme != "ssh" {
		return nil // a path is meant as it is, and a URL with credentials is no secret of the command line
	}
	git, err := exec.LookPath("git")
	if err != nil {
		return nil
	}
	cmd := exec.Command(git, "ls-remote", "--get-url", "--", r.at.shown)
	cmd.Dir = r.workDir()
	out, err := cmd.Output()
	if err != nil {
		return nil // whatever is wrong with the configuration is told by who needs it
	}
	to := strings.TrimSuffix(string(out), "\n")
	if to == r.at.shown || to == "" {
		return nil
	}
	at, err := parse(to, r.dir)
	if err != nil {
		return err
	}
	at.shown = r.at.shown
	r.at = at
	return nil
}
