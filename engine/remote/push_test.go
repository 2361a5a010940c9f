package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

func TestPush(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		ctx := context.Background()
		one := p.commit("one", "a.yaml", "a: 1\n")
		if err := r.Push(ctx, p.update("refs/heads/main", plumbing.ZeroHash, one)); err != nil {
			t.Fatal("create: ", p.said(err))
		}
		two := p.commit("two", "a.yaml", "a: 2\n", "b.yaml", strings.Repeat("b: 1\n", 50_000))
		if err := r.Push(ctx, p.update("refs/heads/main", one, two)); err != nil {
			t.Fatal("update: ", p.said(err))
		}
		if err := r.Push(ctx, p.update("refs/heads/weir/review", plumbing.ZeroHash, two)); err != nil {
			t.Fatal("a branch of what is there: ", p.said(err))
		}
		p.sound("shop.git")
		p.same("branches", p.git("-C", "shop.git", "for-each-ref", "--format=%(objectname) %(refname)"),
			fmt.Sprintf("%s refs/heads/main\n%[1]s refs/heads/weir/review", two))
		tip, err := r.Tip(ctx, "main")
		p.same("tip", fmt.Sprint(tip, err), fmt.Sprintf("{refs/heads/main %s} <nil>", two))
	})
}

// TestPushMoved pushes to branches that others moved, before and while a pack is
// made.
func TestPushMoved(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		ctx := context.Background()
		one := p.commit("one", "a.yaml", "a: 1\n")
		p.push("main")
		theirs := p.commit("theirs", "a.yaml", "a: 2\n")
		p.push("main")
		p.git("-C", "work", "reset", "-q", "--hard", one.String())
		ours := p.commit("ours", "a.yaml", "a: 3\n")

		moved := func(what string, from, now plumbing.Hash, err error) {
			p.Helper()
			var m *remote.MovedError
			if !errors.As(err, &m) {
				p.Fatalf("%s: %s", what, p.said(err))
			}
			p.same(what, fmt.Sprint(*m), fmt.Sprint(remote.MovedError{Ref: "refs/heads/main", Want: from, Now: now}))
			p.sound("shop.git")
		}
		sent := func(io.Writer) error {
			t.Error("a pack was asked for")
			return nil
		}
		moved("before", one, theirs, r.Push(ctx, remote.Update{Ref: "refs/heads/main", Old: one, New: ours, Pack: sent}))
		moved("created before", plumbing.ZeroHash, theirs, r.Push(ctx, remote.Update{Ref: "refs/heads/main", New: ours, Pack: sent}))

		while := p.update("refs/heads/main", theirs, ours)
		pack := while.Pack
		while.Pack = func(w io.Writer) error {
			p.git("-C", "shop.git", "update-ref", "refs/heads/main", one.String())
			return pack(w)
		}
		moved("meanwhile", theirs, one, r.Push(ctx, while))

		while = p.update("refs/heads/main", one, ours)
		while.Pack = func(w io.Writer) error {
			p.git("-C", "shop.git", "update-ref", "-d", "refs/heads/main")
			return pack(w)
		}
		moved("deleted meanwhile", one, plumbing.ZeroHash, r.Push(ctx, while))

		while = p.update("refs/heads/main", plumbing.ZeroHash, ours)
		pack = while.Pack
		while.Pack = func(w io.Writer) error {
			p.git("-C", "shop.git", "update-ref", "refs/heads/main", one.String())
			return pack(w)
		}
		moved("created meanwhile", plumbing.ZeroHash, one, r.Push(ctx, while))
		moved("deleted before", theirs, one, r.Push(ctx, p.update("refs/heads/main", theirs, ours)))
	})
}

// TestPushRace has many writers move one branch, each from where it is to a
// commit of its own, until all are in.
func TestPushRace(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		ctx := context.Background()
		base := p.commit("base")
		p.push("main")
		const writers = 5
		commits := map[string]plumbing.Hash{} // by parent and writer
		var making sync.Mutex
		commit := func(parent plumbing.Hash, writer int) plumbing.Hash {
			making.Lock()
			defer making.Unlock()
			key := fmt.Sprint(parent, writer)
			if _, ok := commits[key]; !ok {
				if parent != base {
					p.git("-C", "work", "fetch", "-q", "../shop.git", "main")
				}
				tree := p.git("-C", "work", "rev-parse", parent.String()+"^{tree}")
				commits[key] = plumbing.NewHash(p.git("-C", "work", "commit-tree", tree, "-p", parent.String(), "-m", fmt.Sprint("writer ", writer)))
			}
			return commits[key]
		}
		var all sync.WaitGroup
		for writer := range writers {
			all.Go(func() {
				for range 100 {
					tip, err := r.Tip(ctx, "main")
					if err != nil {
						t.Error(p.said(err))
						return
					}
					err = r.Push(ctx, p.update("refs/heads/main", tip.Commit, commit(tip.Commit, writer)))
					var moved *remote.MovedError
					switch {
					case err == nil:
						return
					case errors.As(err, &moved), remote.Temporary(err):
					default:
						t.Error(p.said(err))
						return
					}
				}
				t.Errorf("writer %d never had its turn", writer)
			})
		}
		all.Wait()
		p.sound("shop.git")
		p.same("writers", p.git("-C", "shop.git", "rev-list", "--count", "main"), fmt.Sprint(1+writers))
	})
}

func TestPushRefused(t *testing.T) {
	const talk = `echo "remote: see https://bot:secret@forge.example.com/rules" >&2
printf '\033[31mcommits must be signed\033[0m\r\n\007\n' >&2
`
	tests := []struct {
		name  string
		setup func(*place)
		back  bool // the branch is to go back
	}{
		{"pre-receive hook", func(p *place) { p.hook("pre-receive", talk+"exit 1\n") }, false},
		{"update hook", func(p *place) { p.hook("update", talk+"exit 1\n") }, false},
		{"talkative hook", func(p *place) {
			p.hook("pre-receive", "for i in $(seq 100); do printf 'line %s %0300d\\n' $i 0 >&2; done; exit 1\n")
		}, false},
		{"silent hook", func(p *place) { p.hook("pre-receive", "exit 1\n") }, false},
		{"not forward", func(p *place) { p.git("-C", "shop.git", "config", "receive.denyNonFastForwards", "true") }, true},
		{"checked out", func(p *place) { p.git("-C", "shop.git", "config", "core.bare", "false") }, false},
		{"hidden", func(p *place) { p.git("-C", "shop.git", "config", "receive.hideRefs", "refs/heads/new") }, false},
		{"too large", func(p *place) { p.git("-C", "shop.git", "config", "receive.maxInputSize", "100") }, false},
	}
	ways(t, func(p *place, r *remote.Remote) {
		var b strings.Builder
		one := p.commit("one", "a.yaml", "a: 1\n")
		two := p.commit("two", "a.yaml", "a: 2\n"+strings.Repeat("a\n", 1000))
		data, err := os.ReadFile(p.path("shop.git/config"))
		if err != nil {
			t.Fatal(err)
		}
		config := string(data)
		for _, test := range tests {
			p.push("main")
			p.push(":refs/heads/new")
			test.setup(p)
			u := p.update("refs/heads/main", two, p.commit(test.name, "b.yaml", test.name+strings.Repeat("b\n", 1000)+noise(500)))
			if test.back {
				u = p.update("refs/heads/main", two, one)
			}
			if test.name == "hidden" {
				u.Ref, u.Old = "refs/heads/new", plumbing.ZeroHash
			}
			said := strings.Replace(p.said(r.Push(context.Background(), u)), "on "+p.plain(r.String()), "on REMOTE", 1)
			fmt.Fprintf(&b, "--- %s\n%s", test.name, said)
			p.sound("shop.git")
			p.same(test.name, p.at("main").String(), two.String())
			p.write("shop.git/config", config)
			p.git("-C", "work", "reset", "-q", "--hard", two.String())
			p.hook("pre-receive", "")
			p.hook("update", "")
		}
		p.golden("push-refused", b.String())
	})
}

// noise is text that does not compress.
func noise(n int) string {
	b := make([]byte, n)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = '!' + byte(state>>24)%90
	}
	return string(b)
}

// TestPushHooks runs hooks that come after the push: they talk, and end on their
// own terms.
func TestPushHooks(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		p.hook("post-receive", "for i in $(seq 5000); do echo \"a line of some length, $i\"; done\necho done > after\n")
		one := p.commit("one", "a.yaml", "a: 1\n")
		if err := r.Push(context.Background(), p.update("refs/heads/main", plumbing.ZeroHash, one)); err != nil {
			t.Fatal(p.said(err))
		}
		// The hook ends right after its last line was heard.
		data, err := os.ReadFile(p.path("shop.git/after"))
		p.same("what the hook did", fmt.Sprint(string(data), err), "done\n<nil>")
	})
}

// TestPushTellsBefore wants a word right before a remote may change, and only
// then.
func TestPushTellsBefore(t *testing.T) {
	p := shop(t)
	var told []string
	r := p.with("shop.git", &remote.Access{Before: func(what, path string) { told = append(told, what+" "+path) }})
	one := p.at("main")
	ctx := context.Background()
	r.Tip(ctx, "main")
	r.Fetch(ctx, remote.Want{Rev: "main"}, p.store("mine.git"))
	r.Push(ctx, p.update("refs/heads/main", plumbing.ZeroHash, one)) // moved
	p.same("told", strings.Join(told, "\n"), "")
	if err := r.Push(ctx, p.update("refs/heads/main", one, p.commit("two"))); err != nil {
		t.Fatal(p.said(err))
	}
	p.same("told", strings.Join(told, "\n"), "push shop.git")
}

func TestPushWithoutRights(t *testing.T) {
	p := shop(t)
	one := p.at("main")
	server := gitserver.HTTP(t, p.dir, gitserver.Answer("service=git-receive-pack", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "read only", http.StatusForbidden)
	}))
	err := p.remote(server.URL+"/shop.git").Push(context.Background(), p.update("refs/heads/main", one, p.commit("two")))
	p.same("forbidden", p.said(err), `Error: The server forbids it

  on http://HOST/shop.git:

It answered 403 to a request without credentials. It says:
  read only

Let this account read the repository, and write it to push; a token needs that
scope.
`)
}

func TestPushBelowBranch(t *testing.T) {
	p := shop(t)
	err := p.remote("shop.git").Push(context.Background(), p.update("refs/heads/main/next", plumbing.ZeroHash, p.commit("two")))
	p.same("below a branch", p.said(err), `Error: The server declined the push to main/next

  on shop.git:

Its reason is: failed to update ref. It says:
  error: cannot lock ref 'refs/heads/main/next': 'refs/heads/main' exists; cannot create 'refs/heads/main/next'

In Git a branch cannot be a directory for others: with a/b there is no a. Name
another branch, or delete the one that is in the way.
`)
}
