package schema

import (
	"io/fs"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Project is a loaded project. It evaluates lazily: a method reads and
// evaluates what its answer needs and nothing else. Safe for concurrent use.
type Project struct{}

// Environment is one environment block.
type Environment struct {
	Name     string
	Abstract bool
	Extends  []string
	Range    diag.Range
}

// ChartRepository is one repository block.
type ChartRepository struct {
	Name  string
	URL   string
	Range diag.Range
}

// Name is the label of the project block.
func (p *Project) Name() string { return "" }

// Targets lists every (environment, cluster) pair, in the order of the
// environments and then of the clusters, both by name.
func (p *Project) Targets() []Target { return nil }

// Clusters lists the clusters by name.
func (p *Project) Clusters() []Cluster { return nil }

// Environments lists the environments by name, abstract ones included.
func (p *Project) Environments() []Environment { return nil }

// Repositories lists the chart repositories by name.
func (p *Project) Repositories() []ChartRepository { return nil }

// Namespaces holds the namespace blocks by name.
func (p *Project) Namespaces() map[string]Namespace { return nil }

// Removed lists the removed blocks in source order.
func (p *Project) Removed() []Removed { return nil }

// Moved lists the moved blocks in source order.
func (p *Project) Moved() []Moved { return nil }

// Declarations lists the labels of the release blocks by name.
func (p *Project) Declarations() []string { return nil }

// Declaration is the place of a release block.
func (p *Project) Declaration(label string) (diag.Range, bool) { return diag.Range{}, false }

// Headers evaluates the cheap half of every release that the project declares
// for the target, planned or not, by name.
func (p *Project) Headers(t Target) ([]Header, diag.List) { return nil, nil }

// Release evaluates the rest of one release; h is one of Headers(t).
func (p *Project) Release(h Header, t Target) (Release, diag.List) { return Release{Header: h}, nil }

// EnvironmentValues is what `env.values` is at the target: a map.
func (p *Project) EnvironmentValues(t Target) (*values.Node, diag.List) { return nil, nil }

// FS reads the project's files; nothing outside of its directory can be opened
// through it, links resolved.
func (p *Project) FS() fs.FS { return nil }

// Sources is the text of a file that a range names, nil where it cannot be read.
func (p *Project) Sources(file string) []byte { return nil }
