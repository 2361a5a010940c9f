package gitserver_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/integration/gitserver"
)

// git runs git without anything of the machine's own configuration.
func git(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "GIT_") || strings.Contains(strings.ToLower(entry), "_proxy=")
	})
	cmd.Env = append(environ, "HOME="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LANGUAGE=en",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// repository makes shop.git below a new root, with one commit whose file has
// 16 KiB that do not compress.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	work := t.TempDir()
	noise := make([]byte, 16<<10)
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	if err := os.WriteFile(filepath.Join(work, "noise"), noise, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main", work}, {"-C", work, "add", "."}, {"-C", work, "commit", "-qm", "one"},
		{"clone", "-q", "--bare", work, filepath.Join(root, "shop.git")},
	} {
		if out, err := git(t, args...); err != nil {
			t.Fatal(out)
		}
	}
	return root
}

// TestHTTP clones and pushes with git itself.
func TestHTTP(t *testing.T) {
	root := repository(t)
	server := gitserver.HTTP(t, root, gitserver.Login("ann", "secret"), gitserver.TLS(),
		gitserver.Answer("/teapot", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	url := strings.Replace(server.URL, "https://", "https://ann:secret@", 1)
	work := filepath.Join(t.TempDir(), "work")
	for _, args := range [][]string{
		{"-c", "http.sslCAInfo=" + server.CA, "clone", "-q", url + "/shop.git", work},
		{"-C", work, "commit", "-q", "--allow-empty", "-m", "two"},
		{"-C", work, "-c", "http.sslCAInfo=" + server.CA, "-c", "http.postBuffer=1000", "push", "-q"},
	} {
		if out, err := git(t, args...); err != nil {
			t.Fatal(out)
		}
	}
	if out, err := git(t, "-C", filepath.Join(root, "shop.git"), "log", "--format=%s"); err != nil || out != "two\none\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := git(t, "-c", "http.sslCAInfo="+server.CA, "ls-remote", server.URL+"/shop.git"); err == nil || !strings.Contains(out, "could not read Username") {
		t.Errorf("without credentials: %v\n%s", err, out)
	}
	if out, err := git(t, "ls-remote", url+"/shop.git"); err == nil || !strings.Contains(out, "certificate") {
		t.Errorf("without the authority: %v\n%s", err, out)
	}
	if out, err := git(t, "-c", "http.sslCAInfo="+server.CA, "ls-remote", url+"/teapot"); err == nil || !strings.Contains(out, "418") {
		t.Errorf("an answer in the place of Git: %v\n%s", err, out)
	}
	want := "GET /shop.git/info/refs\nGET /shop.git/info/refs as ann\nPOST /shop.git/git-upload-pack as ann"
	if diff := cmp.Diff(want, strings.Join(server.Requests()[:3], "\n")); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestLine(t *testing.T) {
	server := gitserver.HTTP(t, repository(t))
	line := gitserver.NewLine(t, server.Host)
	clone := func() (string, error) {
		return git(t, "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=1", "clone", "-q", "http://"+line.Addr+"/shop.git", filepath.Join(t.TempDir(), "work"))
	}
	for _, faults := range []gitserver.Faults{{}, {Trickle: true}} {
		line.Set(faults)
		if out, err := clone(); err != nil {
			t.Errorf("%+v: %s", faults, out)
		}
	}
	for _, faults := range []gitserver.Faults{{CutDown: 5_000}, {CutUp: 100}, {StallDown: 5_000}} {
		line.Set(faults)
		if out, err := clone(); err == nil {
			t.Errorf("%+v: nothing went wrong\n%s", faults, out)
		}
	}
	line.Gone()
	if out, err := clone(); err == nil || !strings.Contains(out, "Failed to connect") {
		t.Errorf("nobody there: %v\n%s", err, out)
	}
}
