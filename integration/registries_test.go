package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/integration/registry"
)

// ociregistry NAME [login=USER:PASSWORD | tokens=USER:PASSWORD] [tls] starts an
// OCI registry that runs until the script ends, and sets NAME to its host and
// port; with tls NAME_CA is the file with its certificate. Then:
//
//	ociregistry NAME push DIR       pushes the charts below DIR to charts/<name>
//	ociregistry NAME fault PATH N   answers so for a path; ok mends it
//	ociregistry NAME stop
//	ociregistry NAME requests FILE  writes what it was asked since the last time
//
// The directory of a chart is called as it is, with its version: podinfo-6.7.1.
func ociregistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: ociregistry NAME [push DIR | fault PATH N | stop | requests FILE | OPTION…]")
	}
	s := serversOf(ts)
	name := args[0]
	server := s.registries[name]
	if server == nil {
		server = registry.New(s.t, registryOptions(ts, args[1:])...)
		if s.registries == nil {
			s.registries = map[string]*registry.Server{}
		}
		s.registries[name] = server
		ts.Setenv(name, server.Host)
		ts.Setenv(name+"_CA", server.CA)
		s.known = append(s.known, server.Host, strings.ToLower(name)+".example")
		return
	}
	switch {
	case len(args) == 3 && args[1] == "push":
		push(ts, server, args[2])
	case len(args) == 4 && args[1] == "fault":
		if code, err := strconv.Atoi(args[3]); err == nil {
			server.Fault(args[2], registry.Refuse(code, "UNKNOWN", "no"))
		} else {
			server.Fault(args[2], nil)
		}
	case len(args) == 2 && args[1] == "stop":
		server.Stop()
	case len(args) == 3 && args[1] == "requests":
		var text strings.Builder
		for _, line := range server.Requests() {
			text.WriteString(line + "\n")
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(text.String()), 0o644))
	default:
		ts.Fatalf("ociregistry %s: what is %s?", name, strings.Join(args[1:], " "))
	}
}

func registryOptions(ts *testscript.TestScript, words []string) []registry.Option {
	var options []registry.Option
	for _, word := range words {
		kind, login, _ := strings.Cut(word, "=")
		user, password, _ := strings.Cut(login, ":")
		switch kind {
		case "login":
			options = append(options, registry.Login(user, password))
		case "tokens":
			options = append(options, registry.Tokens(user, password, ""))
		case "tls":
			options = append(options, registry.TLS())
		default:
			ts.Fatalf("ociregistry: what is %s?", word)
		}
	}
	return options
}

// push packs and pushes the charts below a directory.
func push(ts *testscript.TestScript, server *registry.Server, dir string) {
	entries, err := os.ReadDir(ts.MkAbs(dir))
	ts.Check(err)
	for _, e := range entries {
		name, version, ok := strings.Cut(e.Name(), "-")
		if !ok {
			ts.Fatalf("%s is not <name>-<version>", e.Name())
		}
		root := os.DirFS(filepath.Join(ts.MkAbs(dir), e.Name()))
		var pairs []string
		ts.Check(fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, path)
			pairs = append(pairs, path, string(data))
			return err
		}))
		server.Push("charts/"+name, version, chartserver.Pack(name, version, pairs...))
	}
	server.Requests()
}
