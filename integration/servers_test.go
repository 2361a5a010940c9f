package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/integration/gitserver"
	"github.com/weir-dev/weir/integration/registry"
)

// servers are the Git servers of one script, by the addresses that the outside
// gave them.
type servers struct {
	t     testing.TB
	known []string // pairs: what it is, what a script calls it
	chart map[string]*chartserver.Server

	registries map[string]*registry.Server
}

// key is where a script keeps its servers.
type key struct{}

func serversOf(ts *testscript.TestScript) *servers { return ts.Value(key{}).(*servers) }

// githttp ROOT [USER PASSWORD] serves the repositories below ROOT until the
// script ends, and sets HTTP to its address.
func githttp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: githttp ROOT [USER PASSWORD]")
	}
	s := serversOf(ts)
	var options []gitserver.Option
	if len(args) == 3 {
		options = append(options, gitserver.Login(args[1], args[2]))
	}
	server := gitserver.HTTP(s.t, ts.MkAbs(args[0]), options...)
	ts.Setenv("HTTP", server.URL)
	ts.Setenv("HTTP_HOST", server.Host)
	s.known = append(s.known, server.Host, "git.example:12345")
}

// gitssh ROOT KEY serves the repositories below ROOT over SSH, writes a new key
// that may log in to KEY, the lines for known_hosts to KEY.hosts, and sets SSH to
// the server's address.
func gitssh(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: gitssh ROOT KEY")
	}
	s := serversOf(ts)
	server := gitserver.SSH(s.t, ts.MkAbs(args[0]))
	server.Authorize(gitserver.SSHKey(s.t, ts.MkAbs(args[1]), ""))
	ts.Check(os.WriteFile(ts.MkAbs(args[1])+".hosts", []byte(strings.Join(server.HostKeys, "\n")+"\n"), 0o600))
	ts.Setenv("SSH", server.URL)
	for _, line := range server.HostKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line[strings.Index(line, " ")+1:]))
		ts.Check(err)
		s.known = append(s.known, ssh.FingerprintSHA256(key), "SHA256:"+strings.Repeat("A", 43))
	}
	s.known = append(s.known,
		server.User+"@127.0.0.1:"+server.Port, "git@git.example:12345",
		"let "+server.User+" log in", "let git log in",
		"127.0.0.1:"+server.Port, "git.example:12345",
		"[127.0.0.1]:"+server.Port, "[git.example]:12345",
		"-p "+server.Port+" 127.0.0.1", "-p 12345 git.example",
	)
}

// plain FILE OUT writes a text with the addresses of the script's servers, and
// its directory, as a reader of the script knows them.
func plain(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: plain FILE OUT")
	}
	known := append(serversOf(ts).known, filepath.ToSlash(ts.Getenv("WORK")), "$WORK")
	text := strings.NewReplacer(known...).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

// charthttp NAME DIR [USER PASSWORD] packs the charts below DIR, serves them as a
// repository until the script ends, and sets NAME to its address. The directory
// of a chart is called as it is, with its version: podinfo-6.7.1. Called again,
// it adds what is new.
func charthttp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: charthttp NAME DIR [USER PASSWORD]")
	}
	s := serversOf(ts)
	server := s.chart[args[0]]
	if server == nil {
		var options []chartserver.Option
		if len(args) == 4 {
			options = append(options, chartserver.Login(args[2], args[3]))
		}
		server = chartserver.New(s.t, options...)
		if s.chart == nil {
			s.chart = map[string]*chartserver.Server{}
		}
		s.chart[args[0]] = server
		ts.Setenv(args[0], server.URL)
		s.known = append(s.known, server.Host, strings.ToLower(args[0])+".example")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[1]))
	ts.Check(err)
	for _, e := range entries {
		name, version, ok := strings.Cut(e.Name(), "-")
		if !ok {
			ts.Fatalf("%s is not <name>-<version>", e.Name())
		}
		root := os.DirFS(filepath.Join(ts.MkAbs(args[1]), e.Name()))
		var pairs []string
		ts.Check(fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, path)
			pairs = append(pairs, path, string(data))
			return err
		}))
		server.Add(name, version, pairs...)
	}
	server.Requests()
}

// chartfault NAME PATH STATUS [TEXT] makes a repository answer so for a path;
// STATUS is a number, or half, html, slow; ok mends it.
func chartfault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: chartfault NAME PATH STATUS [TEXT]")
	}
	server := serversOf(ts).chart[args[0]]
	if server == nil {
		ts.Fatalf("there is no repository %s", args[0])
	}
	switch code, err := strconv.Atoi(args[2]); {
	case err == nil:
		server.Fault(args[1], chartserver.Status(code, strings.Join(args[3:], " ")))
	case args[2] == "ok":
		server.Fault(args[1], nil)
	case args[2] == "html":
		server.Fault(args[1], chartserver.Text("text/html", "<!DOCTYPE html><title>Log in</title>"))
	case args[2] == "half":
		data, err := os.ReadFile(filepath.Join(server.Dir, filepath.FromSlash(args[1])))
		ts.Check(err)
		server.Fault(args[1], chartserver.Half(data))
	case args[2] == "down":
		server.Stop()
	default:
		ts.Fatalf("chartfault: what is %s?", args[2])
	}
}

// requests NAME FILE writes the requests that a repository got since the last
// time to FILE, sorted.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: requests NAME FILE")
	}
	server := serversOf(ts).chart[args[0]]
	if server == nil {
		ts.Fatalf("there is no repository %s", args[0])
	}
	var text strings.Builder
	for _, line := range server.Requests() {
		text.WriteString(line + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text.String()), 0o644))
}
