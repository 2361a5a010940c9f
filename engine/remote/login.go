package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
)

// account is what credentials are looked for by.
type account struct {
	scheme string
	host   string // with its port, if there is one
	user   string // that the address names; may be empty
	path   string // without a leading slash, as gitcredentials(7) has it
}

func (r *Remote) account() account {
	path, err := url.PathUnescape(strings.TrimPrefix(r.at.path, "/"))
	if err != nil {
		path = ""
	}
	return account{scheme: r.at.scheme, host: r.at.host, user: r.at.login.Username(), path: path}
}

// key is what one set of credentials is for: as with Git, every repository of a
// host.
func (a account) key() string { return a.scheme + "://" + a.user + "@" + a.host }

func (a account) hostname() string {
	u := url.URL{Host: a.host}
	return u.Hostname()
}

// credentials are a user and a password, and where they come from.
type credentials struct {
	user, password string
	source         string // for people
	helper         *helper

	mu       sync.Mutex
	approved bool
	refused  bool
}

// who is the account of a request, for people.
func (c *credentials) who() string {
	if c == nil {
		return "a request without credentials"
	}
	return "the credentials from " + c.source
}

// approve tells the helper that gave them that a server took them.
func (c *credentials) approve(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.approved && c.helper != nil {
		c.helper.tell(ctx, "approve")
	}
	c.approved = true
}

// reject tells the helper that a server did not. What was good for another
// repository stays.
func (c *credentials) reject(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.approved || c.refused {
		return
	}
	if c.helper != nil {
		c.helper.tell(ctx, "reject")
	}
	c.refused = true
}

func (c *credentials) isRefused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// login is the search for the credentials of one key.
type login struct {
	turn  chan struct{} // held while somebody looks
	found *credentials  // guarded by Access.mu
}

func (a *Access) search(of account) *login {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.logins[of.key()]
	if l == nil {
		if a.logins == nil {
			a.logins = map[string]*login{}
		}
		l = &login{turn: make(chan struct{}, 1)}
		a.logins[of.key()] = l
	}
	return l
}

func (a *Access) foundBy(l *login) *credentials {
	a.mu.Lock()
	defer a.mu.Unlock()
	return l.found
}

// known is what was found already; nil where nothing was looked for.
func (a *Access) known(of account) *credentials { return a.foundBy(a.search(of)) }

// login finds credentials for a server that wants some, and did not take tried.
// All remotes of a host wait for one search.
func (a *Access) login(ctx context.Context, r *Remote, tried *credentials) (*credentials, error) {
	l := a.search(r.account())
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.turn }()
	if found := a.foundBy(l); found != nil && found != tried {
		return found, nil
	}
	if tried != nil && tried.isRefused() {
		return nil, r.rejected(ctx, tried)
	}
	found, err := r.lookForCredentials(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case found == nil && tried == nil:
		return nil, r.withoutCredentials()
	case tried != nil && (found == nil || found.user == tried.user && found.password == tried.password):
		return nil, r.rejected(ctx, tried)
	}
	a.mu.Lock()
	l.found = found
	a.mu.Unlock()
	return found, nil
}

// lookForCredentials asks, in this order: the address, the environment, Git's
// helpers, netrc.
func (r *Remote) lookForCredentials(ctx context.Context) (*credentials, error) {
	of := r.account()
	if password, ok := r.at.login.Password(); ok {
		return &credentials{user: of.user, password: password, source: "the address"}, nil
	}
	suffix := envSuffix(of.hostname())
	if token := r.access.env("WEIR_GIT_TOKEN_" + suffix); token != "" {
		user := r.access.env("WEIR_GIT_USER_" + suffix)
		if user == "" {
			user = of.user
		}
		if user == "" {
			user = "x-access-token" // any name does on most forges; GitHub documents this one
		}
		return &credentials{user: user, password: token, source: "the environment (WEIR_GIT_TOKEN_" + suffix + ")"}, nil
	}
	found, err := r.askHelper(ctx, of)
	if found != nil || err != nil {
		return found, err
	}
	return r.netrc(of)
}

// envSuffix is a host as a part of a variable's name, as Terraform has it.
func envSuffix(host string) string {
	return strings.NewReplacer("-", "__", ".", "_", ":", "_").Replace(strings.ToLower(host))
}

func (r *Remote) withoutCredentials() error {
	suffix := envSuffix(r.account().hostname())
	return r.refuse(fmt.Sprintf("%s wants to know who asks", r.at.host),
		fmt.Sprintf("No credentials for it were found: not in the environment (WEIR_GIT_TOKEN_%s), not from Git's credential helpers, not in netrc.", suffix),
		fmt.Sprintf("Set WEIR_GIT_TOKEN_%s to a token that may %s; or log in once with git, so that its helper knows.", suffix, r.rights()))
}

// rejected forgets nothing but tells the helper: the next run asks it anew.
func (r *Remote) rejected(ctx context.Context, tried *credentials) error {
	tried.reject(ctx)
	remedy := "Renew them there."
	if tried.helper != nil {
		remedy = "Git's helper was told to forget them, if no server took them before: log in again with git."
	}
	return r.refuse(fmt.Sprintf("%s does not take the credentials", r.at.host),
		fmt.Sprintf("Those from %s were refused: they have expired, are mistyped, or may not see this repository.", tried.source), remedy)
}

// errNewline is a credential that would be more than one line of the helpers'
// protocol.
var errNewline = errors.New("a line break in what a credential helper is asked")
