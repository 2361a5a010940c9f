package schema

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/weir-dev/weir/schema/diag"
)

// chart tells the kind of the chart from the form of its reference:
//
//   - oci://…, git::…, http://… and https://… say it themselves;
//   - ".", "./…", "../…" and what ends in .tgz is a path of the project, relative
//     to the file that names it;
//   - <repository>/<chart> refers to a repository block, of a registry or not.
func (d *draft) chart() *Chart {
	x, n := d.last("", "chart")
	if n == nil {
		return nil
	}
	r := reader{d.list}
	s, ok := r.string(x, n)
	if !ok {
		return nil
	}
	c := &Chart{Source: s, Range: n.Origin}
	version := d.string("version")
	c.Version = version.text
	switch {
	case hasUser(s) && !strings.HasPrefix(s, "git::"):
		r.credentials(n.Origin, "The URL of the chart")
		return nil
	case strings.ContainsAny(s, "?#") && isURL(s):
		r.fail(unshown(n.Origin), "The URL of a chart has no query", "The lock and the messages would have it, too, and it may be a token or a signature. Most of these expire.",
			"Name the archive where it lies without one, or put it into the project. Weir reads netrc, WEIR_CHARTS_USER_<host> and WEIR_CHARTS_PASSWORD_<host>, and what `weir login` keeps.")
		return nil
	case strings.HasPrefix(s, "oci://"):
		c.Kind, c.Name = OCI, path.Base(s)
	case strings.HasPrefix(s, "git::"):
		c.Kind = Git
		if _, err := ParseGit(s); err != nil {
			found, _ := diag.Refused(err)
			at := n.Origin
			if gitSecret(s) {
				at = unshown(at)
			}
			for _, f := range found {
				r.fail(at, f.Summary, f.Detail, f.Remedy)
			}
			return nil
		}
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		c.Kind = URL
		if u, err := url.Parse(s); err != nil || u.Host == "" {
			r.fail(unshown(n.Origin), "The URL of a chart cannot be read", "", "Write https://host/path/chart.tgz, other characters as %XX.")
			return nil
		}
		if !strings.HasSuffix(s, ".tgz") {
			r.fail(n.Origin, "The URL of a chart ends in .tgz", fmt.Sprintf("%q names no chart archive.", s), "For a chart repository, declare `repository \"<name>\" { url = \"…\" }` and write chart = \"<name>/<chart>\".")
			return nil
		}
	case s == "." || s == ".." || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasSuffix(s, ".tgz"):
		return d.local(x, c, version)
	default:
		if !d.fromRepository(x, c) {
			return nil
		}
	}
	if c.Kind != Repository && c.Repository.URL == "" {
		c.Repository = RepositoryOf(s, d.t.p.Repositories())
	}
	if c.Version != "" {
		if _, err := semver.NewConstraint(c.Version); err != nil {
			r.fail(version.at, fmt.Sprintf("%q is not a version constraint", c.Version), "", "Write it as in \"6.7.1\", \"~> 6.7\" or \">= 1.2, < 2\".")
		}
	}
	return c
}

func (d *draft) local(x *expression, c *Chart, version placed) *Chart {
	written := placed{c.Source, c.Range}
	name, ok := d.path(x, written, "a chart")
	if !ok {
		return nil
	}
	r := reader{d.list}
	dir, err := d.t.p.files.stat(name)
	switch {
	case err != nil:
		problem := "A chart cannot be read"
		if absent(err) {
			problem = "A chart is missing"
		}
		r.fail(c.Range, problem, why(name, err), d.t.p.files.remedy(name, err, "Correct the path; it is relative to the file that names it."))
		return nil
	case dir:
		if _, err := d.t.p.files.stat(path.Join(name, "Chart.yaml")); err != nil && !absent(err) {
			file := path.Join(name, "Chart.yaml")
			r.fail(c.Range, "A chart cannot be read", why(file, err), d.t.p.files.remedy(file, err, ""))
			return nil
		} else if err != nil {
			r.fail(c.Range, "This directory is not a chart", fmt.Sprintf("There is no Chart.yaml in %s.", name), "Correct the path, or add Chart.yaml.")
			return nil
		}
	case !strings.HasSuffix(name, ".tgz"):
		r.fail(c.Range, "A chart is a directory or a .tgz", name+" is a file.", "Name the chart's directory.")
		return nil
	}
	if c.Version != "" {
		*d.list = append(*d.list, diag.Diagnostic{
			Severity: diag.Warning, Summary: "`version` says nothing about a chart of the project", Subject: version.at,
			Detail: "The chart is taken as it is.", Remedy: "Remove `version`.",
			Related: []diag.Related{{Range: c.Range, Note: "the chart"}},
		})
		c.Version = ""
	}
	c.Kind, c.Path = Local, name
	return c
}

// URL is where the chart is, for Repository and OCI: that of the repository with
// the chart's name after it. For others it is what was written.
func (c Chart) URL() string {
	if c.Repository.URL == "" || strings.Contains(c.Source, "://") {
		return c.Source
	}
	return c.Repository.URL + "/" + c.Name
}

func (d *draft) fromRepository(x *expression, c *Chart) bool {
	r := reader{d.list}
	repository, name, ok := strings.Cut(c.Source, "/")
	if !ok || repository == "" || name == "" {
		remedy := "Write \"./<directory>\" for a chart of the project, \"<repository>/<chart>\", or a URL: oci://…, git::…, https://….tgz."
		if p, fault := resolve(x.file, c.Source); fault == "" {
			if dir, err := d.t.p.files.stat(p); err == nil && dir {
				remedy = fmt.Sprintf("Did you mean %q?", "./"+c.Source)
			}
		}
		r.fail(c.Range, fmt.Sprintf("%q is not a chart reference", c.Source), "", remedy)
		return false
	}
	if !contains(d.t.p.repositories, repository) {
		remedy := sentences(didYouMean(repository, keys(d.t.p.repositories)), fmt.Sprintf("Declare it with `repository %q { url = \"…\" }`.", repository))
		if p, fault := resolve(x.file, c.Source); fault == "" {
			if _, err := d.t.p.files.stat(p); err == nil {
				remedy = fmt.Sprintf("Did you mean the chart of the project, %q?", "./"+c.Source)
			}
		}
		r.fail(c.Range, fmt.Sprintf("There is no repository %q", repository), "", remedy)
		return false
	}
	c.Kind, c.Name, c.Repository = Repository, name, d.t.p.repositories[repository]
	if strings.HasPrefix(c.Repository.URL, "oci://") {
		c.Kind = OCI
	}
	return true
}
