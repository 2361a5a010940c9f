package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/schema/diag"
)

// beside are the files that a bad weir.hcl may name.
var beside = map[string]string{
	"charts/app/Chart.yaml":          "apiVersion: v2\nname: app\nversion: 0.1.0\n",
	"values/ok.yaml":                 "a: 1\n",
	"values/broken.yaml":             "a: 1\nb: [\n",
	"more/web.hcl":                   "locals {\n  domain = \"b\"\n}\n\nrelease \"keys\" {\n  chart = \"../charts/app\"\n}\n",
	"kustomize/a/kustomization.yaml": "resources: []\n",
	"kustomize/b/kustomization.yaml": "resources: []\n",
	"endless.tpl":                    "%{for a in n}%{for b in n}%{for c in n}${a}%{endfor}%{endfor}%{endfor}",
	"t.tpl":                          "one\n${b}\n",
}

// project writes a project into a new directory.
func project(t testing.TB, weir string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	for name, data := range beside {
		write(t, dir, name, data)
	}
	write(t, dir, projectFile, weir)
	write(t, filepath.Dir(dir), "outside.yaml", "a: 1\n")
	if err := os.Symlink("../outside.yaml", filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, dir, name, data string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// everything evaluates all releases of all targets.
func everything(p *Project) diag.List {
	var list diag.List
	for _, target := range p.Targets() {
		headers, more := p.Headers(target)
		list = append(list, more...)
		for _, h := range headers {
			_, more := p.Release(h, target)
			list = append(list, more...)
		}
	}
	return list.Sorted()
}

// TestBad compares all that is said to each testdata/bad/*.hcl with the text beside it.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".hcl")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, list := Load(Options{Dir: project(t, string(data))})
			list = append(list, everything(p)...)
			for _, d := range list {
				if d.Subject.File == "" || d.Remedy == "" || strings.Contains(d.Summary, "\n") {
					t.Errorf("lacks a place, a remedy or a one-line summary: %+v", d)
				}
			}
			golden(t, name+".txt", shown(t, p, list))
		})
	}
}
