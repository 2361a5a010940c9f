package remote_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/weir-dev/weir/engine/remote"
)

// project is a repository with everything that a tree can have in it.
func project(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	p.write("work/weir.hcl", "project \"shop\" {}\n")
	p.write("work/charts/web/Chart.yaml", "name: web\n")
	p.write("work/charts/web/templates/a.yaml", "a: 1\n")
	p.write("work/charts.txt", "sorts before charts/ in Git\n")
	p.write("work/run.sh", "#!/bin/sh\n")
	p.write("work/empty", "")
	if err := errors.Join(
		os.Chmod(p.path("work/run.sh"), 0o755),
		os.Chmod(p.path("work/weir.hcl"), 0o644),
		os.Chmod(p.path("work/empty"), 0o644),
		os.Symlink("charts/web", p.path("work/link")),
		os.Symlink("../../weir.hcl", p.path("work/charts/web/project")),
		os.Symlink("../../../../etc/passwd", p.path("work/charts/web/out")),
		os.Symlink("/etc/passwd", p.path("work/absolute")),
		os.Symlink("round", p.path("work/round")),
		os.Symlink("nowhere", p.path("work/dangling")),
	); err != nil {
		t.Fatal(err)
	}
	p.git("-C", "work", "add", "-A")
	p.git("-C", "work", "update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,module")
	p.git("-C", "work", "commit", "-q", "-m", "one")
	p.git("-C", "work", "push", "-q", "../shop.git", "main")
	return p
}

func TestTreeFS(t *testing.T) {
	p := project(t)
	fsys, tip, err := p.remote(p.path("shop.git")).FetchTree(t.Context(), "main")
	if err != nil {
		t.Fatal(p.said(err))
	}
	p.same("tip", shown(tip), p.git("-C", "work", "rev-parse", "main")+" refs/heads/main\n")

	var b strings.Builder
	try := func(name string) {
		fmt.Fprintf(&b, "%-32s", name)
		info, err := fs.Stat(fsys, name)
		if err != nil {
			fmt.Fprintf(&b, "%v\n", err)
			return
		}
		data, err := fs.ReadFile(fsys, name)
		fmt.Fprintf(&b, "%s %q %v\n", fs.FormatFileInfo(info), data, err)
	}
	walk(t, fsys, &b)
	b.WriteString("\n")
	for _, name := range []string{"link/Chart.yaml", "link/project", "charts/web/out", "absolute", "round", "dangling", "module/a", "weir.hcl/a", "gone", "link", "../shop", "/etc"} {
		try(name)
	}
	p.golden("tree", b.String())

	// What fstest wants of a link at the end of a name is that it can be opened.
	sound, err := fs.Sub(fsys, "charts/web/templates")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(sound, "a.yaml"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"charts/web/out", "absolute", "round", "dangling"} {
		p.git("-C", "work", "rm", "-q", name)
	}
	p.git("-C", "work", "commit", "-q", "-m", "two")
	p.git("-C", "work", "push", "-q", "../shop.git", "main")
	if fsys, _, err = p.remote(p.path("shop.git")).FetchTree(t.Context(), "main"); err != nil {
		t.Fatal(p.said(err))
	}
	if err := fstest.TestFS(fsys, "weir.hcl", "charts/web/templates/a.yaml", "charts/web/project", "link", "module", "empty", "run.sh"); err != nil {
		t.Error(err)
	}
}

// walk lists a tree, links as links.
func walk(t *testing.T, fsys fs.FS, b *strings.Builder) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s %s %d", name, info.Mode(), info.Size())
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := fs.ReadLink(fsys, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, " -> %s", target)
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTreeFSIsACheckout compares with the files that Git writes.
func TestTreeFSIsACheckout(t *testing.T) {
	p := project(t)
	fsys, _, err := p.remote(p.path("shop.git")).FetchTree(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(p.said(err))
	}
	p.git("clone", "-q", "shop.git", "copy")
	if err := os.RemoveAll(p.path("copy/.git")); err != nil {
		t.Fatal(err)
	}
	var got, want strings.Builder
	for b, fsys := range map[*strings.Builder]fs.FS{&got: fsys, &want: os.DirFS(p.path("copy"))} {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				fmt.Fprintln(b, name, d.Type(), err)
				return err
			}
			data, err := fs.ReadFile(fsys, name)
			info, _ := d.Info()
			fmt.Fprintf(b, "%s %v %q %v\n", name, info.Mode()&0o100, data, err)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.same("files", got.String(), want.String())
}

func TestTreeFSIsSafeForConcurrentUse(t *testing.T) {
	p := project(t)
	fsys, _, err := p.remote(p.path("shop.git")).FetchTree(t.Context(), "main")
	if err != nil {
		t.Fatal(p.said(err))
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			var b strings.Builder
			walk(t, fsys, &b)
			if data, err := fs.ReadFile(fsys, "link/project"); string(data) != "project \"shop\" {}\n" {
				t.Errorf("%q %v", data, err)
			}
		})
	}
	wait.Wait()
}

// TestTreeFSDoubtsTheStore gives it objects that are not what they should be.
func TestTreeFSDoubtsTheStore(t *testing.T) {
	store := memory.NewStorage()
	put := func(kind plumbing.ObjectType, data string) plumbing.Hash {
		o := &plumbing.MemoryObject{}
		o.SetType(kind)
		o.Write([]byte(data))
		id, err := store.SetEncodedObject(o)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	blob := put(plumbing.BlobObject, "a: 1\n")
	raw := string(blob[:])
	commit := func(tree string) plumbing.Hash {
		id := put(plumbing.TreeObject, tree)
		return put(plumbing.CommitObject, "tree "+id.String()+"\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n")
	}
	for name, c := range map[string]struct{ tree, want string }{
		"up":      {"100644 ..\x00" + raw, `read tree ID: it has an entry of the name ".."`},
		"slash":   {"100644 a/b\x00" + raw, `read tree ID: it has an entry of the name "a/b"`},
		"nothing": {"100644 \x00" + raw, `read tree ID: it has an entry of the name ""`},
		"twice":   {"100644 a\x00" + raw + "40000 a\x00" + raw, `read tree ID: it has two entries of the name "a"`},
		"cut":     {"100644 a\x00" + raw[:19], `read tree ID: it is malformed`},
		"no mode": {"a\x00" + raw, `read tree ID: it is malformed`},
		"empty":   {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := remote.TreeFS(store, commit(c.tree))
			got := ""
			if err != nil {
				got = objectID.ReplaceAllString(err.Error(), "ID")
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}

	good := commit("100644 a\x00" + raw + "40000 b\x00" + raw + "100664 old\x00" + raw)
	fsys, err := remote.TreeFS(store, good)
	if err != nil {
		t.Fatal(err)
	}
	info, err := fs.Stat(fsys, "old")
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("a mode of old: %v %v", info, err)
	}
	if _, err := fs.ReadDir(fsys, "b"); err == nil {
		t.Error("a blob is a directory")
	}
	store.Objects[blob].(*plumbing.MemoryObject).Write([]byte("b: 2\n"))
	if data, err := fs.ReadFile(fsys, "a"); err == nil {
		t.Errorf("a changed object is read: %q", data)
	}
	if _, err := remote.TreeFS(store, blob); err == nil {
		t.Error("a blob is a commit")
	}
}

func TestFetchTreeRefuses(t *testing.T) {
	p := shop(t)
	var b strings.Builder
	for _, rev := range []string{"gone", strings.Repeat("0123", 10)} {
		_, tip, err := p.remote(filepath.Join(p.dir, "shop.git")).FetchTree(t.Context(), rev)
		fmt.Fprintf(&b, "--- %s\n%s", rev, p.said(err))
		if tip != (remote.Tip{}) {
			t.Errorf("%s: a tip beside an error: %v", rev, tip)
		}
	}
	p.golden("tree-refused", b.String())
}

// TestTreeFSPointer reads what Git LFS leaves in the place of a file.
func TestTreeFSPointer(t *testing.T) {
	p := newPlace(t)
	p.write("work/chart.tgz", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n")
	p.git("-C", "work", "add", "-A")
	p.git("-C", "work", "commit", "-q", "-m", "one")
	p.git("-C", "work", "push", "-q", "../shop.git", "main")
	fsys, _, err := p.remote(p.path("shop.git")).FetchTree(t.Context(), "main")
	if err != nil {
		t.Fatal(p.said(err))
	}
	_, read := fs.ReadFile(fsys, "chart.tgz")
	_, open := fsys.Open("chart.tgz")
	p.same("what is said", fmt.Sprintf("%v\n%v\n", read, open), "read chart.tgz: it is a pointer of Git LFS, whose content is not in the repository\n"+
		"open chart.tgz: it is a pointer of Git LFS, whose content is not in the repository\n")
}
