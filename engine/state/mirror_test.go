package state_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/weir-dev/weir/engine/state"
)

// filled is a server with a few commits by three machines, and the cache of the
// first of them: packs and loose objects, of its own pushes and of fetches.
func filled(t *testing.T) (server state.Location, cache string) {
	t.Helper()
	server, cache = bare(t), t.TempDir()
	at := awayWith(t, server, cache, "")
	var wants []want
	for _, r := range many(t, 12) {
		wants = append(wants, put(r))
	}
	other := away(t, server, "")
	hydrate(t, other, wants...)                                                    // fetched: a pack
	hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))))      // pushed: a pack
	hydrate(t, other, put(release(t, "dev/other", "1", config(t, "y", "b", "1")))) // fetched: loose
	open(t, at)
	return server, cache
}

// damages are what may happen to a file: by a disk, by a kill, by a person.
var damages = []struct {
	name string
	do   func(path string, data []byte) error
}{
	{"gone", func(path string, _ []byte) error { return os.Remove(path) }},
	{"empty", func(path string, _ []byte) error { return overwrite(path, nil) }},
	{"cut", func(path string, data []byte) error { return overwrite(path, data[:len(data)/2]) }},
	{"begins otherwise", func(path string, data []byte) error { return overwrite(path, flipped(data, 0)) }},
	{"a bit in the middle", func(path string, data []byte) error { return overwrite(path, flipped(data, len(data)/2)) }},
	{"a bit later", func(path string, data []byte) error { return overwrite(path, flipped(data, len(data)*3/4)) }},
	{"ends otherwise", func(path string, data []byte) error { return overwrite(path, flipped(data, len(data)-1)) }},
	{"garbage", func(path string, data []byte) error {
		return overwrite(path, bytes.Repeat([]byte("\x00x\n"), len(data)/3+1))
	}},
	{"zeros", func(path string, data []byte) error { return overwrite(path, make([]byte, len(data))) }},
	{"longer", func(path string, data []byte) error { return overwrite(path, append(data, "more\n"...)) }},
	{"a directory", func(path string, _ []byte) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return os.Mkdir(path, 0o755)
	}},
}

// overwrite replaces a file whose mode may be read-only.
func overwrite(path string, data []byte) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func flipped(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 0x10
	return data
}

// cacheFiles are one file of each kind, of which some are damaged together: all
// packs, all loose objects.
func cacheFiles(t *testing.T, dir string) map[string][]string {
	t.Helper()
	kinds := map[string][]string{}
	for _, pattern := range []string{"config", "HEAD", "shallow", "refs/heads/main", "objects/pack/*.pack", "objects/pack/*.idx", "objects/??/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s", pattern)
		}
		kinds[pattern] = files
	}
	return kinds
}

// TestMirrorHeals damages each kind of file of a cache in each way, and then
// hydrates, with the remote as it was and with one that moved: what comes is
// the same as with a cache that was never there.
func TestMirrorHeals(t *testing.T) {
	server, cache := filled(t)
	dir := awayWith(t, server, cache, "").Dir
	moved := state.Location{Dir: filepath.Join(t.TempDir(), "moved.git")}
	if err := os.CopyFS(moved.Dir, os.DirFS(server.Dir)); err != nil {
		t.Fatal(err)
	}
	r := release(t, "prod/web", "1", config(t, "prod", "a", "1"))
	hydrate(t, away(t, moved, ""), put(r))

	for kind, files := range cacheFiles(t, dir) {
		for _, damage := range damages {
			for _, then := range []struct {
				name   string
				server state.Location
			}{{"as it was", server}, {"moved", moved}} {
				t.Run(fmt.Sprintf("%s/%s/%s", strings.ReplaceAll(kind, "/", "-"), damage.name, then.name), func(t *testing.T) {
					here := t.TempDir()
					at := awayWith(t, then.server, here, "")
					if err := os.CopyFS(at.Dir, os.DirFS(dir)); err != nil {
						t.Fatal(err)
					}
					for _, file := range files {
						data, err := os.ReadFile(file)
						if err != nil {
							t.Fatal(err)
						}
						rel, _ := filepath.Rel(dir, file)
						if err := damage.do(filepath.Join(at.Dir, rel), data); err != nil {
							t.Fatal(err)
						}
					}
					whole(t, then.server, at)
					whole(t, then.server, at) // as the first one left it
				})
			}
		}
	}
}

// whole reads everything that a state has, and finds that nothing of it changes.
func whole(t *testing.T, server, at state.Location) {
	t.Helper()
	_, head := open(t, at)
	same(t, "commit", string(head.Commit()), strings.TrimSpace(git(t, server, "rev-parse", "main")))
	keys, err := head.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) < 14 {
		t.Errorf("only %d releases", len(keys))
	}
	for _, k := range keys {
		if _, err := head.Metadata(k); err != nil {
			t.Fatal(err)
		}
		files, err := head.Files(k)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range files {
			if _, err := head.Blob(id); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := state.NewStage(head).Plan()
	if err != nil || !c.Empty() {
		t.Errorf("changed: %v", err)
	}
}

// TestMirrorDamagedWhileOpen damages a cache that a run has open, before and
// after the remote moved.
func TestMirrorDamagedWhileOpen(t *testing.T) {
	for _, then := range []string{"as it was", "moved", "rewritten"} {
		t.Run(then, func(t *testing.T) {
			server, cache := filled(t)
			at := awayWith(t, server, cache, "")
			_, head := open(t, at)
			switch then {
			case "moved":
				hydrate(t, away(t, server, ""), put(release(t, "prod/web", "1", config(t, "prod", "a", "1"))))
			case "rewritten":
				// Nobody can have the commit any more.
				git(t, server, "update-ref", "refs/heads/main", "main~2")
				git(t, server, "reflog", "expire", "--expire=now", "--all")
				git(t, server, "gc", "-q", "--prune=now")
			}
			if err := os.RemoveAll(filepath.Join(at.Dir, "objects")); err != nil {
				t.Fatal(err)
			}
			keys, err := head.Keys()
			if then == "rewritten" {
				if !isMoved(err) {
					t.Errorf("not moved, but: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "releases", len(keys), 14)
			agree(t, server, at)
		})
	}
}

// TestMirrorOfDamagedRemote is a fault that no fetching heals.
func TestMirrorOfDamagedRemote(t *testing.T) {
	server, cache := filled(t)
	blob := strings.TrimSpace(git(t, server, "rev-parse", "main:manifests/dev/web/x/configmap_a.yaml"))
	for _, file := range []string{"objects/" + blob[:2] + "/" + blob[2:]} {
		if err := overwrite(filepath.Join(server.Dir, file), []byte("garbage")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	_, err := headOf(awayWith(t, server, cache, ""))
	if err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), server.Dir) || strings.Contains(err.Error(), cache) {
		t.Errorf("not about the remote: %v", err)
	}
}

// TestMirrorShared has readers on two branches of one cache, while the cache is
// taken away again and again.
func TestMirrorShared(t *testing.T) {
	server, cache := filled(t)
	git(t, server, "branch", "second", "main")
	hydrate(t, away(t, server, "second"), put(release(t, "prod/web", "1", config(t, "prod", "a", "1"))))
	dir := awayWith(t, server, cache, "").Dir
	done := make(chan struct{})
	var readers, vandal sync.WaitGroup
	vandal.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
			if err != nil {
				t.Error(err)
				return
			}
			away := fmt.Sprintf("%s.%d", dir, i)
			if os.Rename(dir, away) == nil {
				os.RemoveAll(away)
			}
			unlock()
		}
	})
	for i := range 4 {
		at := awayWith(t, server, cache, []string{"main", "second"}[i%2])
		readers.Go(func() {
			for range 5 {
				if err := readAll(at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	close(done)
	vandal.Wait()
	agree(t, server, awayWith(t, server, cache, ""))
	agree(t, server, awayWith(t, server, cache, "second"))
}

func readAll(at state.Location) error {
	r, err := state.Open(context.Background(), at)
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := r.Head(context.Background())
	if err != nil {
		return err
	}
	keys, err := head.Keys()
	if err != nil {
		return err
	}
	if len(keys) < 14 {
		return fmt.Errorf("only %d releases", len(keys))
	}
	for _, k := range keys {
		if _, err := head.Metadata(k); err != nil {
			return err
		}
	}
	return nil
}

// TestMirrorIsBounded: a cache does not grow without end, by packs of its own or
// by what killed runs leave.
func TestMirrorIsBounded(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	packs := func() int {
		files, err := os.ReadDir(filepath.Join(at.Dir, "objects", "pack"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for i := range 5 {
		hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", fmt.Sprint(i)))))
	}
	same(t, "files of five packs", packs(), 10)
	for i := range 91 {
		writeFile(t, filepath.Join(at.Dir, "objects", "pack", fmt.Sprintf("tmp_pack_%d", i)), "half")
	}
	hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "more"))))
	if n := packs(); n > 10 {
		t.Errorf("%d files among the packs", n)
	}
	agree(t, server, at)
	for i := range 28 {
		writeFile(t, filepath.Join(at.Dir, "objects", "17", fmt.Sprintf("%038x", i)), "half")
	}
	agree(t, server, at)
	if _, err := os.Stat(filepath.Join(at.Dir, "objects", "17", strings.Repeat("0", 38))); err == nil {
		t.Error("the loose objects are still there")
	}
}

// TestMirrorForeign is something else in the place of a cache.
func TestMirrorForeign(t *testing.T) {
	for name, begin := range map[string]func(*testing.T, state.Location){
		"file":      func(t *testing.T, at state.Location) { writeFile(t, at.Dir, "mine\n") },
		"directory": func(t *testing.T, at state.Location) { writeFile(t, filepath.Join(at.Dir, "a", "b"), "mine\n") },
		"work tree": func(t *testing.T, at state.Location) {
			mkdir(t, at.Dir)
			git(t, at, "init", "-q")
		},
		"bare": func(t *testing.T, at state.Location) {
			mkdir(t, at.Dir)
			git(t, at, "init", "-q", "--bare", "-b", "main")
		},
		"link": func(t *testing.T, at state.Location) {
			mkdir(t, filepath.Dir(at.Dir))
			elsewhere := t.TempDir()
			if err := os.Symlink(elsewhere, at.Dir); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if files, err := os.ReadDir(elsewhere); err != nil || len(files) > 0 {
					t.Errorf("written through the link: %v %v", files, err)
				}
			})
		},
		"dropped before": func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir+".dropped", "a"), "left\n")
			writeFile(t, filepath.Join(at.Dir, "HEAD"), "half")
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := bare(t)
			at := away(t, server, "")
			begin(t, at)
			hydrate(t, at, put(before(t)))
			agree(t, server, at)
			if _, err := os.Lstat(at.Dir + ".dropped"); err == nil {
				t.Error("what was dropped is still there")
			}
		})
	}
}
