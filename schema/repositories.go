package schema

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

func (p *Project) loadRepositories(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		d := p.described(b, "in a repository", list)
		dnsLabel(b, "a repository", list)
		r := ChartRepository{Name: b.label, URL: repositoryURL(d.string("url"), list), PlainHTTP: d.bool("plain_http"), Range: b.rng}
		r.CA, r.At.CA = d.machineFile("ca_file")
		r.Certificate, r.At.Certificate = d.machineFile("certificate")
		r.Key, r.At.Key = d.machineFile("key")
		r.Keyring, r.At.Keyring = d.machineFile("keyring")
		p.repositories[b.label] = r
	}
}

// repositoryURL checks the URL of a repository and takes the slashes from its end.
func repositoryURL(given placed, list *diag.List) string {
	if given.text == "" {
		return ""
	}
	r := reader{list}
	u, err := url.Parse(given.text)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "oci", strings.ContainsAny(given.text, " \t\n"):
		at := given.at
		if strings.ContainsAny(given.text, "@?") {
			at = unshown(at)
		}
		r.fail(at, fmt.Sprintf("%q is not the URL of a chart repository", withoutUser(given.text)), "", "Write https://… for a chart repository, or oci://… for a registry.")
		return ""
	case u.User != nil:
		r.credentials(given.at, "The URL of the repository")
		return ""
	case u.RawQuery != "" || u.Fragment != "":
		r.fail(unshown(given.at), "The URL of a chart repository has no query", "Weir appends /index.yaml and the names of charts to it.", "Remove what begins with ? or #.")
		return ""
	}
	return strings.TrimRight(given.text, "/")
}

// credentials refuses what nobody should commit, without showing it again.
func (r reader) credentials(at diag.Range, what string) {
	r.fail(unshown(at), "Credentials do not live in a project", what+" has a user in it, and everything in a project is committed.",
		"Remove what stands before the @. Weir reads netrc, WEIR_CHARTS_USER_<host> and WEIR_CHARTS_PASSWORD_<host>, and what `weir login` keeps.")
}

// hasUser tells whether a URL names a user before its host.
func hasUser(s string) bool {
	_, rest, _ := strings.Cut(s, "://")
	host, _, _ := strings.Cut(rest, "/")
	return strings.Contains(host, "@")
}

// withoutUser takes what may be a password out of a text that may be no URL.
func withoutUser(text string) string {
	text, _, _ = strings.Cut(text, "?")
	scheme, rest, ok := strings.Cut(text, "://")
	if at := strings.LastIndex(rest, "@"); ok && at >= 0 {
		return scheme + "://" + rest[at+1:]
	}
	return text
}

// machineFile is a file of the project, or one of the machine: absolute or
// under ~/, where keys belong; and where it is named.
func (d described) machineFile(name string) (string, diag.Range) {
	written := d.string(name)
	if written.text == "" || filepath.IsAbs(written.text) || strings.HasPrefix(written.text, "~/") {
		return written.text, written.at
	}
	file, fault := resolve(d.b.file, written.text)
	if fault != "" {
		reader{d.list}.fail(written.at, "A file of a repository lies outside of the project", fault,
			"Name a file of the project, relative to the file that names it, or one of the machine: an absolute path, or one that begins with ~/.")
		return "", written.at
	}
	return file, written.at
}

// RepositoryOf is the repository with the longest URL that a chart's URL is
// below; zero where there is none.
func RepositoryOf(chart string, all []ChartRepository) ChartRepository {
	var best ChartRepository
	for _, r := range all {
		if r.URL != "" && len(r.URL) > len(best.URL) && (chart == r.URL || strings.HasPrefix(chart, r.URL+"/")) {
			best = r
		}
	}
	return best
}
