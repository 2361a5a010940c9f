package fetch

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// maxDepth is how deep charts may hold charts.
const maxDepth = 20

// resolve puts every dependency of the chart whose files begin with prefix in
// its place, as `helm dependency build` would: archives under charts/ are
// unpacked, and what charts/ has no copy of is read from file:// or comes from the
// library. A dependency that is missing, or there in a version that its range
// excludes, is an error: Helm says nothing of the second.
func (l *loading) resolve(prefix string, files []File) []File {
	if strings.Count(prefix, "charts/") > maxDepth {
		l.refuse(fmt.Sprintf("chart %q holds charts more than %d deep", l.name(), maxDepth), circle(prefix), "Look for a dependency that leads back to its own chart.")
		return nil
	}
	metadata := l.metadata(prefix, files)
	if metadata == nil {
		return nil
	}
	own, children := l.split(prefix, files)
	present := map[string][]*chart.Metadata{}
	for i := range children {
		children[i].files = l.resolve(children[i].prefix, children[i].files)
		if l.found.HasErrors() {
			return nil
		}
		child := l.metadata(children[i].prefix, children[i].files)
		present[child.Name] = append(present[child.Name], child)
	}
	bundled := maps.Clone(present)
	wanted := l.wanted(prefix, own, metadata, bundled)
	l.ahead(prefix, own, bundled, wanted)
	for i, d := range metadata.Dependencies {
		if versions := bundled[d.Name]; len(versions) > 0 {
			l.inRange(prefix, own, d, versions)
			continue
		}
		before := len(l.found)
		files, ok := l.dependency(prefix, own, wanted[i])
		if !ok || l.found[before:].HasErrors() {
			continue // the others may be missing, too
		}
		found := l.metadata("", files)
		switch {
		case found == nil:
			return nil
		case found.Name != d.Name:
			l.fail(l.because(diag.Errorf(declaration(prefix, own, d), "dependency %q names a chart that calls itself %q", d.Name, found.Name).
				Also(lineOf(files, "Chart.yaml", "name:"), "its own name").
				Remedyf("Use the chart's own name, with an `alias` where another one is needed.")))
			continue
		case slices.ContainsFunc(present[d.Name], func(v *chart.Metadata) bool { return v.Version == found.Version }):
			continue // there already, by another alias
		}
		l.inRange(prefix, own, d, []*chart.Metadata{found})
		child := placed(prefix, children, metadata, d, found, files)
		if child.files = l.resolve(child.prefix, child.files); l.found[before:].HasErrors() {
			continue
		}
		present[d.Name] = append(present[d.Name], found)
		children = append(children, child)
	}
	if l.found.HasErrors() {
		return nil
	}
	for _, child := range children {
		own = append(own, child.files...)
	}
	return own
}

// circle names the charts that hold each other on the way to a directory; empty
// where none comes twice.
func circle(prefix string) string {
	names := strings.Split(strings.TrimSuffix(strings.TrimPrefix(prefix, "charts/"), "/"), "/charts/")
	for to, name := range names {
		if from := slices.Index(names[:to], name); from >= 0 {
			return fmt.Sprintf("It goes round: %s.", strings.Join(names[from:to+1], " -> "))
		}
	}
	return ""
}

// child is a chart inside of another.
type child struct {
	prefix string // charts/redis/
	files  []File
}

// split takes the charts out of a chart's files, unpacking archives. What lies
// in charts/ but is no chart stays where it is; Helm ignores it too.
func (l *loading) split(prefix string, files []File) (own []File, children []child) {
	at := map[string]int{}
	taken := map[string]bool{}
	var packed []File
	for _, f := range files {
		name, rest, nested := strings.Cut(strings.TrimPrefix(f.Name, prefix+"charts/"), "/")
		switch {
		case !strings.HasPrefix(f.Name, prefix+"charts/"), strings.HasPrefix(name, "_"), strings.HasPrefix(name, "."):
			own = append(own, f)
		case nested && rest != "":
			taken[name] = true
			i, ok := at[name]
			if !ok {
				i = len(children)
				at[name] = i
				children = append(children, child{prefix: prefix + "charts/" + name + "/"})
			}
			children[i].files = append(children[i].files, f)
		case path.Ext(name) == ".tgz":
			packed = append(packed, f)
		default:
			own = append(own, f)
		}
	}
	for _, f := range packed {
		base := strings.TrimSuffix(path.Base(f.Name), ".tgz")
		name := base
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s~%d", base, n)
		}
		taken[name] = true
		c := child{prefix: prefix + "charts/" + name + "/"}
		for _, inner := range l.archive(f.Path, f.Data) {
			inner.Name = c.prefix + inner.Name
			c.files = append(c.files, inner)
		}
		children = append(children, c)
	}
	slices.SortFunc(children, func(a, b child) int { return strings.Compare(a.prefix, b.prefix) })
	return own, children
}

// placed gives a chart that was brought its directory below its parent's
// charts/. Where several versions of one chart are there, Helm applies an alias
// to the first that fits, in the order of its archives' names; so do these names.
func placed(prefix string, children []child, parent *chart.Metadata, d *chart.Dependency, found *chart.Metadata, files []File) child {
	name := d.Name
	several := func(other *chart.Dependency) bool { return other.Name == d.Name && other.Repository != d.Repository }
	if !strings.HasPrefix(d.Repository, "file://") || slices.ContainsFunc(parent.Dependencies, several) {
		name += "-" + found.Version
	}
	c := child{prefix: prefix + "charts/" + name + "/"}
	for n := 2; slices.ContainsFunc(children, func(other child) bool { return other.prefix == c.prefix }); n++ {
		c.prefix = fmt.Sprintf("%scharts/%s~%d/", prefix, name, n)
	}
	for _, f := range files {
		f.Name = c.prefix + f.Name
		c.files = append(c.files, f)
	}
	return c
}

// dependency reads a chart that its parent has no copy of. False: there is
// nowhere to read it from.
func (l *loading) dependency(prefix string, own []File, d *chart.Dependency) ([]File, bool) {
	if strings.HasPrefix(d.Repository, "file://") {
		return l.local(prefix, own, d), true
	}
	if l.partly {
		return nil, false
	}
	if hasSecret(d.Repository) {
		l.fail(l.secret(prefix, own, d))
		return nil, false
	}
	ref, ok := l.reference(prefix, own, d)
	if !ok || l.Library == nil {
		l.fail(l.lacking(prefix, own, d))
		return nil, false
	}
	return l.outside(ref, ref.Range).Files, true
}

// reference makes a reference of a dependency that is somewhere else; false
// where it says no place.
func (l *loading) reference(prefix string, own []File, d *chart.Dependency) (schema.Chart, bool) {
	ref := schema.Chart{Name: d.Name, Version: d.Version, Range: declaration(prefix, own, d)}
	address := strings.TrimRight(d.Repository, "/")
	name, aliased := repositoryName(d)
	switch {
	case aliased:
		i := slices.IndexFunc(l.Repositories, func(r schema.ChartRepository) bool { return r.Name == name })
		if i < 0 {
			return ref, false
		}
		ref.Repository, ref.Source = l.Repositories[i], name+"/"+d.Name
		ref.Kind = schema.Repository
		if strings.HasPrefix(ref.Repository.URL, "oci://") {
			ref.Kind = schema.OCI
		}
	case hasSecret(address):
		return ref, false
	case strings.HasPrefix(address, "oci://"):
		ref.Kind, ref.Source = schema.OCI, address+"/"+d.Name
		ref.Repository = schema.RepositoryOf(address, l.Repositories)
	case strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "http://"):
		ref.Kind, ref.Source = schema.Repository, address+"/"+d.Name
		ref.Repository = schema.RepositoryOf(address, l.Repositories) // certificates and the like
		ref.Repository.URL = address
	default:
		return ref, false
	}
	return ref, true
}

// hasSecret tells a repository that has a user, a query or a fragment in it: what
// a lock, a cache and a terminal must not be told.
func hasSecret(repository string) bool {
	if strings.HasPrefix(repository, "@") || strings.HasPrefix(repository, "alias:") || strings.HasPrefix(repository, "file://") {
		return false
	}
	_, rest, ok := strings.Cut(repository, "//")
	if !ok {
		rest = repository
	}
	host, _, _ := strings.Cut(rest, "/")
	return strings.Contains(host, "@") || strings.ContainsAny(rest, "?#")
}

// secret refuses a dependency for what stands in the URL of its repository.
func (l *loading) secret(prefix string, own []File, d *chart.Dependency) diag.Diagnostic {
	remedy := "Remove them from its Chart.yaml. Weir reads netrc, WEIR_CHARTS_USER_<host> and WEIR_CHARTS_PASSWORD_<host>, and what `weir login` keeps."
	if f := fileOf(own, prefix+"Chart.yaml"); f != nil && f.Packed {
		remedy = "Ask who publishes the chart to remove them from its Chart.yaml."
	}
	return l.because(diag.Errorf(declaration(prefix, own, d), "the repository of dependency %q has credentials in its URL", d.Name).
		Detailf("The URL has a user or a query; the lock, which everybody reads, would have it, too.").Remedyf("%s", remedy))
}

// repositoryName is the name that a dependency calls its repository by; false
// where it has a URL, or none.
func repositoryName(d *chart.Dependency) (string, bool) {
	if name, ok := strings.CutPrefix(d.Repository, "@"); ok {
		return name, true
	}
	return strings.CutPrefix(d.Repository, "alias:")
}

// ahead has the library get all that is missing at once; what it says is heard
// when each is asked for in turn.
func (l *loading) ahead(prefix string, own []File, bundled map[string][]*chart.Metadata, all []*chart.Dependency) {
	if l.Library == nil || l.Loop == nil {
		return
	}
	var refs []schema.Chart
	for _, d := range all {
		if ref, ok := l.reference(prefix, own, d); ok && len(bundled[d.Name]) == 0 {
			refs = append(refs, ref)
		}
	}
	if len(refs) > 1 {
		l.Loop(len(refs), func(i int) { _, _ = l.Library.Files(l.ctx, refs[i]) })
	}
}

// local reads the chart of a file:// repository, relative to the chart that
// declares it.
func (l *loading) local(prefix string, own []File, d *chart.Dependency) []File {
	at := declaration(prefix, own, d)
	base := fileOf(own, prefix+"Chart.yaml")
	if base == nil || base.Packed {
		l.fail(l.lacking(prefix, own, d))
		return nil
	}
	target := strings.TrimPrefix(d.Repository, "file://")
	where := path.Join(path.Dir(base.Path), target)
	if path.IsAbs(target) || where == ".." || strings.HasPrefix(where, "../") {
		l.fail(l.because(diag.Errorf(at, "dependency %q lies outside of the %s", d.Name, l.whole).
			Detailf("Its repository %q is read relative to the chart, and nothing outside of the %s is read.", d.Repository, l.whole).
			Remedyf("Move the chart into the %s, or pack it into charts/ with `helm dependency build`.", l.whole)))
		return nil
	}
	before := len(l.found)
	files := l.chart(where)
	for i := before; i < len(l.found); i++ { // point at the line that asked for it
		if l.found[i].Subject == l.ref.Range {
			l.found[i].Subject = at
			l.found[i] = l.because(l.found[i])
		}
	}
	return files
}

// meets tells whether a version is one that a dependency asks for.
func meets(d *chart.Dependency, v *chart.Metadata) bool {
	return d.Version == "" || chartutil.IsCompatibleRange(d.Version, v.Version)
}

// inRange checks that one of the versions at hand is asked for.
func (l *loading) inRange(prefix string, own []File, d *chart.Dependency, versions []*chart.Metadata) {
	var have []string
	for _, v := range versions {
		if meets(d, v) {
			return
		}
		have = append(have, v.Version)
	}
	slices.Sort(have)
	l.fail(l.because(diag.Errorf(declaration(prefix, own, d), "dependency %q is there in version %s, but %q is asked for", d.Name, strings.Join(have, ", "), d.Version).
		Detailf("Helm takes such a chart for one that nobody declared, and does not apply its alias.").
		Remedyf("Run `helm dependency update` in the chart, or correct the range in its Chart.yaml.")))
}

// lacking says of a dependency that it is nowhere.
func (l *loading) lacking(prefix string, own []File, d *chart.Dependency) diag.Diagnostic {
	e := diag.Errorf(declaration(prefix, own, d), "dependency %q %s is declared, but not in charts/", d.Name, d.Version)
	switch name, aliased := repositoryName(d); {
	case aliased:
		var names []string
		for _, r := range l.Repositories {
			names = append(names, r.Name)
		}
		return l.because(e.Detailf("Its repository is %q, and the project has none of this name.", d.Repository).
			Suggest(name, names).Remedyf("Declare it in the project: `repository %q { url = \"…\" }`.", name))
	case d.Repository == "":
		e = e.Detailf("It names no repository.")
	case strings.HasPrefix(d.Repository, "file://"):
		e = e.Detailf("Its repository %q was beside the chart where it was packed.", d.Repository)
	case l.Library == nil:
	default:
		e = e.Detailf("Its repository is %q. Dependencies come from https://, oci:// and file://, and from \"@<name>\" of a repository block.", withoutLogin(d.Repository))
	}
	return l.because(e.Remedyf("Run `helm dependency build` in the chart, or put the dependency into its charts/ directory."))
}

// metadata reads Chart.yaml, and requirements.yaml beside one of version v1.
// What is wrong with it is reported once.
func (l *loading) metadata(prefix string, files []File) *chart.Metadata {
	f := fileOf(files, prefix+"Chart.yaml")
	if f == nil {
		where := l.name()
		if prefix != "" {
			where += "/" + strings.TrimSuffix(prefix, "/")
		}
		l.refuse(fmt.Sprintf("%q is no chart", where), "It has no Chart.yaml.", "Name the directory that holds Chart.yaml, or write one.")
		return nil
	}
	metadata := &chart.Metadata{}
	if err := yaml.Unmarshal(f.Data, metadata); err != nil {
		l.fail(l.because(diag.Errorf(f.line(yamlLine(err)), "Chart.yaml of %q is not valid", path.Dir(f.Path)).Detailf("%s", yamlWords(err)).
			Remedyf("Correct it; `helm lint` checks it too.")))
		return nil
	}
	if metadata.APIVersion == "" {
		metadata.APIVersion = chart.APIVersionV1
	}
	if r := fileOf(files, prefix+"requirements.yaml"); r != nil {
		if err := yaml.Unmarshal(r.Data, metadata); err != nil {
			l.fail(l.because(diag.Errorf(r.line(yamlLine(err)), "requirements.yaml of %q is not valid", path.Dir(r.Path)).Detailf("%s", yamlWords(err)).
				Remedyf("Correct it, or move its dependencies to Chart.yaml.")))
			return nil
		}
	}
	if err := metadata.Validate(); err != nil {
		detail := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "validation: "), "chart.metadata.")
		l.fail(l.because(diag.Errorf(f.line(0), "Chart.yaml of %q is not valid", path.Dir(f.Path)).Detailf("%s", diag.Sentence(detail)).
			Remedyf("Correct it; `helm lint` checks it too.")))
		return nil
	}
	return metadata
}

var (
	yamlWays  = regexp.MustCompile(`^(?:error (?:converting YAML to JSON|unmarshaling JSON): |while decoding JSON: |json: |yaml: |line \d+: )+`)
	wrongType = regexp.MustCompile(`^cannot unmarshal (\w+) into Go (?:value|struct field \w+\.(\S+)) of type (\S+)$`)
	jsonTypes = map[string]string{"array": "a list", "object": "a map", "string": "a string", "number": "a number", "bool": "true or false"}
)

// yamlWords is the reader's message without the way through JSON and Go's types.
func yamlWords(err error) string {
	msg := yamlWays.ReplaceAllString(err.Error(), "")
	m := wrongType.FindStringSubmatch(msg)
	if m == nil {
		return diag.Sentence(msg)
	}
	wanted := "a map"
	switch {
	case m[3] == "string" || m[3] == "bool":
		wanted = jsonTypes[m[3]]
	case strings.HasPrefix(m[3], "[]"):
		wanted = "a list"
	}
	found := cmp.Or(jsonTypes[m[1]], m[1])
	if m[2] == "" {
		return fmt.Sprintf("It is %s where %s is wanted.", found, wanted)
	}
	return fmt.Sprintf("%q is %s where %s is wanted.", m[2], found, wanted)
}

// yamlLine takes the line out of the parser's message, the only place where it
// is; 0 where it says none.
func yamlLine(err error) int {
	_, rest, _ := strings.Cut(err.Error(), "line ")
	n := 0
	for _, c := range rest {
		if c < '0' || c > '9' || n > 1e6 {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func fileOf(files []File, name string) *File {
	for i := range files {
		if files[i].Name == name {
			return &files[i]
		}
	}
	return nil
}

// declaration is the line that declares a dependency, not shown where it may
// have a credential in it.
func declaration(prefix string, own []File, d *chart.Dependency) diag.Range {
	at := declared(prefix, own, d)
	if hasSecret(d.Repository) {
		at.Text = "(hidden)"
	}
	return at
}

func declared(prefix string, own []File, d *chart.Dependency) diag.Range {
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		f := fileOf(own, prefix+file)
		if f == nil {
			continue
		}
		listed := false
		for i, line := range bytes.Split(f.Data, []byte("\n")) {
			text := strings.TrimSpace(string(line))
			listed = listed || strings.HasPrefix(text, "dependencies:")
			key, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "-")), ":")
			value, _, _ = strings.Cut(value, " #")
			if listed && ok && key == "name" && strings.Trim(strings.TrimSpace(value), `"'`) == d.Name {
				return f.line(i + 1)
			}
		}
	}
	return lineOf(own, prefix+"Chart.yaml", "dependencies:")
}

// lineOf is the first line of a file that begins with text; the whole file
// where none does.
func lineOf(files []File, name, text string) diag.Range {
	f := fileOf(files, name)
	if f == nil {
		return diag.Range{File: name}
	}
	for i, line := range bytes.Split(f.Data, []byte("\n")) {
		if bytes.HasPrefix(line, []byte(text)) {
			return f.line(i + 1)
		}
	}
	return f.line(0)
}
