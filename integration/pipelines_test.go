package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestPipelines runs what examples/ci has a forge run on a pull request, against
// a forge that knows comments only.
func TestPipelines(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("WEIR_NO_SKIP") != "" {
				t.Fatal(err)
			}
			t.Skip("SKIPPED: pipelines are not run, there is no " + program + " on this machine")
		}
	}
	var github struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	read := func(name string, into any) {
		data, err := os.ReadFile(filepath.Join("../examples/ci", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, into); err != nil {
			t.Fatal(err)
		}
	}
	read("github/weir-diff.yml", &github)
	steps := map[string]string{}
	for _, step := range github.Jobs["diff"].Steps {
		steps[step.Name] = step.Run
	}
	var gitlab struct {
		Diff struct{ Script []string } `yaml:"weir diff"`
	}
	read("gitlab/.gitlab-ci.yml", &gitlab)

	forges := map[string]struct {
		script   string
		env      []string
		path     string // of the comments
		edit     string // the method that edits one
		one      string // the path of one
		mine     string // an author as the forge tells it: the bot, somebody else
		somebody string
	}{
		"github": {
			script: steps["Diff"] + "\n" + steps["Summary"] + "\n" + steps["Comment"] + "\nCODE=$(sed -n 's/^code=//p' \"$GITHUB_OUTPUT\" | tail -n 1)\n" + steps["Verdict"],
			env:    []string{"GITHUB_REPOSITORY=acme/shop", "GITHUB_TOKEN=let-me-in", "PULL_REQUEST=7", "BASE=origin/main", "REPORT=https://forge.example/review"},
			path:   "/repos/acme/shop/issues/7/comments", edit: "PATCH", one: "/repos/acme/shop/issues/comments/",
			mine: `{"user": {"login": "github-actions[bot]"}}`, somebody: `{"user": {"login": "ann"}}`,
		},
		"gitlab": {
			script: strings.Join(gitlab.Diff.Script, "\n"),
			env:    []string{"WEIR_COMMENT_TOKEN=let-me-in", "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=7", "CI_JOB_URL=https://forge.example/review"},
			path:   "/projects/3/merge_requests/7/notes", edit: "PUT", one: "/projects/3/merge_requests/7/notes/",
			mine: `{"author": {"id": 9}}`, somebody: `{"author": {"id": 1}}`,
		},
	}
	for name, f := range forges {
		t.Run(name, func(t *testing.T) {
			forge := &forge{t: t, path: f.path, one: f.one, edit: f.edit, mine: f.mine}
			for range 120 { // more than a page, one of them with the marker
				forge.comments = append(forge.comments, comment(f.somebody, len(forge.comments), "<!-- weir:diff -->\nmine, says Ann"))
			}
			server := httptest.NewServer(forge)
			defer server.Close()

			project := reviewed(t)
			base := strings.TrimSpace(project.git("rev-parse", "origin/main"))
			summary, source := filepath.Join(t.TempDir(), "summary"), ""
			review := func() (int, []string) {
				t.Helper()
				cmd := exec.Command("bash", "-eo", "pipefail", "-c", f.script)
				cmd.Dir = project.dir
				cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "XDG_CACHE_HOME="+t.TempDir(),
					"GITHUB_API_URL="+server.URL, "CI_API_V4_URL="+server.URL, "GITHUB_STEP_SUMMARY="+summary, "GITHUB_OUTPUT="+filepath.Join(t.TempDir(), "output"),
					"CI_MERGE_REQUEST_DIFF_BASE_SHA="+base, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA="+source)
				cmd.Env = append(cmd.Env, f.env...)
				out, err := cmd.CombinedOutput()
				if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				if strings.Contains(string(out), "let-me-in") {
					t.Error("the token is in the output")
				}
				if t.Failed() || cmd.ProcessState.ExitCode() == 1 {
					t.Fatalf("%s", out)
				}
				written := forge.written
				forge.written = nil
				return cmd.ProcessState.ExitCode(), written
			}
			expect := func(what string, code int, written ...string) {
				t.Helper()
				gotCode, got := review()
				if diff := gocmp.Diff(append([]string{fmt.Sprint(code)}, written...), append([]string{fmt.Sprint(gotCode)}, got...)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			expect("the first review", 0, "POST "+f.path)
			expect("nothing new", 0)
			project.replace("replicas = 2", "replicas = 4")
			expect("another change", 0, f.edit+" "+f.one+"120")
			project.replace("# claim", claimOnMain)
			project.git("push", "-q", "origin", "HEAD:main", "--force")
			base = strings.TrimSpace(project.git("rev-parse", "HEAD"))
			project.replace(claimOnMain, "# claim")
			expect("a claim goes", 2, f.edit+" "+f.one+"120")

			body := fmt.Sprint(forge.comments[120]["body"])
			if !strings.Contains(body, "[full report](https://forge.example/review") {
				t.Errorf("the comment has no link to the report:\n%s", body)
			}
			if name == "github" {
				if data, err := os.ReadFile(summary); err != nil || !strings.HasSuffix(strings.TrimSpace(string(data)), strings.TrimSpace(body)) {
					t.Errorf("the summary is not the comment: %v\n%s", err, data)
				}
				return
			}
			source = strings.TrimSpace(project.git("rev-parse", "HEAD"))
			project.replace("replicas = 4", "replicas = 9")
			expect("with what others merged", 2, f.edit+" "+f.one+"120")
			if body := fmt.Sprint(forge.comments[120]["body"]); strings.Contains(body, "replicas") {
				t.Errorf("it is in the review:\n%s", body)
			}
		})
	}
}

// TestActionsArePinned: a tag of an action can be moved to another commit.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	files, err := filepath.Glob("../examples/ci/github/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if _, action, found := strings.Cut(line, "uses: "); found && !pinned.MatchString(strings.TrimSpace(action)) {
				t.Errorf("%s: %s", file, action)
			}
		}
	}
}

const claimOnMain = `manifests = ["claim.yaml"]`

// checkedOut is a project in a clone, on a branch of its own.
type checkedOut struct {
	t   *testing.T
	dir string
}

// reviewed is a project whose branch differs from main in one value.
func reviewed(t *testing.T) checkedOut {
	t.Helper()
	dir := t.TempDir()
	p := checkedOut{t, filepath.Join(dir, "clone")}
	if out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", filepath.Join(dir, "origin.git")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("git", "clone", "-q", filepath.Join(dir, "origin.git"), p.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, text := range map[string]string{
		"weir.hcl": `project "shop" {}

cluster "eu" {
  kubernetes = "1.34"
}

environment "production" {
  clusters = ["eu"]
}

release "web" {
  chart  = "./chart"
  values = { replicas = 1 }
  # claim
}
`,
		"claim.yaml":       "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 1Gi\n",
		"chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"chart/templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.0.0
        resources: { limits: { memory: 64Mi } }
`,
		".gitignore": "review.*\n",
	} {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.commit()
	p.git("push", "-q", "origin", "HEAD:main")
	p.git("switch", "-q", "-c", "change")
	p.replace("replicas = 1", "replicas = 2")
	return p
}

func (p checkedOut) git(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("git", append([]string{"-C", p.dir, "-c", "user.name=Ann", "-c", "user.email=ann@example.com"}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p checkedOut) commit() {
	p.t.Helper()
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "change")
}

func (p checkedOut) replace(old, new string) {
	p.t.Helper()
	path := filepath.Join(p.dir, "weir.hcl")
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), old) {
		p.t.Fatalf("no %q in %s: %v", old, path, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.commit()
}

// forge keeps the comments of one pull request, a hundred on a page.
type forge struct {
	t                     *testing.T
	path, one, edit, mine string
	comments              []map[string]any
	written               []string
}

func comment(author string, id int, body string) map[string]any {
	c := map[string]any{}
	_ = json.Unmarshal([]byte(author), &c)
	c["id"], c["body"] = id, body
	return c
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer let-me-in" && r.Header.Get("PRIVATE-TOKEN") != "let-me-in" {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	var sent struct{ Body string }
	if r.Method != http.MethodGet {
		data, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(data, &sent); err != nil || !strings.HasPrefix(sent.Body, "<!-- weir:") {
			f.t.Errorf("%s %s: %v %q", r.Method, r.URL, err, data)
		}
		f.written = append(f.written, r.Method+" "+r.URL.Path)
	}
	id, isOne := strings.CutPrefix(r.URL.Path, f.one)
	switch {
	case r.URL.Path == "/user":
		fmt.Fprint(w, `{"id": 9}`)
	case r.URL.Path == f.path && r.Method == http.MethodGet:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		pages := slices.Collect(slices.Chunk(f.comments, 100))
		shown := []map[string]any{}
		if page >= 1 && page <= len(pages) {
			shown = pages[page-1]
		}
		_ = json.NewEncoder(w).Encode(shown)
	case r.URL.Path == f.path && r.Method == http.MethodPost:
		f.comments = append(f.comments, comment(f.mine, len(f.comments), sent.Body))
		fmt.Fprint(w, "{}")
	case isOne && r.Method == f.edit:
		n, _ := strconv.Atoi(id)
		f.comments[n]["body"] = sent.Body
		fmt.Fprint(w, "{}")
	default:
		http.NotFound(w, r)
	}
}
