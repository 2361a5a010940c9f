package transform

import (
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// draft is an object between steps. Its tree is copied once, when a step first
// asks for it, and is this run's own from then on; an object that no step
// changes keeps the bytes it came with.
type draft struct {
	manifest.Object
	tree     map[string]any
	changed  bool
	rendered bool // of the chart, where its source is too
}

func newDrafts(objects []manifest.Object) []*draft {
	made := make([]draft, len(objects))
	drafts := make([]*draft, len(objects))
	for i, o := range objects {
		made[i].Object = o
		drafts[i] = &made[i]
	}
	return drafts
}

// body is the object's tree; whoever changes it says so in changed.
func (d *draft) body() map[string]any {
	if d.tree == nil {
		d.tree = d.Object.Body()
	}
	return d.tree
}

// replace gives the draft another tree. The identity follows; it stays as it
// was where the tree has none, for object to complain at the end.
func (d *draft) replace(tree map[string]any) {
	d.tree, d.changed = tree, true
	if o, err := manifest.New(tree, d.Source); err == nil {
		d.Object = o
	}
}

// object is the final object.
func (d *draft) object() (manifest.Object, error) {
	if !d.changed {
		return d.Object, nil
	}
	return manifest.New(d.tree, d.Source)
}

// namesOf lists the names of the drafts that keep returns true for, each once,
// sorted: candidates for a suggestion.
func namesOf(drafts []*draft, keep func(*draft) bool) []string {
	var names []string
	for _, d := range drafts {
		if keep(d) {
			names = append(names, d.ID.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
