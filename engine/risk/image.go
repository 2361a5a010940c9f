package risk

import (
	"fmt"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

var imageRules = []Rule{
	{ID: "image/mutable-tag", Level: Caution, Title: "An image's tag is mutable",
		Doc:    "The same manifest runs another image tomorrow, and each node may run its own.",
		object: newly(mutableTag)},
	{ID: "image/digest-dropped", Level: Caution, Title: "An image is no longer pinned by digest",
		Doc:    "Which image runs is up to whoever can push the tag.",
		object: images(digestDropped)},
	{ID: "image/registry", Level: Caution, Title: "An image comes from another registry",
		Doc:    "The cluster must be able to pull from there, and somebody else vouches for what is there.",
		object: images(registryChanged)},
	{ID: "image/major", Level: Caution, Title: "An image goes to another major version",
		Doc:    "By semantic versioning it may break whoever uses it.",
		object: images(majorImage)},
}

func mutableTag(s *side) []finding {
	var found []finding
	for _, c := range s.containers() {
		image := text(c.body, "image")
		if image == "" {
			continue
		}
		if why := parseReference(image).mutable(); why != "" {
			found = append(found, finding{path: below(c.path, "image"), key: c.path.String() + " " + image, reason: fmt.Sprintf("%s %s", image, why)})
		}
	}
	return found
}

// images makes a rule of what is wrong with a step from one image to another.
func images(find func(before, after reference) string) func(*object) []finding {
	return func(o *object) []finding {
		var found []finding
		same := map[string]int64{} // containers by what is said of them
		o.staying(func(before, after container) bool {
			from, to := text(before.body, "image"), text(after.body, "image")
			if from == to || from == "" || to == "" {
				return true
			}
			reason := find(parseReference(from), parseReference(to))
			if reason == "" {
				return true
			}
			if same[reason]++; same[reason] == 1 {
				found = append(found, finding{path: below(after.path, "image"), reason: reason})
			}
			return true
		})
		for i, f := range found {
			if n := same[f.reason]; n > 1 {
				found[i].reason += fmt.Sprintf(" (%s)", count(n, "container"))
			}
		}
		return found
	}
}

func digestDropped(before, after reference) string {
	if before.digest == "" || after.digest != "" {
		return ""
	}
	return fmt.Sprintf("%s:%s has no digest any more", after.repository, after.version())
}

func registryChanged(before, after reference) string {
	if before.registry == after.registry {
		return ""
	}
	return fmt.Sprintf("%s comes from %s instead of %s", after.path, after.registry, before.registry)
}

func majorImage(before, after reference) string {
	if before.path != after.path || Step(before.tag, after.tag) != stepMajor {
		return ""
	}
	return fmt.Sprintf("%s goes from %s to %s", after.repository, before.tag, after.tag)
}

// Images lists the images that change in a release's workloads.
func Images(r diff.Release) []ImageChange {
	var all []ImageChange
	for _, o := range newRelease(nil, &r).objects {
		type running struct{ image, container string }
		old := map[string]running{}
		var order []string
		for _, c := range o.before.containers() {
			if image := text(c.body, "image"); image != "" {
				order = append(order, c.path.String())
				old[c.path.String()] = running{image, c.name}
			}
		}
		for _, c := range o.after.containers() {
			image := text(c.body, "image")
			was := old[c.path.String()]
			delete(old, c.path.String())
			if image != "" && image != was.image {
				all = append(all, imageChange(o.id, c.name, was.image, image))
			}
		}
		for _, at := range order {
			if was, gone := old[at]; gone {
				all = append(all, imageChange(o.id, was.container, was.image, ""))
			}
		}
	}
	return all
}

// imageChange is a step from one image to another; an empty one is none.
func imageChange(id manifest.ID, container, from, to string) ImageChange {
	f, t := parseReference(from), parseReference(to)
	switch {
	case from == "":
		return ImageChange{Repository: t.repository, To: t.version(), Object: id, Container: container, Step: stepNew}
	case to == "":
		return ImageChange{Repository: f.repository, From: f.version(), Object: id, Container: container, Step: stepGone}
	}
	c := ImageChange{Repository: t.repository, From: f.version(), To: t.version(), Object: id, Container: container, Step: step(f, t)}
	if f.repository != t.repository {
		c.Was = f.repository
	}
	return c
}
