package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// gitPlace is a repository, charts.git, a work tree to make commits in, and
// somebody who locks charts of it. The test's environment has nothing of the
// machine's own Git in it.
type gitPlace struct {
	t      *testing.T
	dir    string
	at     string // the address
	access *fetch.Access
	old    schema.Lock
	names  []string // pairs of what is different each time and what a reader calls it
}

func newGitPlace(t *testing.T) *gitPlace {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "GIT_") || strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "SSH_ASKPASS" || name == "NETRC" {
			t.Setenv(name, "") // so that it is put back
			os.Unsetenv(name)
		}
	}
	p := &gitPlace{t: t, dir: t.TempDir()}
	p.at = p.dir + "/charts.git"
	for name, value := range map[string]string{
		"HOME": p.dir, "XDG_CONFIG_HOME": p.dir, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_AUTHOR_DATE": "1700000000 +0000",
		"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com", "GIT_COMMITTER_DATE": "1700000000 +0000",
	} {
		t.Setenv(name, value)
	}
	p.access = &fetch.Access{Git: &remote.Access{Home: p.dir}, Pause: func(context.Context, time.Duration) error { return nil }}
	p.git("init", "-q", "--bare", "-b", "main", "charts.git")
	p.git("init", "-q", "-b", "main", "work")
	p.git("-C", "work", "remote", "add", "origin", "../charts.git")
	return p
}

func (p *gitPlace) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.dir
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, failed.String())
	}
	return strings.TrimSpace(string(out))
}

// commit puts files, given as names and contents, into the repository's branch.
// A content that begins with "->" is a link.
func (p *gitPlace) commit(files ...string) string {
	p.t.Helper()
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(p.dir, "work", filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			p.t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(files[i+1], "->"); ok {
			err = os.Symlink(target, file)
		} else {
			err = os.WriteFile(file, []byte(files[i+1]), 0o644)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	p.git("-C", "work", "add", "-A")
	p.git("-C", "work", "commit", "-q", "--allow-empty", "-m", "charts")
	p.git("-C", "work", "push", "-q", "-f", "origin", "main")
	return p.git("-C", "work", "rev-parse", "HEAD")
}

func (p *gitPlace) source() fetch.Source {
	return fetch.Once(fetch.Retry(fetch.Limit(fetch.Kinds{schema.Git: fetch.NewGit(p.access)}, 8, time.Minute), p.access))
}

func (p *gitPlace) ref(rest, version string) schema.Chart {
	return schema.Chart{Source: "git::" + p.at + rest, Kind: schema.Git, Version: version, Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 3}}}
}

// lock is what a run says that locks a chart with nothing at hand, or moves it.
func (p *gitPlace) lock(ref schema.Chart, newest bool) string {
	l := &fetch.Locking{Old: p.old, Stock: &fetch.Stock{Source: p.source()}}
	library := l.Missing()
	if newest {
		library = l.Newest()
	}
	chart, found := fetch.From{Library: library}.Load(p.t.Context(), ref)
	out := show(chart, found)
	if !found.HasErrors() {
		p.old = l.Lock()
		for _, e := range p.old.Charts {
			out += fmt.Sprintf("%s %q: %s %s\n", e.Source, e.Constraint, e.Version, e.Origin)
			if e.SHA256 != e.Files || e.Files != chart.Digest {
				p.t.Errorf("%s: digests %s, %s, %s", e.Source, e.SHA256, e.Files, chart.Digest)
			}
		}
	}
	return p.plain(out)
}

// load is what a run says that goes by the lock.
func (p *gitPlace) load(ref schema.Chart) string {
	lock := p.old
	library := &fetch.Pins{Lock: func() (schema.Lock, diag.List) { return lock, nil }, Stock: &fetch.Stock{Source: p.source()}}
	return p.plain(show(fetch.From{Library: library}.Load(p.t.Context(), ref)))
}

func (p *gitPlace) plain(text string) string {
	return strings.NewReplacer(append(slices.Clone(p.names), p.at, "$REPO", p.dir, "$DIR")...).Replace(text)
}

// gitWays is a place by every way that leads to it.
func gitWays(t *testing.T, test func(*gitPlace)) {
	t.Run("path", func(t *testing.T) { test(newGitPlace(t)) })
	t.Run("file", func(t *testing.T) {
		p := newGitPlace(t)
		p.at = "file://" + p.at
		test(p)
	})
	t.Run("http", func(t *testing.T) {
		p := newGitPlace(t)
		p.at = gitserver.HTTP(t, p.dir).URL + "/charts.git"
		test(p)
	})
	t.Run("ssh", func(t *testing.T) {
		p := newGitPlace(t)
		p.at = p.ssh() + "/charts.git"
		test(p)
	})
	t.Run("scp", func(t *testing.T) {
		p := newGitPlace(t)
		address := strings.TrimPrefix(p.ssh(), "ssh://")
		user, host, _ := strings.Cut(address, "@")
		_, port, _ := strings.Cut(host, ":")
		if err := os.WriteFile(filepath.Join(p.dir, ".ssh/config"), []byte("Host charts\nHostName 127.0.0.1\nPort "+port+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.at = user + "@charts:charts.git"
		test(p)
	})
}

func (p *gitPlace) ssh() string {
	p.t.Helper()
	server := gitserver.SSH(p.t, p.dir)
	server.Authorize(gitserver.SSHKey(p.t, filepath.Join(p.dir, ".ssh/id_ed25519"), ""))
	if err := os.WriteFile(filepath.Join(p.dir, ".ssh/known_hosts"), []byte(strings.Join(server.HostKeys, "\n")), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return server.URL
}

// TestGit follows a branch: locked to its commit, it stays there until it is
// moved, also where the server gives out nothing but what branches are at.
func TestGit(t *testing.T) {
	gitWays(t, func(p *gitPlace) {
		one := p.commit(
			"charts/web/Chart.yaml", chartYAML("web", "1.0.0", "dependencies:\n- name: common\n  version: 1.x\n  repository: file://../../libs/common\n"),
			"charts/web/.helmignore", "*.md\n", "charts/web/README.md", "x", "charts/web/templates/a.yaml", "a: 1\n",
			"charts/web/files", "->../../shared", "shared/b.txt", "b",
			"libs/common/Chart.yaml", chartYAML("common", "1.2.0", "type: library\n"), "libs/common/templates/_a.tpl", "{{/* a */}}\n",
			"weir.hcl", "not of the chart",
		)
		p.names = append(p.names, one, "$ONE")
		ref := p.ref("//charts/web?ref=main", "^1")
		files := func(at string) string {
			return strings.ReplaceAll(`.helmignore <- AT/.helmignore
Chart.yaml <- AT/Chart.yaml
charts/common/Chart.yaml <- AT/charts/common/Chart.yaml
charts/common/templates/_a.tpl <- AT/charts/common/templates/_a.tpl
files/b.txt <- AT/files/b.txt
templates/a.yaml <- AT/templates/a.yaml
`, "AT", at)
		}
		locked := "web 1.0.0\n" + files("git::$REPO//charts/web@1.0.0") + "git::$REPO//charts/web?ref=main \"^1\": 1.0.0 git::$REPO//charts/web?ref=$ONE\n"
		same := func(what, want, got string) {
			t := p.t
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		same("lock", locked, p.lock(ref, false))

		two := p.commit("charts/web/Chart.yaml", chartYAML("web", "1.1.0"))
		p.names = append(p.names, two, "$TWO")
		same("lock again", locked, p.lock(ref, false))
		same("go by the lock", "web 1.0.0\n"+files("git::$REPO//charts/web@1.0.0"), p.load(ref))
		moved := strings.NewReplacer("1.0.0", "1.1.0", "$ONE", "$TWO", "charts/common/Chart.yaml <- git::$REPO//charts/web@1.0.0/charts/common/Chart.yaml\n", "",
			"charts/common/templates/_a.tpl <- git::$REPO//charts/web@1.0.0/charts/common/templates/_a.tpl\n", "").Replace(locked)
		same("update", moved, p.lock(ref, true))

		p.git("-C", "work", "reset", "-q", "--hard", one)
		p.commit("charts/web/values.yaml", "a: 1\n")
		same("moved by force", `$REPO:0: the commit that chart "git::$REPO//charts/web?ref=main ^1" is locked to is gone
  It is locked to 1.1.0, which is not at hand and has to be fetched. Nothing leads from main to $TWO any more: it was moved by force, or removed.
  `+"`weir update` locks what is there now. Where a colleague or a cache still has the chart, `weir vendor` there keeps it in the project, which no server can change."+`
  weir.hcl:3: the chart is used here
`, p.load(ref))
	})
}

// TestGitOnce asks a repository for its names once, and for a commit once,
// however many charts of it are wanted.
func TestGitOnce(t *testing.T) {
	p := newGitPlace(t)
	p.commit("a/Chart.yaml", chartYAML("a", "1.0.0"), "b/Chart.yaml", chartYAML("b", "1.0.0"), "c/Chart.yaml", chartYAML("c", "1.0.0"))
	p.git("-C", "work", "tag", "v1")
	p.git("-C", "work", "push", "-q", "origin", "v1")
	server := gitserver.HTTP(t, p.dir)
	p.at = server.URL + "/charts.git"
	record := &fetch.Record{Source: fetch.NewGit(p.access)}
	l := &fetch.Locking{Stock: &fetch.Stock{Source: fetch.Once(record)}}
	from := fetch.From{Library: l.Missing()}
	for _, rest := range []string{"//a?ref=main", "//b?ref=main", "//c?ref=v1", "//a?ref=v1", "//a"} {
		if _, found := from.Load(t.Context(), p.ref(rest, "")); found.HasErrors() {
			t.Fatal(found)
		}
	}
	want := []string{"GET /charts.git/info/refs", "GET /charts.git/info/refs", "POST /charts.git/git-upload-pack"}
	if diff := cmp.Diff(want, server.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	counted := 0
	for _, f := range record.Fetched() {
		if f.Bytes > 0 {
			counted++
		}
	}
	if counted != 1 || len(record.Fetched()) != 3 {
		t.Errorf("one transfer is: %+v", record.Fetched())
	}
}

// TestGitBad locks what cannot be locked.
func TestGitBad(t *testing.T) {
	p := newGitPlace(t)
	p.commit(
		"charts/web/Chart.yaml", chartYAML("web", "1.0.0"),
		"charts/api/Chart.yaml", chartYAML("api", "0.1.0", "dependencies:\n- name: gone\n  version: 1.x\n  repository: file://../gone\n- name: out\n  version: 1.x\n  repository: file://../../../out\n"),
		"charts/bad/Chart.yaml", "apiVersion: v2\nname: [\n",
		"charts/linked/Chart.yaml", chartYAML("linked", "1.0.0"), "charts/linked/passwd", "->/etc/passwd",
		"docs/README.md", "x",
		".gitmodules", "[submodule \"more\"]\n\tpath = vendor/more\n\turl = https://ann:secret@git.example/more.git\n\tbranch = main\n",
	)
	p.git("-C", "work", "tag", "-a", "-m", "v1", "v1.0.0")
	p.git("-C", "work", "push", "-q", "origin", "v1.0.0", "HEAD:refs/heads/release")
	p.git("init", "-q", "--bare", "-b", "main", "empty.git")
	commit := p.git("-C", "work", "rev-parse", "HEAD")
	server := gitserver.HTTP(t, p.dir, gitserver.Login("ann", "secret"))
	teapot := gitserver.HTTP(t, p.dir, gitserver.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") })
	}))
	p.names = append(p.names, commit, "$COMMIT", commit[:12], "$COMM", server.Host, "git.example", teapot.Host, "teapot.example")
	var b strings.Builder
	for _, test := range []struct{ rest, version string }{
		{"//charts/web?ref=v1.0.0", "~> 1.0"},
		{"//charts/web?ref=" + commit, ""},
		{"//charts/web?ref=refs/heads/release", ""},
		{"//charts/web", "^2"},
		{"//charts/web?ref=v1.0.1", ""},
		{"//charts/web?ref=0123456789012345678901234567890123456789", ""},
		{"//charts/wbe", ""},
		{"//web", ""},
		{"//docs", ""},
		{"//docs/README.md", ""},
		{"", ""},
		{"//charts/api", ""},
		{"//charts/bad", ""},
		{"//charts/linked", ""},
		{"//vendor/more/charts/x", ""},
	} {
		p.old = schema.Lock{}
		fmt.Fprintf(&b, "--- %s %s\n%s", p.plain(test.rest), test.version, p.lock(p.ref(test.rest, test.version), false))
	}
	for _, address := range []string{p.dir + "/empty.git", p.dir + "/none.git", p.dir + "/work/docs", server.URL + "/charts.git", teapot.URL + "/charts.git", "https://git.invalid/charts.git", "ssh://git@git.invalid/charts.git"} {
		p.at, p.old = address, schema.Lock{}
		fmt.Fprintf(&b, "--- %s\n%s", p.plain(strings.ReplaceAll(address, p.dir, "$DIR")), strings.ReplaceAll(p.lock(p.ref("//x", ""), false), "$REPO", strings.ReplaceAll(address, p.dir, "$DIR")))
	}
	golden(t, "testdata/git-bad.txt", p.plain(b.String()))
}
