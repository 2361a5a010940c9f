// Package remote reaches Git repositories that are somewhere else: by path, over
// HTTP(S) or SSH, with the credentials that people already have. It fetches
// commits into an object store and moves a remote branch with a pack and an
// expected old commit.
//
// It never looks inside commits, keeps nothing on disk and never prints a
// credential: whatever it returns names a repository by Remote.String. A failure
// that a person can repair carries diagnostics (diag.Refused).
//
// Credentials are looked for where people already have them, and only when a
// server wants some. Over HTTP, the first of these that has any: the address
// (user:password@), the environment (WEIR_GIT_TOKEN_<host>, the host's dots as _
// and its dashes as __; the user is WEIR_GIT_USER_<host>, the address's, or
// x-access-token), `git credential` with its helpers and askpass programs, netrc.
// One that a server refuses is not followed by the next. They go to the server
// that the address names and to no other, wherever it redirects. Over SSH see
// ssh_keys.go.
//
// Where git is installed its configuration is followed: url.<base>.insteadOf,
// http.proxy, sslCAInfo, sslCAPath, sslCert, sslKey, extraHeader, and sslVerify,
// too, for who writes that has said it aloud. So are GIT_SSL_CAINFO, GIT_SSL_CERT,
// GIT_SSL_NO_VERIFY, http_proxy, no_proxy and SSL_CERT_FILE.
//
// The way through it: Parse an address -> New, with the Access that the machine
// gives -> Fetch and Push. Start reading at address.go.
package remote

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Access is what connections may use of the machine. One is shared by all
// remotes of a run, so that a credential is asked for once.
type Access struct {
	Env    func(string) string     // nil: of the process
	Home   string                  // for netrc, keys and known hosts
	Idle   time.Duration           // a connection that is silent for so long is given up; 0: two minutes
	Before func(what, path string) // told before a remote is asked to change; nil: nobody

	mu     sync.Mutex
	logins map[string]*login // by origin and user: what was found, or is being looked for
	keys   keyRing           // of SSH
}

func (a *Access) env(name string) string {
	if a.Env == nil {
		return os.Getenv(name)
	}
	return a.Env(name)
}

// Remote is one repository somewhere else. Safe for concurrent use.
type Remote struct {
	at     address
	dir    string
	access *Access
	reads  bool // nobody means to push there

	mu     sync.Mutex
	client *client // of HTTP; made by the first conversation

	received atomic.Int64
}

// New makes a remote of an address in any form that `git clone` takes: a path,
// file://, http(s)://, ssh:// or user@host:path. Relative paths are of dir.
func New(address, dir string, access *Access) (*Remote, error) {
	at, err := parse(address, dir)
	if err != nil {
		return nil, err
	}
	if access == nil {
		access = &Access{}
	}
	r := &Remote{at: at, dir: dir, access: access}
	return r, r.rewrite()
}

// NewReader makes a remote that nobody means to push to: what is said of
// credentials does not ask for more than it takes to read.
func NewReader(address, dir string, access *Access) (*Remote, error) {
	r, err := New(address, dir, access)
	if err == nil {
		r.reads = true
	}
	return r, err
}

// rights is what an account or a token has to be allowed.
func (r *Remote) rights() string {
	if r.reads {
		return "read the repository"
	}
	return "read the repository, and write it to push"
}

// String is the address without credentials.
func (r *Remote) String() string { return r.at.shown }

// ID tells one repository from another, whatever directory an address was
// relative to; without credentials. It is for keys, not for people.
func (r *Remote) ID() string {
	if r.at.scheme == "file" {
		return "file://" + r.at.path
	}
	return r.at.scheme + "://" + sshUser(r.at.user()) + r.at.host + "/" + strings.TrimPrefix(r.at.path, "/")
}

// Received is how many bytes of packs came from the remote so far.
func (r *Remote) Received() int64 { return r.received.Load() }

// Store is where fetched objects go: a filesystem.Storage of go-git, or any
// other that tells what it has.
type Store interface {
	storer.EncodedObjectStorer
	storer.ShallowStorer
}

// Want names what to fetch: a branch or tag by its full name, "HEAD", a short
// name as `git rev-parse` would look it up, or a commit's whole id.
type Want struct {
	Rev   string
	Depth int           // commits of history; 0 is 1
	Have  plumbing.Hash // a commit that the store has whole, or zero

	history bool  // commits without their files, where the server can do that
	largest int64 // larger files are left out, where the server can do that; 0: none is
}

// Tip is a commit of a remote. Its Commit is zero where there is no such branch.
type Tip struct {
	Ref    plumbing.ReferenceName // the whole name of what was found; empty for a commit's id
	Commit plumbing.Hash
}

// Update moves a branch of a remote from Old to New; a zero Old creates it.
type Update struct {
	Ref      plumbing.ReferenceName
	Old, New plumbing.Hash
	Pack     func(io.Writer) error // writes a pack with every object of New that Old has not
}

// MovedError says that a remote branch was not where an update expected it.
type MovedError struct {
	Ref       plumbing.ReferenceName
	Want, Now plumbing.Hash // Now is zero where there is no such branch, or the server did not say
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("%s is at %s, not at %s", e.Ref, e.Now, e.Want)
}
