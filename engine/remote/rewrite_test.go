package remote_test

import (
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// TestInsteadOf takes tokens and other ways to a host from Git's configuration.
func TestInsteadOf(t *testing.T) {
	p := shop(t)
	main := p.at("main").String() + " refs/heads/main\n"
	server := gitserver.HTTP(t, p.dir, gitserver.Token("secret"))
	p.git("config", "--global", "url."+strings.Replace(server.URL, "://", "://x-access-token:secret@", 1)+"/.insteadOf", "https://git.example.com/")
	p.git("config", "--global", "url."+p.dir+"/.insteadOf", "git@git.example.com:")
	p.git("config", "--global", "url.gopher://x/.insteadOf", "https://gopher.example.com/")
	for _, address := range []string{"https://git.example.com/shop.git", "git@git.example.com:shop.git"} {
		r := p.remote(address)
		p.same("name", r.String(), address)
		p.same(address, p.fetch(r, remote.Want{Rev: "main"}, p.store("mine.git")), main)
	}
	p.same("a token that is wrong", p.fetch(p.remote("https://git.example.com/none.git"), remote.Want{Rev: "main"}, p.store("mine.git")), `Error: There is no Git repository

  on https://git.example.com/none.git:

The server answered 404 to the credentials from the address.

Correct the address, or create the repository. Many forges answer so, too, when
an account may not see it.
`)
	_, err := remote.New("https://gopher.example.com/shop.git", p.dir, nil)
	p.same("to nowhere", p.said(err), `Error: This is no address of a Git repository

  on gopher://x/shop.git:

Git repositories are not reached by gopher://.

Give a path, file:///path, https://host/path, ssh://user@host/path or
user@host:path.
`)
}

// TestWithoutGit reaches what can be reached on a machine without Git.
func TestWithoutGit(t *testing.T) {
	p := shop(t)
	main := p.at("main").String() + " refs/heads/main\n"
	server := gitserver.HTTP(t, p.dir, gitserver.Login("ann", "secret"))
	p.write("home/.netrc", "machine 127.0.0.1 login ann password secret\n")
	store := p.store("mine.git")
	p.write("bin/.keep", "")
	p.Setenv("PATH", p.path("bin"))
	p.same("HTTP", p.fetch(p.remote(server.URL+"/shop.git"), remote.Want{Rev: "main"}, store), main)
	p.same("path", p.fetch(p.remote("shop.git"), remote.Want{Rev: "main"}, store), `Error: Git is needed for a repository of this machine

  on shop.git:

A repository that is reached by its path is read and written by Git's own
programs, so that its hooks run. There is no git on PATH.

Install Git, or reach the repository over HTTP or SSH.
`)
}

// TestDubiousOwnership is a repository that belongs to another user.
func TestDubiousOwnership(t *testing.T) {
	p := shop(t)
	store := p.store("mine.git")
	p.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1") // only root could make one
	p.same("refusal", p.fetch(p.remote("shop.git"), remote.Want{Rev: "main"}, store), `Error: The repository belongs to somebody else

  on shop.git:

Git does not run in a repository whose owner is another user, because its hooks
and configuration would run with your rights.

Run as its owner, or say that you trust it: `+"`git config --global --add"+`
safe.directory DIR/shop.git`+"`."+`
`)
}
