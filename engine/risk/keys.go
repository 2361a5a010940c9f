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
	gone, left := keysOf(o.before.tree()), keysOf(o.after.tree())
	maps.DeleteFunc(gone, func(key string, _ diff.Path) bool { return left[key] != nil })
	if len(gone) == 0 {
		return nil
	}
	needed := map[string][]string{} // workloads by key
	mark := readerMark(manifest.Reference{Kind: o.id.Kind, Name: o.id.Name})
	for _, in := range o.in.in.pods(o.id.Namespace) {
		for _, p := range in.marked(mark) {
			for _, key := range p.needs(o.id) {
				if gone[key] != nil {
					needed[key] = append(needed[key], p.on.title(o.in))
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

// keysOf are the keys of a ConfigMap or Secret, with where they stand.
func keysOf(t tree) map[string]diff.Path {
	keys := map[string]diff.Path{}
	for _, field := range []string{"data", "binaryData", "stringData"} {
		for key := range sub(t, field) {
			keys[key] = path(field, key)
		}
	}
	return keys
}

// needs are the keys of a ConfigMap or Secret without which a pod does not start.
func (p pod) needs(id manifest.ID) []string {
	variable, volume, name := "configMapKeyRef", "configMap", "name"
	if id.Kind == "Secret" {
		variable, volume, name = "secretKeyRef", "secret", "secretName"
	}
	var keys []string
	for _, c := range p.containers {
		for _, e := range mapsOf(items(c.body, "env")) {
			if ref := sub(e, "valueFrom", variable); text(ref, "name") == id.Name && !truth(ref, "optional") {
				keys = append(keys, text(ref, "key"))
			}
		}
	}
	listed := func(source tree, name string) {
		if text(source, name) != id.Name || truth(source, "optional") {
			return
		}
		for _, item := range mapsOf(items(source, "items")) {
			keys = append(keys, text(item, "key"))
		}
	}
	for _, v := range mapsOf(items(p.body, "volumes")) {
		listed(sub(v, volume), name)
		for _, source := range mapsOf(items(v, "projected", "sources")) {
			listed(sub(source, volume), "name")
		}
	}
	return keys
}
