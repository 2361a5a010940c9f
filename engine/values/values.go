// Package values is the one merge of the product: layers of configuration in,
// one tree out in which every leaf remembers the line a person would edit and
// the lines it overrode. It knows neither HCL nor Helm: the schema builds Nodes
// from expressions, ParseYAML from files, and the renderer takes Plain.
package values

import "github.com/weir-dev/weir/schema/diag"

// Node is one value of a tree, immutable once built and safe to share between
// goroutines and releases.
type Node struct {
	// Value is nil, bool, int64, float64, string, []*Node or map[string]*Node.
	Value any
	// Origin is the line a person would edit to change this value.
	Origin diag.Range
	// Layer names the layer that set it, as in `environment "production"`; Merge fills it.
	Layer string
	// Over lists what this value replaced, the most recent first; Merge fills it.
	Over []*Node
	// Sensitive values are masked wherever a person reads them.
	Sensitive bool
}

// Layer is one contribution to a release's values. Name is what a person calls
// it: `defaults`, `profile "web"`, `release "podinfo"`, `environment "prod-*"`.
type Layer struct {
	Name string
	Root *Node
}
