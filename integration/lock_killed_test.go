package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
)

// TestLockKilled kills weir before its writes while it locks, updates, or fills
// the cache of charts. The lock is the one before or the one after, nothing in
// the cache is other than its name says, no lock of any kind is left behind, and
// the next run does what an undisturbed one does.
func TestLockKilled(t *testing.T) {
	mortal := mortal(t)
	server := chartserver.New(t)
	add := func(version string) {
		server.Add("app", version, "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n")
		server.Add("dep", version, "templates/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dep\n")
	}
	add("1.0.0")
	base := site{t.TempDir()}
	base.write(t, map[string]string{
		"weir.hcl": `project "p" {}

cluster "c" {
  kubernetes = "1.34"
}

environment "dev" {
  clusters = ["c"]
}

repository "main" {
  url = "` + server.URL + `"
}

release "app" {
  chart   = "main/app"
  version = "^1"
}

release "umbrella" {
  chart = "./umbrella"
}
`,
		"umbrella/Chart.yaml": "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n  - name: dep\n    version: ^1\n    repository: \"@main\"\n",
	})
	locked := base.copy(t)
	locked.hydrate(t, []string{"lock"})
	refill := locked.copy(t)
	if err := os.RemoveAll(filepath.Join(refill.dir, "cache")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{} // kinds of writes; those of the lock are others where there is one
	for _, scenario := range []struct {
		name  string
		from  site
		args  []string
		least int // kinds of writes that are new
		newer bool
	}{
		{name: "fill", from: refill, args: []string{"--jobs=1", "validate"}, least: 4},
		{name: "lock", from: base, args: []string{"--jobs=1", "lock"}, least: 9},
		{name: "update", from: locked, args: []string{"--jobs=1", "update"}, least: 5, newer: true},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			if scenario.newer {
				add("1.1.0")
			}
			old := scenario.from.lock(t)
			undisturbed := scenario.from.copy(t)
			undisturbed.hydrate(t, scenario.args)
			want := undisturbed.lock(t)
			points := scenario.from.copy(t).points(t, mortal, scenario.args)
			maps.DeleteFunc(seen, func(kind string, _ bool) bool { return strings.HasSuffix(kind, schema.LockFile) })
			chosen := choose(points, seen)
			if len(chosen) < scenario.least {
				t.Errorf("only %d new kinds of writes were seen: %v", len(chosen), chosen)
			}
			for i, p := range chosen {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					t.Log("killed before", p)
					dead := scenario.from.copy(t)
					dead.kill(t, mortal, scenario.args, p)
					if now := dead.lock(t); now != old && now != want {
						t.Errorf("the lock is neither the old nor the new one:\n%s", now)
					}
					dead.proven(t)
					dead.hydrate(t, scenario.args)
					if diff := gocmp.Diff(want, dead.lock(t)); diff != "" {
						t.Errorf("the next run (-undisturbed +killed):\n%s", diff)
					}
					dead.proven(t)
				})
			}
		})
	}
}

// lock is the text of the project's lock; empty where there is none.
func (s site) lock(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.project(), "weir.lock.hcl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// proven expects every chart in the cache to be what its name says.
func (s site) proven(t *testing.T) {
	t.Helper()
	root := filepath.Join(s.dir, "cache", "weir", "charts")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == root {
			return nil
		}
		if err != nil || entry.IsDir() || whole.IsUnfinished(entry.Name()) {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		if name := filepath.Base(filepath.Dir(path)) + entry.Name(); err == nil && name != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not what its name says", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
