package plan

import (
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Project is what a plan asks of *schema.Project. Headers and Release may be
// called concurrently.
type Project interface {
	Name() string
	Targets() []schema.Target
	Clusters() []schema.Cluster
	Environments() []schema.Environment
	Namespaces() map[string]schema.Namespace
	Removed() []schema.Removed
	Moved() []schema.Moved
	Declarations() []string
	Declaration(label string) (diag.Range, bool)
	Headers(schema.Target) ([]schema.Header, diag.List)
	Release(schema.Header, schema.Target) (schema.Release, diag.List)
}

var _ Project = (*schema.Project)(nil)
