package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema"
)

// Login is what somebody wants to be known as at a registry.
type Login struct {
	Registry       string // host, or host:port
	User, Password string
	TLS            schema.ChartRepository // CA, Certificate, Key and PlainHTTP of it
}

// Kept says where a login is now.
type Kept struct {
	Registry string `json:"registry"`
	Kept     string `json:"kept"`     // a file, or a program
	Plain    bool   `json:"plain"`    // anybody who reads the file knows the password
	Verified bool   `json:"verified"` // the registry asked for it, and took it
}

// Login shows credentials to a registry, and keeps them where Helm keeps them,
// so that both have them. What a registry refuses is not kept.
func (a *Access) Login(ctx context.Context, l Login) (Kept, error) {
	at, err := registryAt(l.Registry)
	if err != nil {
		return Kept{}, err
	}
	if strings.Contains(l.User, ":") {
		return Kept{}, refuse("a user's name has no colon", "The file that keeps logins could not tell it from the password.", "Use another account.")
	}
	file := a.helmLogins()
	if file == "" {
		return Kept{}, errNoHome
	}
	if _, err := readLogins(file); err != nil {
		return Kept{}, err
	}
	of := l.TLS
	of.Name = at.Registry
	asker, err := newClient(a).asker(at, of)
	if err != nil {
		return Kept{}, err
	}
	credential := auth.Credential{Username: l.User, Password: l.Password}
	asker.fixed = &registryLogin{Credential: credential, source: "the command line", again: "Try again."}
	if err := retrying(ctx, a.pause, func() error { return asker.ping(ctx) }); err != nil {
		return Kept{}, err
	}
	store, err := credentials.NewStore(file, credentials.StoreOptions{AllowPlaintextPut: true, DetectDefaultNativeStore: true})
	if err != nil {
		return Kept{}, refuse("logins of registries cannot be read", fmt.Sprintf("They are in %s.", file), "Correct the file, or remove it.")
	}
	failpoint.Before("rename", file)
	if err := store.Put(ctx, credentials.ServerAddressFromRegistry(at.Registry), credential); err != nil {
		return Kept{}, unkept(file, err)
	}
	kept := Kept{Registry: at.Registry, Verified: asker.known.Load() != nil}
	kept.Kept, kept.Plain, err = keeper(file, at)
	return kept, err
}

// ping asks a registry for nothing but whether one may ask.
func (a *asker) ping(ctx context.Context) error {
	target := &remote.Registry{RepositoryOptions: remote.RepositoryOptions{Reference: a.at.Reference, PlainHTTP: a.of.PlainHTTP, Client: a.knocking()}}
	err := target.Ping(ctx)
	if errors.Is(err, errdef.ErrNotFound) {
		return refuse(a.at.Registry+" is no registry", fmt.Sprintf("There is nothing at %s.", shownURL(a.base)), "Name the host of the registry; with its port, where it has one.")
	}
	return (&repository{at: a.at, asker: a}).explain(ctx, "", err)
}

// Forgotten says what became of a login.
type Forgotten struct {
	Registry string   `json:"registry"`
	Kept     string   `json:"kept"`             // where it was, or would have been
	Removed  bool     `json:"removed"`          // false: there was none
	Others   []string `json:"others,omitempty"` // files of others that still have one
}

// Logout removes a login from where Login and Helm keep it.
func (a *Access) Logout(ctx context.Context, host string) (Forgotten, error) {
	at, err := registryAt(host)
	if err != nil {
		return Forgotten{}, err
	}
	file := a.helmLogins()
	if file == "" {
		return Forgotten{}, errNoHome
	}
	config, err := readLogins(file)
	if err != nil {
		return Forgotten{}, err
	}
	f := Forgotten{Registry: at.Registry}
	if f.Kept, _, err = keeper(file, at); err != nil {
		return f, err
	}
	key := config.key(at.Host(), at.Registry, "")
	if key == "" {
		key = credentials.ServerAddressFromRegistry(at.Registry)
	}
	f.Removed = config.helper(at) != "" || config.Auths[key] != nil
	if f.Removed {
		store, err := credentials.NewStore(file, credentials.StoreOptions{})
		if err == nil {
			failpoint.Before("rename", file)
			err = store.Delete(ctx, key)
		}
		if err != nil && strings.Contains(err.Error(), "credentials not found") {
			f.Removed, err = false, nil
		}
		if err != nil {
			return f, unkept(file, err)
		}
	}
	for _, other := range a.loginFiles() {
		if config, err := readLogins(other); err == nil && other != file && config.key(at.Host(), at.Registry, "") != "" {
			f.Others = append(f.Others, other)
		}
	}
	return f, nil
}

var errNoHome = refuse("there is no place to keep logins", "There is no home directory.", "Set HELM_REGISTRY_CONFIG to the name of a file.")

// registryAt reads the name of a registry as people give it, with a scheme or a
// path that mean nothing here.
func registryAt(host string) (place, error) {
	_, name, ok := strings.Cut(host, "://")
	if !ok {
		name = host
	}
	name, _, _ = strings.Cut(name, "/")
	at := place{Reference: registry.Reference{Registry: name}}
	if name == "" || strings.Contains(name, "@") || at.ValidateRegistry() != nil {
		return place{}, refuse(fmt.Sprintf("%q is not the name of a registry", withoutLogin(name[strings.LastIndexByte(name, '@')+1:])), "", "Name its host; with its port, where it has one: registry.example:5000.")
	}
	return at, nil
}

// keeper is who keeps the login for a registry by a file: a program or the file.
func keeper(file string, at place) (where string, plain bool, err error) {
	config, err := readLogins(file)
	if err != nil {
		return "", false, err
	}
	if helper := config.helper(at); helper != "" {
		return fmt.Sprintf("docker-credential-%s, which %s names", helper, file), false, nil
	}
	return file, true, nil
}

// helper is the program that a file names for a registry.
func (l *logins) helper(at place) string {
	if helper := l.CredHelpers[credentials.ServerAddressFromRegistry(at.Registry)]; helper != "" {
		return helper
	}
	return l.CredsStore
}

// unkept says why a login could not be kept or removed.
func unkept(file string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("keep a login in %s: %w", file, path.Err)
	}
	return refuse("the login cannot be kept", fmt.Sprintf("%s, or the program that it names for the registry, does not take it.", file),
		"Correct what is wrong with the program that the file names, or with the file. What the program printed is not shown: it may be what it keeps.")
}

// atLogin explains what a `repository` block would be the place to mend, where
// there is none but flags; nil where it is something else.
func (a *asker) atLogin(to *url.URL, err error) error {
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var alert tls.AlertError
	switch {
	case a.fixed == nil:
		return nil
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return refuse(to.Host+" speaks plain HTTP", "Anybody on the way could read the password.", "If that is meant, say --plain-http; charts need `plain_http = true` in the repository block then.")
	case errors.As(err, &unknown):
		return refuse("nobody vouches for "+to.Host, "The server's certificate is signed by an authority that this machine does not trust.", "If it is your own authority, name its certificate with --ca-file, or in SSL_CERT_FILE.")
	case errors.As(err, &alert):
		return refuse(to.Host+" ended the TLS handshake", strings.Join(wire.Said(alert.Error()), " ")+".", "It may want a client certificate: --cert-file and --key-file.")
	}
	return nil
}
