package remote_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// ways runs a test over each way to a repository.
// TestShellPaths are paths that mean something to a shell only.
func TestShellPaths(t *testing.T) {
	p := shop(t)
	for _, address := range []string{"~/shop.git", "$HOME/shop.git"} {
		said := p.fetch(p.remote(address), remote.Want{Rev: "main"}, p.store("mine.git"))
		p.same(address, strings.Join(strings.Fields(said), " "), "Error: There is no Git repository on "+address+
			": Only a shell puts a directory in the place of ~ or of a variable. What was looked for is DIR/"+address+
			". Write the whole path, or one that begins at the project.")
	}
}

func ways(t *testing.T, test func(*place, *remote.Remote)) {
	t.Run("path", func(t *testing.T) {
		p := newPlace(t)
		test(p, p.remote("shop.git"))
	})
	t.Run("file", func(t *testing.T) {
		p := newPlace(t)
		test(p, p.remote("file://"+p.path("shop.git")))
	})
	t.Run("http", func(t *testing.T) {
		p := newPlace(t)
		test(p, p.remote(gitserver.HTTP(t, p.dir).URL+"/shop.git"))
	})
	t.Run("ssh", func(t *testing.T) {
		p := newPlace(t)
		server := gitserver.SSH(t, p.dir)
		server.Authorize(gitserver.SSHKey(t, p.path("home/.ssh/id_ed25519"), ""))
		p.write("home/.ssh/known_hosts", strings.Join(server.HostKeys, "\n"))
		p.write("home/.ssh/config", "User "+server.User+"\n")
		test(p, p.remote("ssh://127.0.0.1:"+server.Port+"/shop.git"))
	})
}

func TestFetch(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		p.commit("one", "a.yaml", "a: 1\n")
		two := p.commit("two", "a.yaml", "a: 2\n", "dir/b.yaml", "b: 1\n")
		p.git("-C", "work", "tag", "light")
		p.git("-C", "work", "tag", "-m", "annotated", "v1")
		three := p.commit("three", "a.yaml", "a: 3\n")
		p.push("main", "--tags", "main:refs/heads/team/web", "main:refs/changes/1")
		p.git("-C", "shop.git", "config", "uploadpack.allowReachableSHA1InWant", "true")

		tests := []struct{ rev, want string }{
			{"main", fmt.Sprintf("%s refs/heads/main\n", three)},
			{"refs/heads/main", fmt.Sprintf("%s refs/heads/main\n", three)},
			{"heads/main", fmt.Sprintf("%s refs/heads/main\n", three)},
			{"team/web", fmt.Sprintf("%s refs/heads/team/web\n", three)},
			{"HEAD", fmt.Sprintf("%s refs/heads/main\n", three)},
			{"light", fmt.Sprintf("%s refs/tags/light\n", two)},
			{"v1", fmt.Sprintf("%s refs/tags/v1\n", two)},
			{"refs/tags/v1", fmt.Sprintf("%s refs/tags/v1\n", two)},
			{"refs/changes/1", fmt.Sprintf("%s refs/changes/1\n", three)},
			{two.String(), two.String() + "\n"},
			{"mai", "nothing\n"},
			{"refs/heads/mai", "nothing\n"},
			{"main^{}", "nothing\n"},
			{two.String()[:10], "nothing\n"},
			{"", "nothing\n"},
		}
		for i, test := range tests {
			store := p.store(fmt.Sprintf("mine%d.git", i))
			got := p.fetch(r, remote.Want{Rev: test.rev}, store)
			p.same("fetch "+test.rev, got, test.want)
			tip, err := r.Tip(context.Background(), test.rev)
			if err != nil {
				t.Error(p.said(err))
			}
			p.same("tip "+test.rev, shown(tip), test.want)
			if id, _, _ := strings.Cut(got, " "); plumbing.IsHash(strings.TrimSpace(id)) {
				name := fmt.Sprintf("mine%d.git", i)
				p.sound(name, plumbing.NewHash(id))
				p.same("history of "+test.rev, p.git("-C", name, "log", "--format=%H", strings.TrimSpace(id)), strings.TrimSpace(id))
			}
		}
	})
}

func TestFetchHistory(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		for i := range 5 {
			p.commit(fmt.Sprint(i), fmt.Sprintf("%d.yaml", i), "x\n")
		}
		p.push("main")
		for _, depth := range []int{0, 1, 2, 5, 9} {
			name := fmt.Sprintf("depth%d.git", depth)
			tip, err := r.Fetch(context.Background(), remote.Want{Rev: "main", Depth: depth}, p.store(name))
			if err != nil {
				t.Fatal(p.said(err))
			}
			p.sound(name, tip.Commit)
			p.same(name, p.git("-C", name, "rev-list", "--count", "check0"), fmt.Sprint(min(5, max(1, depth))))
		}
	})
}

// TestFetchMore brings one commit after the other into a store; what is
// transferred is what changed.
func TestFetchMore(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		files := []string{}
		for i := range 300 {
			files = append(files, fmt.Sprintf("dir%d/f%d.yaml", i%7, i), fmt.Sprintf("n: %d\n%s", i, strings.Repeat("same: text\n", 30)))
		}
		p.commit("one", files...)
		p.push("main")
		store := p.store("mine.git")
		want := remote.Want{Rev: "main"}
		var all []plumbing.Hash
		step := func(what string, loose, packed int) {
			p.Helper()
			tip, err := r.Fetch(context.Background(), want, store)
			if err != nil {
				t.Fatal(what, p.said(err))
			}
			want.Have = tip.Commit
			all = append(all, tip.Commit)
			p.sound("mine.git", all...)
			p.same(what, tip.Commit.String(), p.at("main").String())
			var now, in int
			for line := range strings.Lines(p.git("-C", "mine.git", "count-objects", "-v")) {
				fmt.Sscanf(line, "count: %d", &now)
				fmt.Sscanf(line, "in-pack: %d", &in)
			}
			p.same(what+": objects", fmt.Sprint(now, " loose, ", in, " in packs"), fmt.Sprint(loose, " loose, ", packed, " in packs"))
		}
		step("all", 0, 309)
		step("nothing new", 0, 309)
		for i := range 3 {
			p.commit(fmt.Sprint("small ", i), "dir1/f1.yaml", fmt.Sprintf("n: -%d\n%s", i, strings.Repeat("same: text\n", 30)))
		}
		p.push("main")
		step("one file, commits in between", 4, 309)
		for i := 1; i < len(files); i += 2 {
			files[i] = "m: 1\n" + files[i]
		}
		p.commit("large", files...)
		p.push("main")
		step("every file", 4, 309+309+300) // and what those in the pack build upon
		p.git("-C", "work", "checkout", "-q", "--orphan", "other")
		p.commit("unrelated", "dir1/f1.yaml", "n: new\n")
		p.push("other:main")
		step("another history", 4+4, 309+309+300)
	})
}

func TestFetchNothing(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		p.same("empty repository", p.fetch(r, remote.Want{Rev: "main"}, p.store("mine.git")), "nothing\n")
		p.same("HEAD of it", p.fetch(r, remote.Want{Rev: "HEAD"}, p.store("mine.git")), "nothing\n")
		p.commit("one", "a.yaml", "a: 1\n")
		p.push("main:other")
		p.same("unborn HEAD", p.fetch(r, remote.Want{Rev: "HEAD"}, p.store("mine.git")), "nothing\n")
		p.same("missing branch", p.fetch(r, remote.Want{Rev: "main"}, p.store("mine.git")), "nothing\n")
	})
}

func TestFetchRefused(t *testing.T) {
	var b strings.Builder
	ways(t, func(p *place, r *remote.Remote) {
		hidden := p.commit("hidden", "a.yaml", "a: 1\n")
		p.push("main:gone")
		p.push(":gone")
		p.commit("one", "a.yaml", "a: 2\n")
		p.git("-C", "work", "tag", "file", "HEAD:a.yaml")
		p.push("main", "file")
		p.git("init", "-q", "--bare", "--object-format=sha256", "sha256.git")
		p.git("init", "-q", "--object-format=sha256", "work256")
		empty := p.remote(strings.Replace(r.String(), "shop.git", "sha256.git", 1))
		outcome := func(what, got string) {
			fmt.Fprintf(&b, "--- %s: %s\n%s", p.Name(), what, got)
		}
		// What a fetch says of an empty one depends on the version of Git there.
		err := empty.Push(context.Background(), p.update("refs/heads/main", plumbing.ZeroHash, hidden))
		outcome("push to sha256, empty", p.said(err))
		p.git("-C", "work256", "commit", "-q", "--allow-empty", "-m", "one")
		p.git("-C", "work256", "push", "-q", "../sha256.git", "HEAD:main")
		outcome("sha256", p.fetch(empty, remote.Want{Rev: "main"}, p.store("mine.git")))
		err = empty.Push(context.Background(), p.update("refs/heads/main", hidden, hidden))
		outcome("push to sha256", p.said(err))
		outcome("an id of sha256", p.fetch(r, remote.Want{Rev: strings.Repeat("ab", 32)}, p.store("mine.git")))
		outcome("no commit", p.fetch(r, remote.Want{Rev: "file"}, p.store("mine.git")))
		p.git("-C", "shop.git", "config", "uploadpack.allowAnySHA1InWant", "false")
		outcome("not advertised", p.fetch(r, remote.Want{Rev: "1234567890123456789012345678901234567890"}, p.store("mine.git")))
		none := p.remote(strings.Replace(r.String(), "shop.git", "none.git", 1))
		outcome("no repository", p.fetch(none, remote.Want{Rev: "main"}, p.store("mine.git")))
		err = none.Push(context.Background(), p.update("refs/heads/main", plumbing.ZeroHash, hidden))
		outcome("push to none", p.said(err))
		p.write("empty/x", "")
		directory := p.remote(strings.Replace(r.String(), "shop.git", "empty", 1))
		outcome("only a directory", p.fetch(directory, remote.Want{Rev: "main"}, p.store("mine.git")))
	})
	p := &place{T: t}
	p.golden("fetch-refused", b.String())
}
