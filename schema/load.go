package schema

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Options says which project to load and what the user passed from outside.
type Options struct {
	Dir      string            // the project's directory; "" is the current one
	FS       fs.FS             // the project's files, where they are in no directory; Dir is then for VarFiles only
	Version  string            // of weir, checked against `requires`; "" skips the check
	Vars     map[string]string // --var name=value
	VarFiles []string          // --var-file, relative to Dir
	Environ  []string          // os.Environ(); only WEIR_VAR_<name> is looked at
	Past     bool              // another revision than the one that Vars and VarFiles are meant for: what it does not declare means nothing
}

// Load reads a project and checks everything that can be checked without
// choosing a target. The project is never nil: with errors in the list it still
// answers Sources, so that they can be shown.
func Load(o Options) (*Project, diag.List) {
	p := &Project{
		sources: map[string]*source{}, given: map[string]*source{}, locals: map[string]*expression{}, variables: map[string]*variable{},
		localValues: map[string]*result{}, perTarget: map[string]bool{},
		repositories: map[string]ChartRepository{}, clusters: map[string]*cluster{}, environments: map[string]*environment{},
		profiles: map[string]*instance{}, releases: map[string]*instance{}, namespaces: map[string]Namespace{},
		byDir: map[string]map[string]function.Function{},
	}
	var list diag.List
	files, err := o.files()
	if err != nil {
		p.files = noFiles()
		return p, diag.List{{
			Summary: "The project's directory cannot be opened", Detail: notOpened(o.Dir, err),
			Remedy: opening(err),
		}}
	}
	p.files = files
	p.load(o, &list)
	veil(list, p.cover)
	return p, list.Sorted()
}

func (o Options) files() (*files, error) {
	if o.FS != nil {
		return filesOf(o.FS), nil
	}
	return openFiles(o.Dir)
}

// notOpened says in a sentence why there is no directory under the name the user gave.
func notOpened(dir string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("There is no directory %q.", dir)
	}
	return why(strconv.Quote(dir), err)
}

func opening(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "Give yourself the right to read it, or correct the directory after -C."
	}
	return "Correct the directory after -C, or make a project with `weir init`."
}

func (p *Project) load(o Options, list *diag.List) {
	blocks := p.read(o, list)
	if blocks == nil {
		return
	}
	by := map[string][]*instance{}
	p.blocks = p.unique(blocks, list)
	for _, b := range p.blocks {
		by[b.def.Name] = append(by[b.def.Name], b)
	}
	p.object = cty.ObjectVal(map[string]cty.Value{"name": marked(cty.StringVal(p.name), p.rng)})
	p.declareLocals(by["locals"], list)
	p.loadVariables(o, by["variable"], list)
	p.checkLocals(list)
	p.loadRepositories(by["repository"], list)
	p.loadClusters(by["cluster"], list)
	for _, b := range by["project"] {
		p.loadCommit(b.one("commit"), list)
	}
	p.loadEnvironments(by["environment"], list)
	if all := by["defaults"]; len(all) > 0 {
		p.defaults = all[0]
		p.checkFragment(p.defaults, seesLocals, "in defaults", list)
	}
	for _, b := range by["profile"] {
		p.profiles[b.label] = b
		p.checkFragment(b, seesLocals, "in a profile", list)
	}
	for _, b := range by["release"] {
		p.loadRelease(b, list)
	}
	p.loadNamespaces(by["namespace"], list)
	p.loadRemoved(by["removed"], list)
	p.loadMoved(by["moved"], list)
	p.loadPolicy(by["policy"], list)
	p.loadAccepts(by["accept"], list)
}

// read parses weir.hcl, its neighbours and what it includes, and returns their
// blocks in the order of the files' names; nil where there is no project.
func (p *Project) read(o Options, list *diag.List) []*instance {
	if _, err := p.files.read(projectFile); absent(err) {
		missing := diag.Diagnostic{
			Summary: "There is no project here", Subject: diag.Range{File: projectFile},
			Detail: fmt.Sprintf("There is no %s in %q.", projectFile, cmp.Or(o.Dir, ".")),
			Remedy: "Run weir in a project's directory, or with -C <directory>; `weir init` makes a new project.",
		}
		if o.FS != nil {
			missing.Detail = fmt.Sprintf("There is no %s among the files.", projectFile)
			missing.Remedy = "Name the directory that it is in."
		}
		*list = append(*list, missing)
		return nil
	}
	root := p.readFile(projectFile, list)
	if root == nil && p.sources[projectFile] == nil {
		return nil
	}
	project := root.one("project")
	if project == nil {
		if root != nil {
			*list = append(*list, diag.Diagnostic{
				Summary: "weir.hcl has no project block", Subject: diag.Range{File: projectFile},
				Remedy: "Add `project \"<name>\" { }`.",
			})
		}
	} else {
		p.name, p.rng = project.label, project.rng
	}
	p.requires(project.get("requires"), o.Version, list)
	names, _ := p.files.glob("*.hcl")
	names = append(names, p.included(project.get("include"), list)...)
	slices.Sort(names)
	blocks := []*instance{}
	for _, name := range slices.Compact(names) {
		switch {
		case isVariables(name):
		case name == projectFile:
			if root != nil {
				blocks = append(blocks, root.blocks...)
			}
		default:
			if in := p.readFile(name, list); in != nil {
				blocks = append(blocks, in.blocks...)
			}
		}
	}
	return blocks
}

func (p *Project) readFile(name string, list *diag.List) *instance {
	data, err := p.files.read(name)
	if err != nil {
		remedy := p.files.remedy(name, err, "Put it back, or leave it out of `include`.")
		if errors.Is(err, errIsDirectory) {
			remedy = "Move the directory away, and put the file there."
		}
		*list = append(*list, diag.Diagnostic{
			Summary: "A project file cannot be read", Subject: diag.Range{File: name}, Detail: why(name, err), Remedy: remedy,
		})
		p.lost = true
		return nil
	}
	src, diags := parseSource(name, data)
	p.sources[name] = src
	*list = append(*list, diags...)
	if src.body == nil {
		p.lost = true
		return nil
	}
	in := &instance{def: &language, file: name}
	decoder{list, &p.lost}.body(src.body, &language, in)
	return in
}

// ifWhole is the list for findings that something is not declared: they are
// dropped where declarations could not be read, which is an error of its own.
func (p *Project) ifWhole(list *diag.List) *diag.List {
	if p.lost {
		return new(diag.List)
	}
	return list
}

// unique drops blocks that were declared before, and reports them.
func (p *Project) unique(blocks []*instance, list *diag.List) []*instance {
	first := map[string]*instance{}
	var out []*instance
	for _, b := range blocks {
		if b.def.Once || b.def.Label != "" && !b.def.Repeats {
			key := b.def.Name + "\x00" + b.label
			if b.def.Once {
				key = b.def.Name
			}
			if before := first[key]; before != nil {
				*list = append(*list, twice(b, before))
				p.lost = true
				continue
			}
			first[key] = b
		}
		out = append(out, b)
	}
	return out
}

// plain evaluates an attribute that is read before everything else.
func (p *Project) plain(x *expression, list *diag.List) *values.Node {
	if x == nil {
		return nil
	}
	checker{p, list}.expression(x, seesNothing, "in the project block")
	return p.scope().node(x, list)
}

func (p *Project) requires(x *expression, version string, list *diag.List) {
	n := p.plain(x, list)
	if n == nil {
		return
	}
	r := reader{list}
	s, ok := r.string(x, n)
	if !ok {
		return
	}
	want, err := semver.NewConstraint(s)
	if err != nil {
		r.fail(n.Origin, fmt.Sprintf("%q is not a version constraint", s), "", "Write it as in \">= 0.1.0\" or \"~> 1.2\".")
		return
	}
	have, err := semver.NewVersion(version)
	if err != nil {
		return // a development build
	}
	if !want.Check(have) {
		r.fail(n.Origin, fmt.Sprintf("The project requires weir %s", s), fmt.Sprintf("This is weir %s.", version), "Install a version that fits, or change `requires`.")
	}
}

// included expands the include globs.
func (p *Project) included(x *expression, list *diag.List) []string {
	n := p.plain(x, list)
	if n == nil {
		p.lost = p.lost || x != nil
		return nil
	}
	r := reader{list}
	patterns, ok := r.strings(x, n)
	p.lost = p.lost || !ok
	var names []string
	for _, pattern := range patterns {
		name, fault := resolve(projectFile, pattern.text)
		if fault != "" {
			p.lost = true
			r.fail(pattern.at, "An include leads out of the project", fault, "Name files below the project's directory.")
			continue
		}
		matches, err := p.files.glob(name)
		missing := len(matches) == 0 && !strings.ContainsAny(name, "*?[{")
		p.lost = p.lost || err != nil || missing
		switch {
		case err != nil:
			r.fail(pattern.at, fmt.Sprintf("%q is not a pattern", pattern.text), "", "Close its brackets and braces.")
		case missing:
			r.fail(pattern.at, "An included file is missing", fmt.Sprintf("There is no %s.", name), sentences(p.files.neighbour(name), "Correct the name, or remove it."))
		case len(matches) == 0:
			*list = append(*list, diag.Diagnostic{
				Severity: diag.Warning, Summary: "An include matches no file", Subject: pattern.at,
				Remedy: "Correct the pattern, or remove it; `**` crosses directories.",
			})
		}
		for _, m := range matches {
			if path.Ext(m) == ".hcl" {
				names = append(names, m)
				continue
			}
			r.fail(pattern.at, "An include matches a file that is not HCL", fmt.Sprintf("It matches %s.", m), "End the pattern in \".hcl\".")
		}
	}
	return names
}

// checkNested checks all expressions of a block and its inner blocks for one stage.
func (p *Project) checkNested(b *instance, sees roots, where string, list *diag.List) {
	for _, name := range slices.Sorted(slices.Values(keys(b.attrs))) {
		x := b.attrs[name]
		checker{p, list}.expression(x, sees, where)
		p.precompute(x, "", list)
	}
	for _, inner := range b.blocks {
		p.checkNested(inner, sees, where, list)
	}
}

// precompute evaluates what refers to nothing and calls nothing, once for all
// targets. Values get the name of their layer at the same time, so that merges share them.
func (p *Project) precompute(x *expression, layer string, list *diag.List) {
	if x.bad || len(x.refs) > 0 || len(x.calls) > 0 || x.attr != nil && x.attr.Type == kindForEach {
		return
	}
	n := x.node(nil, list)
	if n == nil {
		x.bad = true
		return
	}
	if layer != "" {
		n = values.Label(layer, n)
	}
	x.constant = n
}

// dnsLabel checks names that become names of directories and of objects.
func dnsLabel(b *instance, what string, list *diag.List) {
	if fault := notDNSLabel(b.label); fault != "" {
		reader{list}.fail(b.rng, fmt.Sprintf("%q cannot be the name of %s", b.label, what), fault,
			"Use lower-case letters, digits and hyphens, beginning and ending with a letter or digit.")
	}
}

func notDNSLabel(s string) string {
	switch {
	case s == "":
		return "It is empty."
	case len(s) > 63:
		return fmt.Sprintf("It has %d characters; 63 are allowed.", len(s))
	}
	for i, c := range s {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' && i > 0 && i < len(s)-1 {
			continue
		}
		return fmt.Sprintf("The character %q is not allowed there.", c)
	}
	return ""
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
