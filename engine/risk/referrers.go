package risk

import (
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
)

// Who may refer to something. Of what stays as it is only those are asked for whose
// references may break.

// changeTo is the change after which an ordinary object is as it is; nil where it
// does not change.
func (c *cluster) changeTo(s *side) *object {
	if c.changes == nil {
		c.changes = map[*side]*object{}
		for _, r := range c.releases {
			for _, o := range r.objects {
				if o.after != nil {
					c.changes[o.after] = o
				}
			}
		}
	}
	return c.changes[s]
}

// candidates are the objects whose links may break: those that change, and where
// something goes, whoever may refer to it.
func (c *cluster) candidates() []*side {
	lost := c.losing()
	var all []*side
	for _, r := range c.releases {
		for _, o := range r.objects {
			if o.after != nil {
				all = append(all, o.after)
			}
		}
	}
	for _, at := range lost.targets() {
		all = append(all, c.referrers(at, true)...)
	}
	for _, row := range reaches {
		if row.name != "" {
			continue
		}
		asks := []map[string]bool{lost.containers}
		if row.from[0] == services { // whom network/no-pods asks for, too
			asks = append(asks, lost.others)
		}
		for _, namespace := range namespaces([]map[string]bool{lost.pods, lost.containers}) {
			all = append(all, c.known(present, namespace, row.from...)...)
		}
		for _, namespace := range namespaces(asks) {
			all = append(all, c.elsewhere(namespace, row.from...)...)
		}
	}
	return once(all)
}

func namespaces(of []map[string]bool) []string {
	var all []string
	for _, set := range of {
		all = slices.AppendSeq(all, maps.Keys(set))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// targets are the Services that lose a port, in order.
func (l *losses) targets() []manifest.ID {
	var all []manifest.ID
	for at := range l.ports {
		all = append(all, at.id)
	}
	slices.SortFunc(all, manifest.ID.Compare)
	return slices.Compact(all)
}

// referrers are the objects, of whatever release, that refer to another by its name,
// or only those that may refer to a part of it.
func (c *cluster) referrers(id manifest.ID, toParts bool) []*side {
	all := slices.Clone(c.naming()[id])
	for _, row := range reaches {
		switch {
		case !row.names(id), toParts && len(row.parts) == 0:
		case !row.global:
			all = append(all, c.elsewhere(id.Namespace, row.from...)...)
		case c.find(past, id).has("443"): // where API servers call, and nobody else is asked for so much
			all = append(all, c.elsewhere("", row.from...)...)
		}
	}
	return once(slices.DeleteFunc(all, func(s *side) bool {
		return !s.mentions(id.Name) || !slices.ContainsFunc(s.links(), func(l link) bool { return l.id == id && l.names(id) })
	}))
}

// names tells whether a row is about what an object that is no pod names.
func (row reach) names(id manifest.ID) bool {
	return row.name != "" && row.from != nil && row.to == kindOf(id)
}

// naming are the objects of the releases that change, by what they name.
func (c *cluster) naming() map[manifest.ID][]*side {
	if c.names != nil {
		return c.names
	}
	c.names = map[manifest.ID][]*side{}
	done := map[kind]bool{}
	for _, row := range reaches {
		for _, k := range row.from {
			if done[k] || row.name == "" {
				continue
			}
			done[k] = true
			for _, r := range c.releases {
				for _, s := range r.after.of(k.group, k.kind) {
					for _, l := range s.links() {
						if l.names(l.id) {
							c.names[l.id] = append(c.names[l.id], s)
						}
					}
				}
			}
		}
	}
	return c.names
}

func once(all []*side) []*side {
	seen := map[*side]bool{}
	return slices.DeleteFunc(all, func(s *side) bool {
		twice := seen[s]
		seen[s] = true
		return twice
	})
}

// referring says what refers to an object by its name after the change, and where.
func (c *cluster) referring(id manifest.ID, reader *release) []string {
	var all []link
	for _, s := range c.referrers(id, false) {
		for _, l := range s.links() {
			if l.id == id && l.names(id) {
				all = append(all, l)
			}
		}
	}
	return told(all, reader)
}
