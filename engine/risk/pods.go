package risk

import (
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// pod is a pod template in an object: a workload's, or one in a custom resource
// that holds one.
type pod struct {
	path       diff.Path // of the map that has metadata and spec
	spec       diff.Path
	template   tree
	body       tree // the spec
	containers []container
}

// container is one of a pod's, of whatever list.
type container struct {
	path diff.Path
	name string
	body tree
}

// containerLists is read only.
var containerLists = []string{"initContainers", "containers", "ephemeralContainers"}

// podsOf finds the pod templates of an object.
func (s *side) podsOf() []pod {
	if s == nil {
		return nil
	}
	if s.read {
		return s.pods
	}
	s.read = true
	if s.ID.Kind == "CustomResourceDefinition" || !s.mentions("ontainers:") {
		return nil
	}
	if template, ok := manifest.PodTemplate(s.tree()); ok {
		at := path("spec", "template")
		switch s.ID.Kind {
		case "Pod":
			at = nil
		case "CronJob":
			at = path("spec", "jobTemplate", "spec", "template")
		}
		if spec := sub(template, "spec"); spec != nil {
			s.pods = []pod{newPod(at, template, at.Then(diff.Key("spec")), spec)}
		}
		return s.pods
	}
	s.pods = search(nil, nil, nil, s.tree())
	return s.pods
}

// search looks for maps with containers that have a name and an image.
func search(found []pod, parent tree, at diff.Path, v any) []pod {
	switch v := v.(type) {
	case tree:
		if isPodSpec(v) {
			template, of := tree(nil), at
			if n := len(at); n > 0 && at[n-1].Key == "spec" {
				template, of = parent, at[:n-1:n-1]
			}
			return append(found, newPod(of, template, at, v))
		}
		for _, key := range sortedKeys(v) {
			found = search(found, v, at.Then(diff.Key(key)), v[key])
		}
	case []any:
		for i, item := range v {
			if _, scalar := item.(string); !scalar {
				found = search(found, nil, named(at, asTree(item), i), item)
			}
		}
	}
	return found
}

func asTree(v any) tree { t, _ := v.(tree); return t }

func isPodSpec(t tree) bool {
	for _, c := range mapsOf(items(t, "containers")) {
		if text(c, "name") != "" && text(c, "image") != "" {
			return true
		}
	}
	return false
}

func newPod(at diff.Path, template tree, spec diff.Path, body tree) pod {
	p := pod{path: at, spec: spec, template: template, body: body}
	for _, list := range containerLists {
		for i, c := range mapsOf(items(body, list)) {
			p.containers = append(p.containers, container{path: named(spec.Then(diff.Key(list)), c, i), name: text(c, "name"), body: c})
		}
	}
	return p
}

// containers lists the containers of all pods of an object.
func (s *side) containers() []container {
	var all []container
	for _, p := range s.podsOf() {
		all = append(all, p.containers...)
	}
	return all
}

// staying yields the containers that are there before and after.
func (o *object) staying(yield func(before, after container) bool) {
	if o.before == nil || o.after == nil {
		return
	}
	old := map[string]container{}
	for _, c := range o.before.containers() {
		old[c.path.String()] = c
	}
	for _, c := range o.after.containers() {
		if b, ok := old[c.path.String()]; ok && !yield(b, c) {
			return
		}
	}
}

// readers lists the workloads of a version that read a ConfigMap or Secret, in
// the set's order.
func (v *version) readers(id manifest.ID) []manifest.ID {
	if v == nil {
		return nil
	}
	if v.reads == nil {
		v.reads = map[manifest.ID][]manifest.ID{}
		for o := range v.all() {
			seen := map[manifest.ID]bool{}
			for _, p := range v.side(o).podsOf() {
				for _, ref := range manifest.References(tree{"spec": p.body}) {
					if at := (manifest.ID{Kind: ref.Kind, Namespace: o.ID.Namespace, Name: ref.Name}); !seen[at] {
						seen[at] = true
						v.reads[at] = append(v.reads[at], o.ID)
					}
				}
			}
		}
	}
	return v.reads[id]
}

// replicas is how many pods a workload asks for; false for what has no number
// of its own.
func (s *side) replicas() (int64, bool) {
	switch {
	case is(s.ID, "apps", "Deployment", "StatefulSet", "ReplicaSet"), is(s.ID, "", "ReplicationController"):
	case get(s.tree(), "spec", "replicas") == nil || len(s.podsOf()) == 0:
		return 0, false
	}
	v := get(s.tree(), "spec", "replicas")
	if v == nil {
		return 1, true
	}
	return whole(v)
}
