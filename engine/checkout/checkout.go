// Package checkout reads the Git repository that a project lies in: at which
// commit it is, where it was cloned from, which of two commits comes from the
// other (lineage.go), and what a run read that is not committed (changed.go).
//
// It never writes and asks nobody: what a shallow clone does not have it does not
// know. A project that is read from elsewhere has no checkout: see engine/remote.
package checkout

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Checkout is the repository that a project lies in, or none, of which nothing
// is known.
type Checkout struct{ git *git.Repository }

// Of looks for the repository that a project lies in.
func Of(project string) (Checkout, error) {
	repository, err := open(project)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return Checkout{}, nil
	}
	if err != nil {
		return Checkout{}, fmt.Errorf("look for the project's repository: %w", err)
	}
	return Checkout{repository}, nil
}

// Head is the commit that is checked out; empty where there is none yet. Changed
// says whether there is more.
func (c Checkout) Head() (string, error) {
	if c.git == nil {
		return "", nil
	}
	head, err := c.git.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read HEAD of the project's repository: %w", err)
	}
	return head.Hash().String(), nil
}

// Origin is the address that the repository was cloned from, with whatever
// credentials are in it; empty where there is none.
func (c Checkout) Origin() string {
	if c.git == nil {
		return ""
	}
	origin, err := c.git.Remote("origin")
	if err != nil || len(origin.Config().URLs) == 0 {
		return ""
	}
	return origin.Config().URLs[0]
}

// TimeOf is when a commit was made; the zero time where there is no such commit.
func (c Checkout) TimeOf(commit string) (time.Time, error) {
	if c.git == nil {
		return time.Time{}, nil
	}
	found, err := object.GetCommit(c.git.Storer, plumbing.NewHash(commit))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read commit %s of the project's repository: %w", commit, err)
	}
	return found.Committer.When, nil
}

// WithoutCredentials takes user, password, query and fragment out of a URL; the
// user of an SSH address is no secret and stays. What is no URL and no SSH
// address is a path of this machine, which says nothing to others.
func WithoutCredentials(remote string) string {
	if u, err := url.Parse(remote); err == nil && u.Host != "" {
		switch u.Scheme {
		case "ssh", "git+ssh", "ssh+git":
			if u.User != nil {
				u.User = url.User(u.User.Username())
			}
		default:
			u.User = nil
		}
		u.RawQuery, u.Fragment = "", ""
		return u.String()
	}
	// git@host:path; a slash before the colon makes it a path.
	if host, path, ok := strings.Cut(remote, ":"); ok && !strings.ContainsAny(host, `/\`) && len(host) > 1 && !strings.HasPrefix(path, "//") {
		return remote
	}
	return ""
}
