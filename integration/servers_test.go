package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"github.com/weir-dev/weir/integration/gitserver"
)

// servers are the Git servers of one script, by the addresses that the outside
// gave them.
type servers struct {
	t     testing.TB
	known []string // pairs: what it is, what a script calls it
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
