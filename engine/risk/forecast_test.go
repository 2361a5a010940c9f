package risk

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weir-dev/weir/engine/diff"
)

// forecasts compares what is said of the releases of each case of a file with the
// case's hits.
func forecasts(t *testing.T, file string, say func([]diff.Release) []string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range casesOf(t, archive) {
		got := ""
		for _, line := range say(c.cluster.Releases) {
			got += line + "\n"
		}
		if strings.HasPrefix(c.name, "near") {
			if got != "" {
				t.Errorf("%s: %s", c.name, got)
			}
			continue
		}
		if *update {
			c.hits.Data = []byte(got)
		}
		if d := cmp.Diff(string(c.hits.Data), got); d != "" || got == "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRestarts(t *testing.T) {
	forecasts(t, "testdata/restarts.txtar", func(releases []diff.Release) []string {
		var said []string
		for _, f := range Restarts(releases[0]) {
			line := fmt.Sprintf("%s/%s@%s %s: %v, %d", f.Environment, f.Release, f.Cluster, f.Object, f.Why, f.Pods)
			if f.PerNode {
				line += " per node"
			}
			if f.Scaler != "" {
				line += " (" + f.Scaler + ")"
			}
			if f.AllAtOnce {
				line += " at once"
			}
			said = append(said, line)
		}
		return said
	})
}

func TestImages(t *testing.T) {
	forecasts(t, "testdata/images.txtar", func(releases []diff.Release) []string {
		var said []string
		for i, images := range Images(releases) {
			for _, c := range images {
				line := fmt.Sprintf("%s %s: %s %q -> %q, %s", c.Object, c.Container, c.Repository, c.From, c.To, c.Step)
				if c.Was != "" {
					line += ", was " + c.Was
				}
				if len(releases) > 1 {
					line = releases[i].Environment + "/" + releases[i].Release + " " + line
				}
				said = append(said, line)
			}
		}
		return said
	})
}

func TestReference(t *testing.T) {
	for image, want := range map[string]reference{
		"nginx":                      {"docker.io", "nginx", "library/nginx", "", ""},
		"nginx:1.27":                 {"docker.io", "nginx", "library/nginx", "1.27", ""},
		"acme/api:1":                 {"docker.io", "acme/api", "acme/api", "1", ""},
		"index.docker.io/acme/api:1": {"docker.io", "index.docker.io/acme/api", "acme/api", "1", ""},
		"localhost/api":              {"localhost", "localhost/api", "api", "", ""},
		"registry:5000/a/b":          {"registry:5000", "registry:5000/a/b", "a/b", "", ""},
		"ghcr.io/a/b:v1@sha256:ff":   {"ghcr.io", "ghcr.io/a/b", "a/b", "v1", "sha256:ff"},
		"ghcr.io/a/b@sha256:ff":      {"ghcr.io", "ghcr.io/a/b", "a/b", "", "sha256:ff"},
		"":                           {"docker.io", "", "library/", "", ""},
	} {
		if got := parseReference(image); got != want {
			t.Errorf("%q: %+v, want %+v", image, got, want)
		}
	}
}
