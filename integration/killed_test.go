package integration

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestKilled kills weir, as `kill -9` does, before its writes: one of every kind,
// or each of them if WEIR_SOAK is set. Whatever the run had done by then, Git
// finds no fault, every branch is at the commit before or the one after, and the
// next run makes of it what an undisturbed one makes; also when that is killed
// in its turn.
func TestKilled(t *testing.T) {
	mortal := mortal(t)
	soak := os.Getenv("WEIR_SOAK") != ""
	seen := map[string]bool{} // kinds of writes
	for _, s := range []struct {
		name   string
		before map[string]string // the project that was hydrated before; nil: none was
		hosted bool              // the states are in remote repositories
		args   []string
		least  int // kinds of writes
	}{
		{name: "change", before: victimBefore, least: 40},
		{name: "first", least: 15},
		{name: "push", before: victimBefore, hosted: true, args: []string{"--push"}, least: 10},
		{name: "first push", hosted: true, args: []string{"--push"}, least: 3},
		{name: "plain again", before: victimBefore, args: []string{"--out", "plain"}, least: 4},
		{name: "plain", args: []string{"--out", "plain"}, least: 1},
	} {
		t.Run(s.name, func(t *testing.T) {
			args := append([]string{"--jobs=1", "hydrate"}, s.args...)
			base := site{t.TempDir()}
			now, before := victim, s.before
			if s.hosted {
				now, before = base.host(t, now), base.host(t, before)
			}
			base.write(t, now)
			if s.before != nil {
				base.write(t, before)
				base.hydrate(t, args)
				base.write(t, now)
			}
			undisturbed := base.copy(t)
			undisturbed.hydrate(t, args)
			old, want := base.look(t), undisturbed.look(t)

			points := base.copy(t).points(t, mortal, args)
			chosen := choose(points, seen)
			if len(chosen) < s.least {
				t.Errorf("only %d new kinds of writes were seen", len(chosen))
			}
			if soak {
				chosen = points
			}
			t.Logf("%d of %d writes", len(chosen), len(points))
			for i, p := range chosen {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					t.Log("killed before", p)
					dead := base.copy(t)
					dead.kill(t, mortal, args, p)
					dead.between(t, old, want)

					// Whoever has to clean up may have bad luck, too.
					if soak || i%4 == 0 {
						left := dead.copy(t).points(t, mortal, args)
						q := left[i*7%len(left)]
						twice := dead.copy(t)
						twice.kill(t, mortal, args, q)
						twice.between(t, old, want)
						twice.hydrate(t, args)
						twice.finished(t, want, "and again before "+q.String())
					}
					dead.hydrate(t, args)
					dead.finished(t, want, "killed once")
				})
			}
		})
	}
}

// buildMortal builds the weir that can be killed, once for all tests.
var buildMortal = sync.OnceValues(func() (program string, err error) {
	program = filepath.Join(bin, "mortal")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-tags=failpoints", "-o", program, "../cmd/weir").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build: %w\n%s", err, out)
	}
	return program, err
})

func mortal(t *testing.T) string {
	t.Helper()
	program, err := buildMortal()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// point is a write of weir: the nth of a kind to a path.
type point struct {
	what, path string
	nth        int
}

func (p point) String() string { return fmt.Sprintf("%s %s (%d)", p.what, p.path, p.nth) }

var (
	// random is what differs from run to run in the name of a file: temporary
	// names, and the directory of the site where it is digested.
	random = regexp.MustCompile(`[0-9]{5,}$|/[0-9a-f]{32}\b`)
	// accidental is what else differs from write to write of one kind.
	accidental = regexp.MustCompile(`[0-9a-f]{2}/[0-9a-f]{38,}|[0-9a-f]{32,}|(objects|record|blob)/..$|[0-9]{5,}|state/[^/]+|\.weir-(new|old)/.*|plain/[^/]+$|/\.[a-z]+\.new-|(manifests|hooks|\.weir)/.*`)
)

// expression matches the writes of a kind to a path.
func (p point) expression() string {
	parts := random.Split(p.path, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return "^" + regexp.QuoteMeta(p.what) + "\t.*" + strings.Join(parts, `/?[0-9a-f]+`) + "$"
}

// choose takes one write of each kind that was not seen yet: now of this
// cluster, now of that.
func choose(points []point, seen map[string]bool) []point {
	var kinds []string
	byKind := map[string][]point{}
	for _, p := range points {
		kind := p.what + " " + accidental.ReplaceAllString(p.path, "*")
		if seen[kind] {
			continue
		}
		if byKind[kind] == nil {
			kinds = append(kinds, kind)
		}
		byKind[kind] = append(byKind[kind], p)
	}
	var chosen []point
	for i, kind := range kinds {
		chosen = append(chosen, byKind[kind][i%len(byKind[kind])])
		seen[kind] = true
	}
	return chosen
}

// site is a directory with a project, a cache and all else that weir writes to.
type site struct{ dir string }

func (s site) project() string { return filepath.Join(s.dir, "project") }

func (s site) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(s.project(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// host puts the states of a project into remote repositories.
func (s site) host(t *testing.T, project map[string]string) map[string]string {
	t.Helper()
	hosted := maps.Clone(project)
	for _, cluster := range []string{"eu", "us"} {
		dir := filepath.Join(s.dir, "hosted", cluster+".git")
		if out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", dir).CombinedOutput(); err != nil {
			t.Fatalf("git init: %v\n%s", err, out)
		}
		name := fmt.Sprintf("cluster %q {\n", cluster)
		if project != nil {
			hosted["weir.hcl"] = strings.Replace(hosted["weir.hcl"], name, name+fmt.Sprintf("  state {\n    repository = \"../hosted/%s.git\"\n  }\n", cluster), 1)
		}
	}
	return hosted
}

// copy keeps links between files: they tell whose a lock is.
func (s site) copy(t *testing.T) site {
	t.Helper()
	to := t.TempDir()
	if out, err := exec.Command("cp", "-a", s.dir+"/.", to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	return site{to}
}

func (s site) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = s.project()
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CACHE_HOME="+filepath.Join(s.dir, "cache"), "TMPDIR="+s.dir,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
		"SOURCE_DATE_EPOCH=1700000000", "NO_COLOR=1", "LC_ALL=C") // what is committed is one commit, whenever
	return cmd
}

func (s site) hydrate(t *testing.T, args []string) {
	t.Helper()
	if out, err := s.command(filepath.Join(bin, "weir"), args...).CombinedOutput(); err != nil {
		t.Fatalf("weir %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// points lists the writes of a run.
func (s site) points(t *testing.T, mortal string, args []string) []point {
	t.Helper()
	cmd := s.command(mortal, args...)
	cmd.Env = append(cmd.Env, "WEIR_FAILPOINT=list")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var points []point
	times := map[string]int{}
	for line := range strings.Lines(strings.ReplaceAll(stderr.String(), s.dir, "")) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 && f[0] == "failpoint" {
			p := point{what: f[1], path: f[2]}
			times[p.expression()]++
			p.nth = times[p.expression()]
			points = append(points, p)
		}
	}
	return points
}

func (s site) kill(t *testing.T, mortal string, args []string, at point) {
	t.Helper()
	cmd := s.command(mortal, args...)
	cmd.Env = append(cmd.Env, fmt.Sprintf("WEIR_FAILPOINT=%d %s", at.nth, at.expression()))
	defer s.orphans(t, cmd)()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%s: not killed: %v\n%s", at, err, out)
	}
}

// orphans returns a wait for the programs that a killed command leaves behind:
// a git that receives goes on tidying up. All of them inherit the end of a pipe.
func (s site) orphans(t *testing.T, cmd *exec.Cmd) func() {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{w}
	return func() {
		w.Close()
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Error(err)
		}
		r.Close()
	}
}

// between expects every repository at the old commit or at the new one, and Git
// to be content.
func (s site) between(t *testing.T, old, new sight) {
	t.Helper()
	for cluster, commit := range s.repositories(t).Commits {
		if commit != old.Commits[cluster] && commit != new.Commits[cluster] {
			t.Errorf("cluster %s is at %q, neither the old commit nor the new one", cluster, commit)
		}
	}
}

// finished expects what an undisturbed run leaves.
func (s site) finished(t *testing.T, want sight, after string) {
	t.Helper()
	if diff := gocmp.Diff(want, s.look(t)); diff != "" {
		t.Errorf("%s (-undisturbed +killed):\n%s", after, diff)
	}
}

// sight is what can be seen of the states.
type sight struct {
	Commits map[string]string // cluster -> commit of main
	Status  map[string]string // cluster -> git status
	Files   map[string]string // content, left out for Git's own files
}

// repositories has Git look at every repository.
func (s site) repositories(t *testing.T) sight {
	t.Helper()
	seen := sight{Commits: map[string]string{}, Status: map[string]string{}, Files: map[string]string{}}
	dirs, err := filepath.Glob(filepath.Join(s.project(), "state", "[a-z]*"))
	if err != nil {
		t.Fatal(err)
	}
	hosted, err := filepath.Glob(filepath.Join(s.dir, "hosted", "*.git"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range append(dirs, hosted...) {
		git := func(args ...string) string {
			t.Helper()
			out, err := s.command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
			}
			return strings.TrimSpace(string(out))
		}
		cluster := filepath.Base(dir)
		if out := git("fsck", "--strict", "--full", "--no-dangling"); strings.Contains(out, "error") {
			t.Errorf("git fsck: %s", out)
		}
		seen.Commits[cluster] = git("for-each-ref", "--format=%(objectname)", "refs/heads/main")
		if filepath.Ext(dir) != ".git" {
			seen.Status[cluster] = git("status", "--porcelain")
		}
	}
	return seen
}

// look adds the files.
func (s site) look(t *testing.T) sight {
	t.Helper()
	seen := s.repositories(t)
	err := filepath.WalkDir(s.project(), func(full string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		path, err := filepath.Rel(s.project(), full)
		if err != nil {
			return err
		}
		seen.Files[path] = ""
		if slices.Contains(strings.Split(path, "/"), ".git") {
			return nil
		}
		data, err := os.ReadFile(full)
		seen.Files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// victim is the project of which a run is killed, victimBefore what it was when
// the last run went well: files change, come and go, and one cluster gets more
// objects than become files of their own.
var victim = map[string]string{
	"weir.hcl": `project "p" {}

cluster "eu" {
  kubernetes = "1.34"
}

cluster "us" {
  kubernetes = "1.34"
}

environment "dev" {
  clusters = ["eu"]
}

environment "prod" {
  clusters = ["us"]
}

release "web" {
  chart  = "./chart"
  values = { size = env.name == "prod" ? 95 : 3 }
}

release "comes" {
  chart  = "./chart"
  values = { size = 1 }
}

removed "goes" {}
`,
	"chart/Chart.yaml":  "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	"chart/values.yaml": "size: 1\nword: new\n",
	"chart/templates/all.yaml": `{{ range $i := until (int .Values.size) }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-{{ $i }}
data:
  word: {{ $.Values.word }}-{{ $i }}
{{- if eq $i 0 }}
  long: {{ repeat 4000 "long " | quote }}
{{- end }}
---
{{ end }}`,
}

var victimBefore = map[string]string{
	"weir.hcl":          strings.NewReplacer(`release "comes"`, `release "goes"`, `removed "goes" {}`, "", "95 : 3", "2 : 4").Replace(victim["weir.hcl"]),
	"chart/values.yaml": "size: 1\nword: old\n",
}
