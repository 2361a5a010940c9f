package remote_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/schema/diag"
)

// place is a directory with a server's repository in it, shop.git, and a work
// tree to make commits in. The test's environment has nothing of the machine's
// own Git in it.
type place struct {
	*testing.T
	dir string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "GIT_") || strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "SSH_ASKPASS" || name == "NETRC" {
			t.Setenv(name, "") // so that it is put back
			os.Unsetenv(name)
		}
	}
	p := &place{t, t.TempDir()}
	p.write("home/.keep", "")
	for name, value := range map[string]string{
		"HOME": p.path("home"), "XDG_CONFIG_HOME": p.path("home"), "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_AUTHOR_DATE": "1700000000 +0000",
		"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com", "GIT_COMMITTER_DATE": "1700000000 +0000",
	} {
		t.Setenv(name, value)
	}
	p.git("init", "-q", "--bare", "-b", "main", "shop.git")
	p.git("init", "-q", "-b", "main", "work")
	return p
}

// shop is a place whose repository has a commit.
func shop(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	p.commit("one", "a.yaml", "a: 1\n")
	p.git("-C", "work", "push", "-q", "../shop.git", "main")
	return p
}

func (p *place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *place) write(name, text string) {
	p.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o777); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o777); err != nil {
		p.Fatal(err)
	}
}

func (p *place) git(args ...string) string {
	p.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.dir
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if err := cmd.Run(); err != nil {
		p.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, failed.String())
	}
	return strings.TrimSpace(out.String())
}

// commit makes a commit in the work tree with files, given as names and contents.
func (p *place) commit(message string, files ...string) plumbing.Hash {
	p.Helper()
	for i := 0; i < len(files); i += 2 {
		p.write("work/"+files[i], files[i+1])
	}
	p.git("-C", "work", "add", "-A")
	p.git("-C", "work", "commit", "-q", "--allow-empty", "-m", message)
	return plumbing.NewHash(p.git("-C", "work", "rev-parse", "HEAD"))
}

// push moves a branch of the repository to what the work tree has.
func (p *place) push(refs ...string) {
	p.Helper()
	p.git(append([]string{"-C", "work", "push", "-q", "-f", "../shop.git"}, refs...)...)
}

// hook puts a shell script into the repository.
func (p *place) hook(name, script string) { p.write("shop.git/hooks/"+name, "#!/bin/sh\n"+script) }

// at is what a branch of the repository is at.
func (p *place) at(ref string) plumbing.Hash {
	p.Helper()
	return plumbing.NewHash(p.git("-C", "shop.git", "rev-parse", ref))
}

// remote is a remote with the environment of the test.
func (p *place) remote(address string) *remote.Remote {
	p.Helper()
	return p.with(address, &remote.Access{Home: p.path("home")})
}

func (p *place) with(address string, access *remote.Access) *remote.Remote {
	p.Helper()
	r, err := remote.New(address, p.dir, access)
	if err != nil {
		p.Fatal(p.said(err))
	}
	return r
}

// store is a bare repository, empty where it is new.
func (p *place) store(name string) *filesystem.Storage {
	p.Helper()
	if _, err := os.Stat(p.path(name)); err != nil {
		p.git("init", "-q", "--bare", "-b", "main", name)
	}
	s := filesystem.NewStorage(osfs.New(p.path(name)), cache.NewObjectLRUDefault())
	p.Cleanup(func() { s.Close() })
	return s
}

// sound checks a repository, with refs to what was put into it.
func (p *place) sound(name string, commits ...plumbing.Hash) {
	p.Helper()
	for i, commit := range commits {
		p.git("-C", name, "update-ref", fmt.Sprintf("refs/heads/check%d", i), commit.String())
	}
	p.git("-C", name, "fsck", "--strict", "--no-dangling")
}

// update is a move of a branch to a commit of the work tree.
func (p *place) update(ref string, from, to plumbing.Hash) remote.Update {
	return remote.Update{Ref: plumbing.ReferenceName(ref), Old: from, New: to, Pack: func(w io.Writer) error {
		revisions := to.String() + "\n"
		if !from.IsZero() {
			revisions += "^" + from.String() + "\n"
		}
		cmd := exec.Command("git", "-C", p.path("work"), "pack-objects", "-q", "--revs", "--stdout", "--delta-base-offset")
		cmd.Stdin = strings.NewReader(revisions)
		cmd.Stdout = w
		return cmd.Run()
	}}
}

var sshLogin = regexp.MustCompile(`Logged in as \S+ with (.*) SHA256:\S{43}`)

var address = regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1\]):[0-9]+`)

// said is an error as a person sees it; no test may show a secret.
func (p *place) said(err error) string {
	p.Helper()
	if err == nil {
		return "no error\n"
	}
	var b strings.Builder
	if list, ok := diag.Refused(err); ok {
		list = slices.Clone(list)
		for i := range list { // before lines are broken
			for _, text := range []*string{&list[i].Summary, &list[i].Subject.File, &list[i].Detail, &list[i].Remedy} {
				*text = p.plain(*text)
			}
		}
		if err := list.Format(&b, diag.Options{}); err != nil {
			p.Fatal(err)
		}
	} else {
		b.WriteString(err.Error() + "\n")
	}
	var moved *remote.MovedError
	switch {
	case errors.As(err, &moved):
		b.WriteString("(moved)\n")
	case remote.Temporary(err):
		b.WriteString("(temporary)\n")
	}
	// Not the text alone: what is wrapped may be printed by others.
	if all := fmt.Sprintf("%s %+v %#v", b.String(), err, err); strings.Contains(all, "secret") {
		p.Errorf("a secret is shown:\n%s", all)
	}
	return p.plain(b.String())
}

// plain is a text as it is on every machine.
func (p *place) plain(text string) string {
	text = address.ReplaceAllString(strings.ReplaceAll(text, p.dir, "DIR"), "HOST")
	return sshLogin.ReplaceAllString(text, "Logged in as USER with $1 SHA256:…")
}

func (p *place) same(what, got, want string) {
	p.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		p.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// fetch is Fetch, with its outcome as text.
func (p *place) fetch(r *remote.Remote, want remote.Want, into remote.Store) string {
	p.Helper()
	tip, err := r.Fetch(context.Background(), want, into)
	if err != nil {
		if tip != (remote.Tip{}) {
			p.Errorf("a tip beside an error: %v", tip)
		}
		return p.said(err)
	}
	return shown(tip)
}

func shown(tip remote.Tip) string {
	if tip == (remote.Tip{}) {
		return "nothing\n"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", tip.Commit, tip.Ref)) + "\n"
}

var updateGolden = flag.Bool("update", false, "rewrite testdata")

// golden compares with a file of testdata.
func (p *place) golden(name, got string) {
	p.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *updateGolden {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			p.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		p.Fatal(err)
	}
	p.same(file, got, string(want))
}
