package state_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/integration/gitserver"
)

// over is a bare repository seen over a network.
func over(t *testing.T, address, cache string) state.Location {
	t.Helper()
	nobody := func(string) string { return "" }
	r, err := remote.New(address, "", &remote.Access{Env: nobody, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return state.At(r, cache, "")
}

// TestRemoteHTTP counts what is asked of a server, and looks for the password
// in what is kept and said.
func TestRemoteHTTP(t *testing.T) {
	server := bare(t)
	const password = "s3cr3t-horse"
	http := gitserver.HTTP(t, filepath.Dir(server.Dir), gitserver.Login("ann", password))
	cache := t.TempDir()
	at := over(t, strings.Replace(http.URL, "://", "://ann:"+password+"@", 1)+"/state.git", cache)
	same(t, "name", at.Name, http.URL+"/state.git")
	asked := 0
	requests := func() string {
		all := http.Requests()
		since := all[asked:]
		asked = len(all)
		var kept []string
		for _, r := range since {
			if strings.HasSuffix(r, " as ann") { // not what was turned away
				kept = append(kept, strings.TrimSuffix(r, " as ann"))
			}
		}
		return strings.Join(kept, "\n")
	}

	hydrate(t, at, put(before(t)))
	same(t, "first", requests(), "GET /state.git/info/refs\nGET /state.git/info/refs\nPOST /state.git/git-receive-pack")
	hydrate(t, at, put(before(t)))
	same(t, "nothing changed", requests(), "GET /state.git/info/refs")
	hydrate(t, at, put(after(t)))
	same(t, "changed", requests(), "GET /state.git/info/refs\nGET /state.git/info/refs\nPOST /state.git/git-receive-pack")
	hydrate(t, away(t, server, ""), put(release(t, "prod/web", "1", config(t, "prod", "a", "1"))))
	hydrate(t, at, put(after(t)))
	same(t, "somebody else's", requests(), "GET /state.git/info/refs\nPOST /state.git/git-upload-pack")
	agree(t, server, at)

	err := filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), password) || strings.Contains(path, password) || strings.Contains(string(data), "ann") && filepath.Base(path) == "config" {
			t.Errorf("the password is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(server.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err = headOf(at); err == nil || strings.Contains(fmt.Sprint(err), password) {
		t.Errorf("gone: %v", err)
	}
}

// TestRemoteCut breaks the connections of a run after some bytes, in either
// direction. The run fails in a way that says it may be tried again, or it does
// not; the cache is not thrown away for it; and the next run has all.
func TestRemoteCut(t *testing.T) {
	server := bare(t)
	http := gitserver.HTTP(t, filepath.Dir(server.Dir))
	line := gitserver.NewLine(t, http.Host)
	address := "http://" + line.Addr + "/state.git"
	cache := t.TempDir()
	var wants []want
	for _, r := range many(t, 12) {
		wants = append(wants, put(r))
	}
	hydrate(t, over(t, address, cache), wants...)
	moved := map[bool]int{}
	n := 0
	for _, kind := range []string{"down", "up"} {
		for at := int64(100); at < 6000; at = at * 5 / 3 {
			n++
			if n%2 == 0 { // there is something to fetch
				hydrate(t, away(t, server, ""), put(release(t, "prod/web", "1", config(t, "prod", "a", fmt.Sprint(n)))))
			}
			r, text := over(t, address, cache), fmt.Sprint(n)
			mine := put(release(t, "dev/mine", text, config(t, "mine", "a", strings.Repeat(text, 300)), config(t, "mine", "b", text)))
			old := rev(t, server, "main")
			faults := gitserver.Faults{CutDown: at}
			if kind == "up" {
				faults = gitserver.Faults{CutUp: at}
			}
			line.Set(faults)
			_, result, err := tryHydrate(t, r, mine)
			line.Set(gitserver.Faults{})
			now := rev(t, server, "main")
			moved[now != old]++
			switch {
			case err == nil:
				same(t, "new", result.New, now)
			case !remote.Temporary(err):
				t.Errorf("%s after %d bytes: not temporary: %v", kind, at, err)
			case now != old:
				same(t, "arrived unknown", result.New, now)
			}
			if packs, _ := filepath.Glob(filepath.Join(r.Dir, "objects/pack/*.pack")); len(packs) == 0 {
				t.Error("the cache was thrown away")
			}
			r = over(t, address, cache) // with connections of its own
			hydrate(t, r, mine)
			consistent(t, server, r)
		}
	}
	if moved[true] == 0 || moved[false] == 0 {
		t.Errorf("all ended alike: %v", moved)
	}
	agree(t, server, over(t, address, cache))
}

// TestRemoteHealsOverHTTP: a connection that breaks while a damaged cache is
// brought again is told as what it is, and the next look heals.
func TestRemoteHealsOverHTTP(t *testing.T) {
	server := bare(t)
	http := gitserver.HTTP(t, filepath.Dir(server.Dir))
	line := gitserver.NewLine(t, http.Host)
	cache := t.TempDir()
	there := func() state.Location { return over(t, "http://"+line.Addr+"/state.git", cache) }
	hydrate(t, there(), put(before(t)))
	cut := 0
	for bytes := int64(300); bytes < 2500; bytes += 150 {
		at := there()
		line.Set(gitserver.Faults{CutDown: bytes})
		r, err := state.Open(context.Background(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		head, err := r.Head(context.Background())
		if err == nil {
			if err := os.RemoveAll(filepath.Join(at.Dir, "objects")); err != nil {
				t.Fatal(err)
			}
			if _, err = head.Keys(); err != nil {
				cut++
			}
		}
		if err != nil && !remote.Temporary(err) {
			t.Errorf("after %d bytes: not temporary: %v", bytes, err)
		}
		line.Set(gitserver.Faults{})
		if head == nil {
			continue
		}
		keys, err := head.Keys()
		for err != nil && remote.Temporary(err) { // of the old connection
			keys, err = head.Keys()
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, "releases", keys, []state.Key{{Environment: "dev", Release: "web"}})
	}
	if cut == 0 {
		t.Error("no connection broke in the middle of a look")
	}
	agree(t, server, there())
}
