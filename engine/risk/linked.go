package risk

import (
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// fate is what a link meets.
type fate int

const (
	nothing fate = iota // what it names is not there, or it chooses nothing
	lacking             // it is there, without the part
	met
)

// find is an ordinary object of the releases that change; nil where they have none.
func (c *cluster) find(m moment, id manifest.ID) *side {
	r := c.first[id]
	if m == past {
		r = c.had[id]
	}
	if r == nil {
		return nil
	}
	return r.at(m).find(id)
}

// meets looks for what a link is about among the releases that change.
func (c *cluster) meets(m moment, l link) fate {
	if l.name == "" {
		return l.among(c.podsIn(m, l.of.ID.Namespace))
	}
	s := c.find(m, l.id)
	switch {
	case s == nil:
		return nothing
	case l.part == "" || s.has(l.part):
		return met
	}
	return lacking
}

// among looks for the port among the pods that a link's object chooses.
func (l link) among(pods *standing) fate {
	found := nothing
	for _, p := range l.chosen(pods) {
		if p.ports()[l.part] {
			return met
		}
		found = lacking
	}
	return found
}

func (l link) chosen(in *standing) []*pods {
	if about := l.of.company(); about != nil {
		return about(in)
	}
	return nil
}

// ports are the names of a pod's.
func (p pod) ports() map[string]bool {
	all := map[string]bool{}
	for _, c := range p.containers {
		for name := range c.ports() {
			all[name] = true
		}
	}
	return all
}

func (c container) ports() map[string]bool {
	all := map[string]bool{}
	for _, port := range mapsOf(items(c.body, "ports")) {
		if name := text(port, "name"); name != "" {
			all[name] = true
		}
	}
	return all
}

// parts are what may be referred to within an object: ports of a Service, by number
// and name, keys of a ConfigMap or a Secret.
func (s *side) parts() map[string]bool {
	all := map[string]bool{}
	if s == nil {
		return all
	}
	for _, port := range mapsOf(items(s.tree(), "spec", "ports")) {
		all[diff.Scalar(port["port"])] = true
		if name := text(port, "name"); name != "" {
			all[name] = true
		}
	}
	for _, field := range keyFields {
		for key := range sub(s.tree(), field) {
			all[key] = true
		}
	}
	return all
}

// has tells whether an object has a part.
func (s *side) has(part string) bool {
	if s == nil {
		return false
	}
	if !is(s.ID, "", "Service") {
		return slices.ContainsFunc(keyFields, func(field string) bool { _, has := sub(s.tree(), field)[part]; return has })
	}
	return s.parts()[part] || text(s.tree(), "spec", "type") == "ExternalName"
}

// losses are what may break a link, in the releases that change.
type losses struct {
	ports map[target]*object // of Services that stay
	// Namespaces where pods go or lose a label; where that matters to others, too;
	// where pods that stay lose a port.
	pods, others, containers map[string]bool
}

// losing finds them, once.
func (c *cluster) losing() *losses {
	if c.lost != nil {
		return c.lost
	}
	l := &losses{ports: map[target]*object{}, pods: map[string]bool{}, others: map[string]bool{}, containers: map[string]bool{}}
	c.lost = l
	for _, r := range c.releases {
		for _, o := range r.objects {
			if o.before == nil || o.Hook() {
				continue
			}
			switch id := o.Before.ID; {
			case is(id, "", "Service"):
				now := c.find(present, id)
				if now == nil {
					continue // see removal/in-use
				}
				parts := now.parts()
				for part := range o.before.parts() {
					if !parts[part] {
						l.ports[target{id, part}] = o
					}
				}
			case len(o.before.podsOf()) > 0:
				gone := o.labelsGone()
				if o.goes() || len(gone) > 0 {
					l.pods[id.Namespace] = true
				}
				if o.goes() || slices.ContainsFunc(gone, func(key string) bool { return !diff.TellsVersion(key) }) {
					l.others[id.Namespace] = true
				}
				if o.after != nil && o.losesPort() {
					l.containers[id.Namespace] = true
				}
			}
		}
	}
	return l
}

// labelsGone are the labels that an object's pods lose, or of which they get
// another value: by those others may choose them.
func (o *object) labelsGone() []string {
	now := o.after.standing()
	var gone []string
	for _, p := range o.before.standing() {
		for key, value := range p.labels {
			if !slices.ContainsFunc(now, func(n *pods) bool { return n.labels.Has(key) && n.labels[key] == value }) {
				gone = append(gone, key)
			}
		}
	}
	return gone
}

func (o *object) losesPort() bool {
	now := map[string]bool{}
	for _, p := range o.after.podsOf() {
		for name := range p.ports() {
			now[name] = true
		}
	}
	for _, p := range o.before.podsOf() {
		for name := range p.ports() {
			if !now[name] {
				return true
			}
		}
	}
	return false
}
