package risk

import "fmt"

// noPods are the Services that no longer select any pods, of the release or, where
// its pods go, of one that stays as it is.
func noPods(r *release) []finding {
	c := r.in
	if c.unanswered == nil {
		c.unanswered = map[*release][]finding{}
		c.findUnanswered()
	}
	return c.unanswered[r]
}

func (c *cluster) findUnanswered() {
	lost := c.losing()
	for _, r := range c.releases {
		for _, s := range r.after.of("", "Service") {
			o := c.changeTo(s)
			if o == nil && !lost.pods[s.ID.Namespace] {
				continue
			}
			had := c.deserted(s, s.was())
			if len(had) == 0 {
				continue
			}
			f := finding{on: o, path: path("spec", "selector"), reason: fmt.Sprintf("its selector meets no pods%s any more; it was those of %s", c.ofWhom(" of the releases that change", ""), titles(had, r))}
			if o == nil {
				f.id, f.path = s.ID, nil
			}
			c.unanswered[r] = append(c.unanswered[r], f)
		}
	}
	for _, namespace := range namespaces([]map[string]bool{lost.others}) {
		for _, s := range c.elsewhere(namespace, services) {
			if had := c.deserted(s, s); len(had) > 0 {
				c.desertedElsewhere(s, had)
			}
		}
	}
}

// deserted are the pods that a Service had, where it has none after the change.
func (c *cluster) deserted(s, was *side) []*pods {
	namespace := s.ID.Namespace
	if was == nil || len(sub(s.tree(), "spec", "selector")) == 0 || len(s.behind(c.podsIn(present, namespace))) > 0 {
		return nil
	}
	had := was.behind(c.podsIn(past, namespace))
	if len(had) == 0 && len(leaves(nil, sub(was.tree(), "spec", "selector"), sub(s.tree(), "spec", "selector"))) > 0 {
		had = was.behind(c.podsElsewhere(namespace))
	}
	if len(had) == 0 || len(s.behind(c.podsElsewhere(namespace))) > 0 {
		return nil
	}
	for _, p := range had {
		if p.on.remains() {
			return nil
		}
	}
	return had
}

// desertedElsewhere lays a Service that stays to the pods that it had.
func (c *cluster) desertedElsewhere(s *side, had []*pods) {
	for _, p := range had {
		r := p.on.in.release
		o := r.change(p.on.ID)
		if o == nil {
			continue
		}
		f := finding{on: o, reason: fmt.Sprintf("%s selected its pods, and selects none any more: nobody answers there", s.title(r))}
		if o.after != nil {
			f.path = below(p.path, "metadata", "labels")
		}
		c.unanswered[r] = append(c.unanswered[r], f)
		return
	}
}

// remains tells whether an object that leaves its release is kept.
func (s *side) remains() bool {
	if s.in.release.stays() {
		return false
	}
	o := s.in.release.change(s.ID)
	return o != nil && o.lost() && o.keeps() != ""
}
