package state_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/state"
)

// names is a listing without contents.
func names(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			b.WriteString(filepath.ToSlash(rel) + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out", "deep")
	write := func(cluster string, releases ...state.Release) error {
		t.Helper()
		p, err := state.NewPlain(dir)
		if err != nil {
			return err
		}
		defer p.Discard()
		for _, r := range releases {
			if err := p.Put(cluster, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.PutNamespace(cluster, "dev", "web", []byte(webNamespace)); err != nil {
			t.Fatal(err)
		}
		return p.Commit()
	}
	web := asks(release(t, "dev/web", "1", config(t, "web", "a", "1"), hook(config(t, "web", "h", "1"), "pre-install")), "web")
	if err := write("eu", web); err != nil {
		t.Fatal(err)
	}
	same(t, "first", names(t, dir), "eu/.weir/dev/web.json\neu/hooks/dev/web/pre-install/web/configmap_h.yaml\neu/manifests/dev/_namespaces/namespace_web.yaml\neu/manifests/dev/web/web/configmap_a.yaml\n")

	// The same bytes as in a commit.
	at := place(t)
	hydrate(t, at, put(web), namespace("dev", "web", webNamespace))
	if err := os.RemoveAll(filepath.Join(at.Dir, ".git")); err != nil {
		t.Fatal(err)
	}
	same(t, "bytes", listing(t, filepath.Join(dir, "eu")), listing(t, at.Dir))

	if err := write("us", asks(release(t, "dev/api", "1", config(t, "web", "b", "1")), "web")); err != nil {
		t.Fatal(err)
	}
	same(t, "replaced", names(t, dir), "us/.weir/dev/api.json\nus/manifests/dev/_namespaces/namespace_web.yaml\nus/manifests/dev/api/web/configmap_b.yaml\n")
}

func TestPlainRefuses(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "file"), "x")
	writeFile(t, filepath.Join(dir, "mine", "README.md"), "x")
	writeFile(t, filepath.Join(dir, "mine", "eu", "manifests", "a.yaml"), "x")
	for name, want := range map[string]string{
		"file": "<dir>/file: a file is where the output belongs\n  Name a directory, or move the file away.\n",
		"mine": "<dir>/mine: the output directory has files that Weir did not write\n" +
			"  An earlier run's output is replaced as a whole, and these are not from one:\n  README.md\n  eu/manifests/a.yaml\n" +
			"  Name an empty or a new directory, or move these away.\n",
	} {
		before := listing(t, dir)
		_, err := state.NewPlain(filepath.Join(dir, name))
		same(t, name, strings.ReplaceAll(refused(t, err), dir, "<dir>"), want)
		same(t, "files", listing(t, dir), before)
	}
}

func TestPlainDiscard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p, err := state.NewPlain(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Put("eu", release(t, "dev/web", "1", config(t, "web", "a", "1"))); err != nil {
		t.Fatal(err)
	}
	if err := p.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}
