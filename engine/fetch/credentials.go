package fetch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"

	"github.com/weir-dev/weir/engine/wire"
)

// Who asks a registry is looked for in this order; the first that knows the very
// host and port is it:
//
//  1. WEIR_CHARTS_USER_<host> and WEIR_CHARTS_PASSWORD_<host>
//  2. Helm's registry config, where `weir login` and `helm registry login` write
//  3. Docker's config.json
//  4. Podman's auth.json
//  5. netrc, its default entry left out
//
// In 2 to 4 the program of credHelpers or credsStore is asked where there is one.
// The files are read here and not by the library that runs the programs: that one
// takes any of several entries, and its errors repeat passwords.

// registryLogin is a credential for a registry, and where it comes from.
type registryLogin struct {
	auth.Credential
	source string // for messages: a file, a program, a variable
	again  string // what to do where they are refused
}

// registryLogin looks for who asks for a repository of a registry; host is what
// requests go to, and registry what it is called, as Docker Hub has two names.
func (c *client) registryLogin(ctx context.Context, host, registry, repository string) (*registryLogin, error) {
	at := &url.URL{Host: host}
	user, password := variables(at.Hostname())
	if secret := c.access.env(password); secret != "" {
		name := c.access.env(user)
		if name == "" {
			return nil, refuse(user+" is not set", fmt.Sprintf("%s is; a registry wants a name beside the password.", password), "Set both, or none.")
		}
		return &registryLogin{Credential: auth.Credential{Username: name, Password: secret}, source: "the environment (" + password + ")", again: "Renew them there."}, nil
	}
	for _, file := range c.access.loginFiles() {
		config, err := readLogins(file)
		if err != nil {
			return nil, err
		}
		config.limit = c.access.idle()
		login, err := config.login(ctx, host, registry, repository)
		if login != nil || err != nil {
			return login, err
		}
	}
	l, err := c.login(at, false)
	if l == nil || err != nil {
		return nil, err
	}
	return &registryLogin{Credential: auth.Credential{Username: l.user, Password: l.password}, source: l.source, again: "Renew them there."}, nil
}

// helmLogins is the file where Helm keeps logins, and Weir, too.
func (a *Access) helmLogins() string {
	if file := a.env("HELM_REGISTRY_CONFIG"); file != "" {
		return file
	}
	if dir := a.env("HELM_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "registry", "config.json")
	}
	dir := a.env("XDG_CONFIG_HOME")
	if dir == "" {
		switch {
		case runtime.GOOS == "windows":
			dir = a.env("APPDATA")
		case a.Home == "":
		case runtime.GOOS == "darwin":
			dir = filepath.Join(a.Home, "Library", "Preferences")
		default:
			dir = filepath.Join(a.Home, ".config")
		}
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "helm", "registry", "config.json")
}

// loginFiles are the files with logins of registries, best first.
func (a *Access) loginFiles() []string {
	files := []string{a.helmLogins()}
	if dir := a.env("DOCKER_CONFIG"); dir != "" {
		files = append(files, filepath.Join(dir, "config.json"))
	} else if a.Home != "" {
		files = append(files, filepath.Join(a.Home, ".docker", "config.json"))
	}
	if file := a.env("REGISTRY_AUTH_FILE"); file != "" {
		files = append(files, file)
	} else {
		if dir := a.env("XDG_RUNTIME_DIR"); dir != "" {
			files = append(files, filepath.Join(dir, "containers", "auth.json"))
		}
		if a.Home != "" {
			files = append(files, filepath.Join(a.Home, ".config", "containers", "auth.json"))
		}
	}
	return slices.DeleteFunc(files, func(file string) bool { return file == "" })
}

// places names for a person where credentials were looked for.
func (a *Access) places() string {
	var there []string
	for _, file := range a.loginFiles() {
		if _, err := os.Stat(file); err == nil {
			there = append(there, file)
		}
	}
	if len(there) == 0 {
		return "there is neither a login of Helm, Docker or Podman nor an entry in netrc"
	}
	return "not in " + strings.Join(there, ", not in ") + ", not in netrc"
}

// logins is a file with logins, in Docker's format.
type logins struct {
	path        string
	limit       time.Duration              // for a program that keeps them
	Auths       map[string]json.RawMessage `json:"auths"`
	CredsStore  string                     `json:"credsStore"`
	CredHelpers map[string]string          `json:"credHelpers"`
}

func readLogins(path string) (*logins, error) {
	l := &logins{path: path}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, nil
	case err != nil:
		return nil, refuse("logins of registries cannot be read", fmt.Sprintf("They are in %s. %s", path, reason(err)), "Make it readable.")
	case len(strings.TrimSpace(string(data))) == 0:
		return l, nil
	}
	if err := json.Unmarshal(data, l); err != nil {
		return nil, refuse("logins of registries cannot be read", fmt.Sprintf("%s is not what Docker and Helm write: %s.", path, wrongJSON(data, err)), "Correct the file, or remove it and log in again.")
	}
	return l, nil
}

// wrongJSON says where JSON is wrong, and nothing of what is in it.
func wrongJSON(data []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON in line %d", 1+strings.Count(string(data[:min(int(syntax.Offset), len(data))]), "\n"))
	case errors.As(err, &kind):
		return fmt.Sprintf("%q has another type", kind.Field)
	}
	return "it is no JSON"
}

// login is what a file knows of a registry.
func (l *logins) login(ctx context.Context, host, registry, repository string) (*registryLogin, error) {
	for _, name := range []string{host, registry} {
		if helper := l.CredHelpers[name]; helper != "" {
			return l.ask(ctx, helper, name)
		}
	}
	server := credentials.ServerAddressFromHostname(host)
	if l.CredsStore != "" {
		return l.ask(ctx, l.CredsStore, server)
	}
	key := l.key(host, registry, repository)
	if key == "" {
		return nil, nil
	}
	var entry struct{ Auth, IdentityToken, RegistryToken, Username, Password string }
	source := fmt.Sprintf("%s (%q)", l.path, key)
	bad := func(detail string) (*registryLogin, error) {
		return nil, refuse("the login for "+registry+" cannot be read", fmt.Sprintf("It is %q in %s. %s", key, l.path, detail), fmt.Sprintf("Run `weir login %s`, or remove the entry.", registry))
	}
	if err := json.Unmarshal(l.Auths[key], &entry); err != nil {
		return bad("It is no object of strings.")
	}
	login := &registryLogin{source: source, again: fmt.Sprintf("Run `weir login %s`.", registry)}
	login.Username, login.Password = entry.Username, entry.Password
	login.RefreshToken, login.AccessToken = entry.IdentityToken, entry.RegistryToken
	if entry.Auth != "" {
		text, err := base64.StdEncoding.DecodeString(entry.Auth)
		user, password, ok := strings.Cut(string(text), ":")
		if err != nil || !ok {
			return bad("Its `auth` is not the base64 of user:password.")
		}
		login.Username, login.Password = user, strings.TrimRight(password, "\x00")
	}
	if login.RefreshToken == "" && login.AccessToken == "" && (login.Username == "" || login.Password == "") {
		return nil, nil // an empty entry says that a program knows
	}
	return login, nil
}

// key is the entry for a repository: that of the longest path, as Podman writes
// them, else that of the host, which old files of Docker have as a URL.
func (l *logins) key(host, registry, repository string) string {
	for name := repository; name != "." && name != ""; name = parent(name) {
		if key := registry + "/" + name; l.Auths[key] != nil {
			return key
		}
	}
	for _, key := range []string{host, registry, credentials.ServerAddressFromHostname(host)} {
		if l.Auths[key] != nil {
			return key
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.Auths)) {
		_, rest, isURL := strings.Cut(key, "://")
		if name, _, _ := strings.Cut(rest, "/"); isURL && (name == host || name == registry) {
			return key
		}
	}
	return ""
}

func parent(name string) string {
	return name[:max(strings.LastIndexByte(name, '/'), 0)]
}

// ask asks a program that keeps credentials. One that is asked by the store of
// a file may know nothing of this registry. What it prints may be what it keeps,
// so only what it says to people, on stderr, is repeated.
func (l *logins) ask(ctx context.Context, helper, server string) (*registryLogin, error) {
	program := "docker-credential-" + helper
	keeps := fmt.Sprintf("%s names it as the program that keeps the credentials for %s.", l.path, server)
	run := "Run `echo " + server + " | " + program + " get` to see what "
	asking, stop := context.WithTimeout(ctx, l.limit)
	defer stop()
	cmd := exec.CommandContext(asking, program, "get")
	cmd.Stdin = strings.NewReader(server)
	cmd.WaitDelay = time.Second // what it has started may live on, and hold its output open
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrWaitDelay) && asking.Err() == nil {
		err = nil // it has answered, and left a daemon
	}
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case asking.Err() != nil:
		return nil, refuse(program+" does not answer", fmt.Sprintf("%s It was given up after %s.", keeps, l.limit), run+"it waits for.")
	case errors.Is(err, exec.ErrNotFound):
		return nil, refuse(program+" is not installed", keeps, "Install it, or remove it from that file.")
	case errors.As(err, &failed) && strings.TrimSpace(string(out)) == "credentials not found in native keychain": // as the protocol has it
		return nil, nil
	case err != nil:
		if lines := stderr(failed); len(lines) > 0 {
			keeps += " It says:\n  " + strings.Join(lines, "\n  ")
		}
		return nil, refuse(program+" has no answer", keeps, run+"is wrong.")
	}
	var found struct{ Username, Secret string }
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, refuse(program+" does not answer as such programs do", keeps, run+"it does.")
	}
	login := &registryLogin{source: fmt.Sprintf("%s, which %s names", program, l.path), again: fmt.Sprintf("Run `weir login %s`.", server)}
	switch {
	case found.Secret == "" || found.Username == "":
		return nil, nil
	case found.Username == "<token>":
		login.RefreshToken = found.Secret
	default:
		login.Username, login.Password = found.Username, found.Secret
	}
	return login, nil
}

// stderr is what a program that failed says to people.
func stderr(failed *exec.ExitError) []string {
	if failed == nil {
		return nil
	}
	lines := wire.Said(string(failed.Stderr))
	return lines[:min(len(lines), 5)]
}
