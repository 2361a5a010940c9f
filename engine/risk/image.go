package risk

import "fmt"

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
	{ID: "image/downgrade", Level: Caution, Title: "An image goes back to an older version",
		Doc:    "What the newer one wrote or promised, the older one may not know: a schema of data, a field, an API.",
		object: images(imageBack)},
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
		for _, now := range o.in.in.images()[o] {
			if now.was == nil || now.was.image == now.image {
				continue
			}
			reason := find(now.was.reference, now.reference)
			if reason == "" {
				continue
			}
			if same[reason]++; same[reason] == 1 {
				found = append(found, finding{path: below(now.at, "image"), reason: reason})
			}
		}
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
	if before.path != after.path || step(before, after) != stepMajor {
		return ""
	}
	return fmt.Sprintf("%s goes from %s to %s", after.repository, before.tag, after.tag)
}

func imageBack(before, after reference) string {
	if step(before, after) != stepBack {
		return ""
	}
	return fmt.Sprintf("%s goes back from %s to %s", after.repository, before.tag, after.tag)
}
