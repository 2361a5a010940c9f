package integration

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestFull hydrates onto a file system with ever more space left. Where it is
// not enough the run says so, the repositories are whole, and the next run, with
// more of it, makes what an undisturbed one makes.
func TestFull(t *testing.T) {
	args := []string{"--jobs=1", "hydrate"}
	for _, before := range []map[string]string{nil, victimBefore} {
		base := site{t.TempDir()}
		base.write(t, victim)
		if before != nil {
			base.write(t, before)
			base.hydrate(t, args)
			base.write(t, victim)
		}
		undisturbed := base.copy(t)
		undisturbed.hydrate(t, args)
		old, want := base.look(t), undisturbed.look(t)
		failed := 0
		for free := 0; ; free = max(4, 2*free) { // KiB; a page is four
			full := base.copy(t)
			state := filepath.Join(full.project(), "state")
			if err := os.MkdirAll(state, 0o755); err != nil {
				t.Fatal(err)
			}
			mount(t, state, "size=4m")
			copyTree(t, filepath.Join(base.project(), "state"), state)
			filler := filepath.Join(state, ".filler")
			fill(t, filler, free<<10)
			out, err := full.command(filepath.Join(bin, "weir"), args...).CombinedOutput()
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			if err == nil {
				full.finished(t, want, fmt.Sprintf("%d KiB were enough", free))
				break
			}
			failed++
			if code := exitCode(err); code != 1 {
				t.Errorf("%d KiB free: exit code %d", free, code)
			}
			said := string(out)
			if i := strings.Index(said, "Error: "); i >= 0 {
				said = said[i:]
			}
			if !strings.HasPrefix(said, "Error: No space left for the state repository\n\n  on state/") || !strings.Contains(said, noSpace) {
				t.Errorf("%d KiB free: it says\n%s", free, out)
			}
			full.between(t, old, want)
			full.hydrate(t, args)
			full.finished(t, want, fmt.Sprintf("%d KiB were free", free))
		}
		if failed < 5 {
			t.Errorf("only %d runs had too little space", failed)
		}
	}
}

const noSpace = `
The system answered: no space left on device.

Free some space and hydrate again; the repository is still whole.
`

// TestReadOnly hydrates where nothing can be written: that is an error if there
// is something to write, and none if not.
func TestReadOnly(t *testing.T) {
	args := []string{"--jobs=1", "hydrate"}
	for _, before := range []map[string]string{nil, victimBefore} {
		s, undisturbed := site{t.TempDir()}, site{t.TempDir()}
		state := filepath.Join(s.project(), "state")
		if err := os.MkdirAll(state, 0o755); err != nil {
			t.Fatal(err)
		}
		mount(t, state, "size=4m")
		for _, s := range []site{s, undisturbed} {
			s.write(t, victim)
			if before != nil {
				s.write(t, before)
				s.hydrate(t, args)
			}
		}
		undisturbed.write(t, victim)
		undisturbed.hydrate(t, args)
		remount(t, state, "ro")
		if before != nil {
			s.hydrate(t, args)
		}
		s.write(t, victim)
		old := s.look(t)
		out, err := s.command(filepath.Join(bin, "weir"), args...).CombinedOutput()
		want := `Error: The state repository is on a read-only file system

  on state/%s:

The system answered: read-only file system.

Run where it can be written, or use --out to write plain files elsewhere.
`
		if code := exitCode(err); code != 1 || !strings.Contains(string(out), fmt.Sprintf(want, "eu")) || !strings.Contains(string(out), fmt.Sprintf(want, "us")) {
			t.Errorf("exit code %d, it says\n%s", code, out)
		}
		s.between(t, old, old)
		remount(t, state, "rw")
		s.hydrate(t, args)
		s.finished(t, undisturbed.look(t), "it can be written again")
	}
}

// TestUselessCache hydrates without a place for the cache. That is slower, and
// nothing else.
func TestUselessCache(t *testing.T) {
	args := []string{"--jobs=1", "hydrate"}
	s := site{t.TempDir()}
	s.write(t, victim)
	undisturbed := s.copy(t)
	undisturbed.hydrate(t, args)
	want := undisturbed.look(t)
	for _, test := range []struct {
		name string
		free int // KiB; negative: all of it, read-only
	}{{"full", 0}, {"nearly full", 16}, {"too small", 100}, {"read-only", -1}} {
		t.Run(test.name, func(t *testing.T) {
			s := s.copy(t)
			cache := filepath.Join(s.dir, "cache")
			if err := os.MkdirAll(cache, 0o755); err != nil {
				t.Fatal(err)
			}
			mount(t, cache, "size=1m")
			if test.free < 0 {
				remount(t, cache, "ro")
			} else {
				fill(t, filepath.Join(cache, "filler"), test.free<<10)
			}
			s.hydrate(t, args)
			s.hydrate(t, args)
			if diff := gocmp.Diff(want, s.look(t)); diff != "" {
				t.Errorf("(-undisturbed +without a cache):\n%s", diff)
			}
		})
	}
}

// mount puts an empty file system of its own onto a directory, until the end of
// the test.
func mount(t *testing.T, dir, options string) {
	t.Helper()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "weir-test", dir).CombinedOutput(); err != nil {
		if os.Getenv("WEIR_NO_SKIP") != "" {
			t.Fatalf("mount: %v\n%s", err, out)
		}
		t.Skipf("NOT TESTED: mounting a file system takes root: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	})
}

func remount(t *testing.T, dir, options string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+options, dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v\n%s", err, out)
	}
}

// fill leaves so many bytes of a file system free.
func fill(t *testing.T, file string, free int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, page := int64(0), bytes.Repeat([]byte("x"), 4096)
	for err == nil {
		var n int
		n, err = f.Write(page)
		size += int64(n)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Truncate(max(0, size-int64(free))); err != nil {
		t.Fatal(err)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if _, err := os.Stat(from); err != nil {
		return
	}
	if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
