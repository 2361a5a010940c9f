package render

import (
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// origin is the line that set the value at a path, or the nearest map above it
// that the release sets; otherwise where nothing on the way is set.
func origin(root *values.Node, path []string, otherwise diag.Range) diag.Range {
	found := otherwise
	for node := root; node != nil; {
		if node != root && node.Origin.File != "" {
			found = node.Origin
		}
		if len(path) == 0 {
			break
		}
		m, ok := node.Value.(map[string]*values.Node)
		if !ok {
			break
		}
		node, path = m[path[0]], path[1:]
	}
	return found
}
