package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/integration/chartserver"
)

// TestVendorKilled kills weir before its writes while it vendors, vendors newer
// charts, and removes what is no longer locked. No other bytes than those of the
// lock are ever taken from there, and the next run does what an undisturbed one
// does, leaving nothing behind.
func TestVendorKilled(t *testing.T) {
	mortal := mortal(t)
	server := chartserver.New(t)
	add := func(version string, extra ...string) {
		server.Add("app", version, append([]string{"values.yaml", "a: " + version + "\n", "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n"}, extra...)...)
	}
	add("1.0.0", "templates/gone.yaml", "# {{/* in this version only */}}\n")
	project := func(releases string) string {
		return `project "p" {}

cluster "c" {
  kubernetes = "1.34"
}

environment "dev" {
  clusters = ["c"]
}

repository "main" {
  url = "` + server.URL + `"
}
` + releases
	}
	const newest = "\nrelease \"app\" {\n  chart   = \"main/app\"\n  version = \"^1\"\n}\n"
	base := site{t.TempDir()}
	base.write(t, map[string]string{"weir.hcl": project(newest)})
	base.hydrate(t, []string{"lock"})
	vendored := base.copy(t)
	vendored.hydrate(t, []string{"vendor"})
	add("1.1.0", "templates/new.yaml", "# {{/* since this version */}}\n")
	updated := vendored.copy(t)
	updated.hydrate(t, []string{"update"})
	emptied := vendored.copy(t)
	emptied.write(t, map[string]string{"weir.hcl": project("\nremoved \"app\" {}\n")})
	emptied.hydrate(t, []string{"lock"})
	args := []string{"--jobs=1", "vendor"}
	for name, s := range map[string]struct {
		from  site
		least int
	}{"first": {base, 8}, "newer": {updated, 8}, "none": {emptied, 3}} {
		undisturbed := s.from.copy(t)
		undisturbed.hydrate(t, args)
		want := undisturbed.vendored(t)
		chosen := choose(s.from.copy(t).points(t, mortal, args), map[string]bool{})
		if len(chosen) < s.least {
			t.Errorf("%s: only %d kinds of writes were seen: %v", name, len(chosen), chosen)
		}
		for _, p := range chosen {
			dead := s.from.copy(t)
			dead.kill(t, mortal, args, p)
			dead.hydrate(t, args)
			if diff := gocmp.Diff(want, dead.vendored(t)); diff != "" {
				t.Errorf("%s, killed before %s: the next run (-undisturbed +killed):\n%s", name, p, diff)
			}
			dead.hydrate(t, []string{"vendor", "--check"})
		}
	}
}

// vendored is what is below vendor/charts, by path.
func (s site) vendored(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := filepath.Join(s.project(), "vendor")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) && path == root {
			return nil
		}
		name := strings.TrimPrefix(path, root)
		if err != nil || name == "" || name == "/charts" { // Git has no empty directories
			return err
		}
		if entry.IsDir() {
			found[name] = "a directory"
			return nil
		}
		data, err := os.ReadFile(path)
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
