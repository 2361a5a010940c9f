package schema

import (
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Project is a loaded project. It evaluates lazily: a method reads and
// evaluates what its answer needs and nothing else. Safe for concurrent use.
type Project struct {
	files   *files
	sources map[string]*source
	given   map[string]*source // variable files

	blocks       []*instance // all of them, in the order of the files' names
	name         string
	rng          diag.Range
	object       cty.Value // `project` in expressions
	locals       map[string]*expression
	perTarget    map[string]bool // locals that depend on env or cluster
	variables    map[string]*variable
	repositories map[string]ChartRepository
	clusters     map[string]*cluster
	environments map[string]*environment
	defaults     *instance
	profiles     map[string]*instance
	releases     map[string]*instance
	namespaces   map[string]Namespace
	removed      []Removed
	moved        []Moved
	policy       Policy
	targets      []*target
	commit       *instance // what commits of the states say; nil without the block
	lost         bool      // something declared could not be read: what refers to it would seem wrong
	cyclic       bool      // locals or environments refer to themselves: nothing can be evaluated

	mu          sync.Mutex // guards what expressions share: the locals of project and targets, env.values, byDir
	localValues map[string]*result
	byDir       map[string]map[string]function.Function

	written     sync.Once                // fills expressions
	expressions map[string][]*expression // by file, in its order
}

// Environment is one environment block.
type Environment struct {
	Name     string
	Abstract bool
	Extends  []string
	Range    diag.Range
}

// ChartRepository is one repository block. Its files are relative to the
// project; absolute or under ~/ where they are of the machine.
type ChartRepository struct {
	Name        string
	URL         string // without a slash at its end
	CA          string // PEM file of the authorities that vouch for the server; the machine's where empty
	Certificate string // PEM file of the client certificate
	Key         string // PEM file of its key; empty: it is in Certificate
	Keyring     string // OpenPGP keyring that provenance files are verified against; empty: not asked for
	PlainHTTP   bool   // an OCI registry is spoken to without TLS
	Range       diag.Range
	At          RepositoryPlaces `json:"-"` // for messages only
}

// RepositoryPlaces are where a repository block names its files.
type RepositoryPlaces struct{ CA, Certificate, Key, Keyring diag.Range }

// Name is the label of the project block.
func (p *Project) Name() string { return p.name }

// Whole tells whether all declarations were read, so that evaluation finds
// further mistakes and none that only follow from those of Load.
func (p *Project) Whole() bool { return p.name != "" && !p.lost && !p.cyclic }

// Targets lists every (environment, cluster) pair, in the order of the
// environments and then of the clusters, both by name.
func (p *Project) Targets() []Target {
	var out []Target
	for _, t := range p.targets {
		out = append(out, t.Target())
	}
	return out
}

// Clusters lists the clusters by name.
func (p *Project) Clusters() []Cluster {
	var out []Cluster
	for _, name := range keys(p.clusters) {
		out = append(out, p.clusters[name].Cluster)
	}
	return out
}

// Environments lists the environments by name, abstract ones included.
func (p *Project) Environments() []Environment {
	var out []Environment
	for _, name := range keys(p.environments) {
		e := p.environments[name]
		n := Environment{Name: name, Abstract: e.abstract, Range: e.block.rng}
		for _, x := range e.extends {
			n.Extends = append(n.Extends, x.text)
		}
		out = append(out, n)
	}
	return out
}

// Repositories lists the chart repositories by name.
func (p *Project) Repositories() []ChartRepository {
	var out []ChartRepository
	for _, name := range keys(p.repositories) {
		out = append(out, p.repositories[name])
	}
	return out
}

// Namespaces holds the namespace blocks by name.
func (p *Project) Namespaces() map[string]Namespace { return maps.Clone(p.namespaces) }

// Removed lists the removed blocks in source order.
func (p *Project) Removed() []Removed { return slices.Clone(p.removed) }

// Moved lists the moved blocks in source order.
func (p *Project) Moved() []Moved { return slices.Clone(p.moved) }

// Policy is what the project says of the findings of a diff.
func (p *Project) Policy() Policy {
	return Policy{Levels: slices.Clone(p.policy.Levels), Accepts: slices.Clone(p.policy.Accepts)}
}

// Declarations lists the labels of the release blocks by name.
func (p *Project) Declarations() []string { return keys(p.releases) }

// Declaration is the place of a release block.
func (p *Project) Declaration(label string) (diag.Range, bool) {
	b, ok := p.releases[label]
	if !ok {
		return diag.Range{}, false
	}
	return b.rng, true
}

// Headers evaluates the cheap half of every release that the project declares
// for the target, planned or not, by name.
func (p *Project) Headers(t Target) ([]Header, diag.List) {
	at := p.target(t)
	if at == nil || p.cyclic {
		return nil, nil
	}
	return at.headers()
}

// Release evaluates the rest of one release; h is one of Headers(t).
func (p *Project) Release(h Header, t Target) (Release, diag.List) {
	at := p.target(t)
	if at == nil || p.cyclic {
		return Release{Header: h}, nil
	}
	return at.release(h)
}

// EnvironmentValues is what `env.values` is at the target: a map, never nil.
func (p *Project) EnvironmentValues(t Target) (*values.Node, diag.List) {
	at := p.target(t)
	if at == nil || p.cyclic {
		return &values.Node{Value: map[string]*values.Node{}}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	root, diags := at.environmentValues()
	return root, diags.Sorted()
}

// FS reads the project's files; nothing outside of its directory can be opened
// through it, links resolved.
func (p *Project) FS() fs.FS { return p.files.fsys }

// Sources is the text of a file that a range names, as messages may show it:
// without what sensitive variables are set to. It is nil where the file cannot
// be read.
func (p *Project) Sources(file string) []byte {
	for _, known := range []map[string]*source{p.sources, p.given} {
		if s := known[file]; s != nil {
			return p.cover(file).show(s.text)
		}
	}
	if !fs.ValidPath(file) {
		return nil
	}
	data, err := p.files.read(file)
	if err != nil {
		return nil
	}
	return data
}

func (p *Project) target(t Target) *target {
	i := slices.IndexFunc(p.targets, func(have *target) bool { return have.Target() == t })
	if i < 0 {
		return nil
	}
	return p.targets[i]
}
