package risk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// keysInUse fires for a key that goes from a ConfigMap or Secret while pods need
// that very key.
func keysInUse(o *object) []finding {
	if !o.stays() || !is(o.id, "", "ConfigMap", "Secret") {
		return nil
	}
	gone := o.keysGone()
	if len(gone) == 0 {
		return nil
	}
	needed := map[string][]string{} // workloads by key
	mark := readerMark(manifest.Reference{Kind: o.id.Kind, Name: o.id.Name})
	for _, in := range o.in.in.pods(o.id.Namespace) {
		for _, p := range in.marked(mark) {
			for _, l := range p.on.links() {
				if l.id == o.id && gone[l.part] != nil {
					needed[l.part] = append(needed[l.part], p.on.title(o.in))
				}
			}
		}
	}
	var found []finding
	for _, key := range slices.Sorted(maps.Keys(needed)) {
		found = append(found, finding{path: gone[key], reason: fmt.Sprintf("the key goes, and is still read by %s: their pods cannot start without it", some(unique(needed[key])))})
	}
	return found
}

func (o *object) keysGone() map[string]diff.Path {
	gone, left := keysOf(o.before.tree()), keysOf(o.after.tree())
	maps.DeleteFunc(gone, func(key string, _ diff.Path) bool { return left[key] != nil })
	return gone
}

// keyFields are where a ConfigMap or a Secret has its keys. Read only.
var keyFields = []string{"data", "binaryData", "stringData"}

// keysOf are the keys of a ConfigMap or Secret, with where they stand.
func keysOf(t tree) map[string]diff.Path {
	keys := map[string]diff.Path{}
	for _, field := range keyFields {
		for key := range sub(t, field) {
			keys[key] = path(field, key)
		}
	}
	return keys
}
