package schema

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// GitChart is the reference of a chart in a Git repository, taken apart:
//
//	git::<address>[//<directory>][?ref=<revision>]
type GitChart struct {
	Address   string // of the repository, in any form that `git clone` takes, without credentials; no relative path
	Directory string // in the repository; "." is all of it
	Rev       string // a branch, a tag or a commit's whole id; HEAD where none is named
}

// String is the reference in one fixed form.
func (g GitChart) String() string {
	s := "git::" + g.Address
	if g.Directory != "." {
		s += "//" + g.Directory
	}
	if g.Rev != "HEAD" {
		s += "?ref=" + url.PathEscape(g.Rev)
	}
	return s
}

// IsCommit tells whether the revision is a commit's whole id, which no branch
// can move.
func (g GitChart) IsCommit() bool { return wholeID.MatchString(g.Rev) }

var (
	wholeID = regexp.MustCompile(`^[0-9a-f]{40}$`)
	partID  = regexp.MustCompile(`^[0-9a-f]{7,39}$`)
	drive   = regexp.MustCompile(`^[A-Za-z]:[/\\]`)
)

const gitForm = "Write git::<address>//<directory>?ref=<branch, tag or commit>."

// ParseGit takes a reference of the kind Git apart. Its error carries a
// diagnostic without a place, and nothing of a credential.
func ParseGit(source string) (GitChart, error) {
	address, query, asks := strings.Cut(strings.TrimPrefix(source, "git::"), "?")
	address, directory := cutDirectory(address)
	g := GitChart{Address: address, Directory: path.Clean("/" + directory)[1:], Rev: "HEAD"}
	if g.Directory == "" {
		g.Directory = "."
	}
	bad := func(summary, detail, remedy string) error {
		return diag.Refuse(diag.Diagnostic{Summary: summary, Detail: detail, Remedy: remedy})
	}
	switch {
	case hasLogin(address):
		return GitChart{}, bad("Credentials do not live in a project", "The address of the repository has them in it, and everything in a project is committed.",
			"Remove what stands before the @. Weir asks whom Git asks: WEIR_GIT_TOKEN_<host>, `git credential` helpers, netrc; over SSH the agent and its keys.")
	case address == "":
		return GitChart{}, bad("The chart has no repository", "", gitForm)
	case strings.ContainsFunc(source, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return GitChart{}, bad("The address of a chart has a space or a line break in it", "", "Remove it; in a URL a space is %20.")
	case isRelative(address):
		return GitChart{}, bad(fmt.Sprintf("%q is no address of a Git repository", address), "A relative path would be another one on another machine.",
			"Begin it with https://, ssh://, file:/// or user@host:, or with a slash. A chart of the project itself is \"./<directory>\", without git::.")
	case strings.Contains("/"+directory+"/", "/../"):
		return GitChart{}, bad(fmt.Sprintf("The directory %q leads out of the repository", directory), "", "Name it from the root of the repository.")
	}
	if !asks {
		return g, nil
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name != "ref" {
			d := diag.Diagnostic{Summary: fmt.Sprintf("A chart in Git has no %q", name), Detail: "Behind the ? stands ref only."}
			return GitChart{}, diag.Refuse(d.Suggest(name, []string{"ref"}).Remedyf("%s", gitForm))
		}
		rev, err := url.PathUnescape(value)
		switch {
		case err != nil, rev == "", g.Rev != "HEAD":
			return GitChart{}, bad(fmt.Sprintf("%q is no revision", value), "", gitForm)
		case strings.Contains(rev, "//"):
			_, directory, _ := strings.Cut(rev, "//")
			return GitChart{}, bad("The directory of a chart stands before the ?", "", fmt.Sprintf("Write //%s before ?ref=….", directory))
		case partID.MatchString(rev):
			return GitChart{}, bad(fmt.Sprintf("%q is a part of a commit's id", rev), "A server finds a commit by its whole id, by a branch or by a tag.",
				"Write all 40 digits: `git rev-parse "+rev+"` prints them. A branch of this name is refs/heads/"+rev+".")
		}
		g.Rev = rev
		if lower := strings.ToLower(rev); wholeID.MatchString(lower) {
			g.Rev = lower
		}
	}
	return g, nil
}

// cutDirectory cuts at the first // that is not behind a scheme.
func cutDirectory(address string) (repository, directory string) {
	from := 0
	if at := strings.Index(address, "://"); at >= 0 {
		from = at + len("://")
	}
	at := strings.Index(address[min(from+1, len(address)):], "//") // file:////share has three slashes and one
	if at < 0 {
		return address, ""
	}
	at += from + 1
	return address[:at], strings.TrimLeft(address[at:], "/")
}

// hasLogin tells whether an address has what may be a credential: any user over
// HTTP, where tokens are users, too; else a password.
func hasLogin(address string) bool {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return loginInside.MatchString(address)
	}
	host, _, _ := strings.Cut(rest, "/")
	user, _, at := strings.Cut(host, "@")
	return at && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") || strings.Contains(user, ":"))
}

// loginInside is user:password@host:path, no form of any address.
var loginInside = regexp.MustCompile(`^[^/@]*:[^/]*@[^/]*:`)

func isRelative(address string) bool {
	if strings.Contains(address, "://") || strings.HasPrefix(address, "/") || drive.MatchString(address) {
		return false
	}
	host, _, colon := strings.Cut(address, ":")
	return !colon || strings.Contains(host, "/")
}
