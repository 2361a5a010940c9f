package remote

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// address is where a repository is.
type address struct {
	scheme string        // file, http, https or ssh
	login  *url.Userinfo // of the address itself; never printed but the user of ssh
	host   string        // with its port, if there is one
	path   string        // of file: absolute; of http: as in the URL, escaped; of ssh: as the server gets it
	shown  string        // for people: without credentials
}

// user is that of an SSH address, which is part of what it names; elsewhere it
// is a credential.
func (a address) user() *url.Userinfo {
	if a.scheme != "ssh" {
		return nil
	}
	return a.login
}

// schemes are the ways that an address may begin with; the value is what they
// are here.
var schemes = map[string]string{
	"file": "file", "http": "http", "https": "https",
	"ssh": "ssh", "git+ssh": "ssh", "ssh+git": "ssh",
}

const forms = "Give a path, file:///path, https://host/path, ssh://user@host/path or user@host:path."

// parse reads an address in any form that `git clone` takes. Relative paths
// are of dir.
func parse(given, dir string) (address, error) {
	switch {
	case given == "":
		return address{}, diag.Refuse(diag.Diagnostic{
			Summary: "the address of a Git repository is empty",
			Remedy:  forms,
		})
	case strings.ContainsFunc(given, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return address{}, refuseAddress(given, "It has a control character or a line break in it.")
	}
	if scheme, _, ok := strings.Cut(given, "://"); ok && isScheme(scheme) {
		return parseURL(given, scheme)
	}
	if helper, _, ok := strings.Cut(given, "::"); ok && isScheme(helper) {
		return address{}, refuseAddress(given, "It asks for Git's remote helper "+helper+", a program that Weir does not run.")
	}
	if a, ok, err := parseSCP(given); ok || err != nil {
		return a, err
	}
	a := address{scheme: "file", path: given, shown: given}
	if !filepath.IsAbs(given) {
		a.path = filepath.Join(dir, given)
	}
	return a, nil
}

var validScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)

func isScheme(s string) bool { return validScheme.MatchString(s) }

func parseURL(given, scheme string) (address, error) {
	known, ok := schemes[strings.ToLower(scheme)]
	if !ok {
		d := addressDiagnostic(given, "Git repositories are not reached by "+scheme+"://.")
		if scheme == "git" {
			d.Detail = "git:// neither knows who asks nor protects what it carries, so nothing can be pushed over it."
		}
		names := make([]string, 0, len(schemes))
		for name := range schemes {
			names = append(names, name)
		}
		slices.Sort(names)
		remedy := d.Remedy
		d.Remedy = ""
		return address{}, diag.Refuse(d.Suggest(scheme, names).Remedyf("%s", remedy))
	}
	u, err := url.Parse(given)
	if err != nil {
		// The error is left out: it repeats the address, password and all.
		return address{}, refuseAddress(given, "It is no valid URL. A port is a number, and a character that means something else is written as %XX, as an @ or / in a password (%40, %2F).")
	}
	a := address{scheme: known, login: u.User, host: strings.ToLower(u.Host), path: u.Path}
	if err := a.check(given, u); err != nil {
		return address{}, err
	}
	switch known {
	case "file":
		a.host, a.login = "", nil
		a.path = filepath.FromSlash(windowsDrive(u.Path))
		a.shown = "file://" + u.EscapedPath()
	case "ssh":
		if strings.HasPrefix(a.path, "/~") {
			a.path = a.path[1:] // as Git does: of that user's home
		}
		a.shown = "ssh://" + sshUser(u.User) + a.host + u.EscapedPath()
	default:
		a.path = strings.TrimRight(u.EscapedPath(), "/")
		a.shown = known + "://" + a.host + a.path
	}
	return a, nil
}

// check refuses what a URL must not have.
func (a address) check(given string, u *url.URL) error {
	switch {
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return refuseAddress(given, "It has a query or a fragment (? or #), which the address of a repository has not. In a path or a password they are written as %3F and %23.")
	case a.scheme == "file" && a.host != "" && a.host != "localhost":
		return refuseAddress(given, "file:// is of this machine and names no host: three slashes, then the path.")
	case a.scheme == "file" && u.Path == "", a.scheme != "file" && strings.Trim(u.Path, "/") == "":
		return refuseAddress(given, "It has no path.")
	case a.scheme != "file" && u.Hostname() == "":
		return refuseAddress(given, "It has no host.")
	case strings.HasPrefix(a.host, "-") || strings.HasPrefix(u.User.Username(), "-"):
		return refuseAddress(given, "A host or a user that begins with a dash would be taken for an option.")
	}
	return nil
}

// parseSCP reads user@host:path. A slash before the colon makes it a path, one
// letter before it a drive.
func parseSCP(given string) (address, bool, error) {
	host, path, ok := cutHost(given)
	if !ok {
		return address{}, false, nil
	}
	a := address{scheme: "ssh", path: path}
	if user, rest, ok := cutLast(host, "@"); ok {
		a.login, host = url.User(user), rest
		a.shown = user + "@"
	}
	a.host = strings.ToLower(host)
	a.shown += a.host + ":" + path
	switch {
	case host == "":
		return address{}, false, refuseAddress(given, "It has no host.")
	case a.login == nil && passwordInside.MatchString(path):
		return address{}, false, refuseAddress(given, "An address of the form user@host:path has no password: SSH asks for a key.")
	case path == "":
		return address{}, false, refuseAddress(given, "It has no path.")
	case strings.HasPrefix(host, "-") || strings.HasPrefix(a.login.Username(), "-"):
		return address{}, false, refuseAddress(given, "A host or a user that begins with a dash would be taken for an option.")
	}
	return a, true, nil
}

// passwordInside is what follows user: in user:password@host:path, which is
// read as a path of the host "user".
var passwordInside = regexp.MustCompile(`^[^/]*@[^/]*:`)

// cutHost cuts host:path at the colon; an IPv6 host is in brackets.
func cutHost(given string) (host, path string, ok bool) {
	from := 0
	if i := strings.Index(given, "["); i >= 0 && (i == 0 || given[i-1] == '@') {
		if end := strings.Index(given[i:], "]"); end > 0 {
			from = i + end
		}
	}
	colon := strings.Index(given[from:], ":")
	if colon < 0 {
		return "", "", false
	}
	host, path = given[:from+colon], given[from+colon+1:]
	if strings.ContainsAny(host, `/\`) || len(host) == 1 {
		return "", "", false
	}
	return host, path, true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func sshUser(login *url.Userinfo) string {
	if login == nil || login.Username() == "" {
		return ""
	}
	return url.User(login.Username()).String() + "@"
}

// windowsDrive takes the slash from /C:/path.
func windowsDrive(path string) string {
	if len(path) > 2 && path[0] == '/' && path[2] == ':' && filepath.VolumeName(path[1:]) != "" {
		return path[1:]
	}
	return path
}

func refuseAddress(given, why string) error { return diag.Refuse(addressDiagnostic(given, why)) }

func addressDiagnostic(given, why string) diag.Diagnostic {
	return diag.Diagnostic{
		Summary: "this is no address of a Git repository",
		Subject: diag.Range{File: withoutLogin(given)},
		Detail:  why,
		Remedy:  forms,
	}
}

// withoutLogin takes everything that may be a credential out of what need not
// be an address at all.
func withoutLogin(given string) string {
	scheme, rest, ok := strings.Cut(given, "://")
	if !ok {
		if i := strings.LastIndex(given, "@"); i >= 0 && strings.Contains(given[:i], ":") {
			return given[i+1:] // user:password@host, no form of any address
		}
		return given
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = rest[i+1:] // a password may have a slash in it
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	host, path, _ := strings.Cut(rest, "/")
	if name, port, ok := cutLast(host, ":"); ok && strings.Trim(port, "0123456789") != "" && !strings.HasSuffix(port, "]") {
		return scheme + "://" + name + ":…/" + path // it may be a password whose @ was forgotten
	}
	return scheme + "://" + rest
}
