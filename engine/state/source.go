package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// Source is the commit of the project that a state was hydrated from. It does
// not say whether there were uncommitted changes: finding out costs a look at
// every file of the project's repository.
type Source struct {
	URL    string // of origin without credentials; empty where there is none
	Commit string
}

// String is the Hydrated-From trailer: <url>@<sha>, the sha alone where there
// is no remote, or none that fits on the line.
func (s Source) String() string {
	if s.Commit == "" {
		return ""
	}
	if !isWord(s.URL) {
		return s.Commit // nobody else can fetch it anyway
	}
	return s.URL + "@" + s.Commit
}

// SourceOf looks for the repository that a project lies in; the zero value
// where there is none or it has no commit yet.
func SourceOf(project string) (Source, error) {
	repository, err := git.PlainOpenWithOptions(project, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return Source{}, nil
	}
	if err != nil {
		return Source{}, fmt.Errorf("look for the project's repository: %w", err)
	}
	head, err := repository.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return Source{}, nil
	}
	if err != nil {
		return Source{}, fmt.Errorf("read HEAD of the project's repository: %w", err)
	}
	s := Source{Commit: head.Hash().String()}
	if origin, err := repository.Remote("origin"); err == nil && len(origin.Config().URLs) > 0 {
		s.URL = withoutCredentials(origin.Config().URLs[0])
	}
	return s, nil
}

// SourceAt is a commit of a repository by the address it was read from.
func SourceAt(address, commit string) Source {
	return Source{URL: withoutCredentials(address), Commit: commit}
}

// OriginOf is the address that the repository of a project was cloned from, with
// whatever credentials are in it; empty where there is none.
func OriginOf(project string) (string, error) {
	repository, err := git.PlainOpenWithOptions(project, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the project's repository: %w", err)
	}
	origin, err := repository.Remote("origin")
	if err != nil || len(origin.Config().URLs) == 0 {
		return "", nil //nolint:nilerr // there is none of that name
	}
	return origin.Config().URLs[0], nil
}

// withoutCredentials takes user, password, query and fragment out of a URL; the
// user of an SSH address is no secret and stays. What is no URL and no SSH
// address is a path of this machine, which says nothing to others.
func withoutCredentials(remote string) string {
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

// EnsureIgnored adds "/state/" to the .gitignore of a project unless a line of
// it says so already; it tells whether it wrote.
func EnsureIgnored(project string) (bool, error) {
	path := filepath.Join(project, ".gitignore")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("ignore state/: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		switch strings.TrimRight(line, " \t\r\n") {
		case "state", "state/", "/state", "/state/", "/state/*", "state/*":
			return false, nil
		}
	}
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	data = append(data, "/state/\n"...)
	// Whole or not at all: it is a person's file.
	next := path + ".weir-new"
	if err := os.WriteFile(next, data, 0o666); err != nil {
		return false, fmt.Errorf("ignore state/: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return false, errors.Join(fmt.Errorf("ignore state/: %w", err), os.Remove(next))
	}
	return true, nil
}
