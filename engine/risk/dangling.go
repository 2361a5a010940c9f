package risk

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// What was whole and is broken after a change: something refers to an object, to a
// port or to a key that is not there any more, or refers now to one that is not
// there. Either may be in a release that stays as it is.
var danglingRules = []Rule{
	{ID: "reference/missing", Level: Caution, Title: "What an object refers to is not there",
		Doc:     "An Ingress, a route, a webhook or an API goes to a Service of a name that no release of the cluster has: nobody answers. Or pods name a ConfigMap, a Secret, a ServiceAccount or a volume claim that none has, where they had one of a release: they cannot start, unless somebody else makes it.",
		release: also(dangling("reference/missing"), needsMissing)},
	{ID: "reference/port", Level: Caution, Title: "A port is referred to that is not there",
		Doc:     "A Service no longer has a port, or pods no longer have a port of a name, and an Ingress, a route, a webhook, a Service or a NetworkPolicy is about it: nobody answers.",
		release: dangling("reference/port")},
	{ID: "reference/key", Level: Caution, Title: "A key is read that is not there",
		Doc:     "Pods newly read a key that a ConfigMap or a Secret does not have, and the reference is not optional: they cannot start.",
		release: dangling("reference/key")},
}

// severed is a broken link, of a rule.
type severed struct {
	rule string
	finding
	by   *link  // what refers to what goes; nil where that is what it is about
	part string // what goes
}

// dangling makes a rule of the broken links of a release; what refers to one thing
// is told together.
func dangling(rule string) func(*release) []finding {
	return func(r *release) []finding {
		type about struct {
			on     *object
			id     manifest.ID
			path   string
			reason string
		}
		var all []finding
		var who [][]link
		at := map[about]int{}
		for _, s := range r.in.severed()[r] {
			if s.rule != rule {
				continue
			}
			a := about{s.on, s.id, s.path.String(), s.reason}
			i, seen := at[a]
			if !seen {
				i = len(all)
				at[a] = i
				all, who = append(all, s.finding), append(who, nil)
			}
			if s.by != nil {
				who[i] = append(who[i], *s.by)
			}
		}
		for i, links := range who {
			if len(links) > 0 {
				all[i].reason += ", and " + some(told(links, r))
			}
		}
		return all
	}
}

// severed finds all broken links, once.
func (c *cluster) severed() map[*release][]severed {
	if c.cut != nil {
		return c.cut
	}
	c.cut = map[*release][]severed{}
	var asked []link // of names that nobody is known to have
	for _, s := range c.candidates() {
		var old []link
		o := c.changeTo(s)
		for _, l := range s.links() {
			now := c.meets(present, l)
			if now == met || now == nothing && l.name == "" {
				continue
			}
			goes := c.meets(past, l) == met
			if !goes && o == nil {
				continue
			}
			if old == nil {
				old = o.linksBefore()
			}
			if !goes && !c.newly(l, old, now) {
				continue
			}
			switch {
			case l.name == "" && l.among(c.podsElsewhere(s.ID.Namespace)) == met:
			case goes:
				c.sever(l)
			case now == nothing:
				asked = append(asked, l)
			default:
				c.cut[o.in] = append(c.cut[o.in], l.broken(o, now))
			}
		}
	}
	c.missing(asked)
	return c.cut
}

// newly tells whether a link that is broken is new among those of its object before:
// such references of the object were whole, or pods never read that key.
func (c *cluster) newly(l link, old []link, now fate) bool {
	isRead := l.from == nil
	if now == nothing && (l.to != services || c.others == nil) {
		return false
	}
	whole := false
	for _, was := range old {
		met := c.meets(past, was) == met
		if was.target() == l.target() && (!met || isRead) {
			return false
		}
		whole = whole || met && slices.Equal(was.at, l.at)
	}
	if isRead {
		return len(c.find(present, l.id).parts()) > 0
	}
	return whole
}

func (o *object) linksBefore() []link {
	if o == nil {
		return nil
	}
	return o.before.links()
}

// missing asks at once which names nobody has.
func (c *cluster) missing(asked []link) {
	if len(asked) == 0 {
		return
	}
	var ids []manifest.ID
	for _, l := range asked {
		ids = append(ids, l.id)
	}
	slices.SortFunc(ids, manifest.ID.Compare)
	owners := c.others.Owners(slices.Compact(ids))
	for _, l := range asked {
		if len(owners[l.id]) == 0 {
			o := c.changeTo(l.of)
			c.cut[o.in] = append(c.cut[o.in], l.broken(o, nothing))
		}
	}
}

// broken says what is wrong with a reference that somebody wrote.
func (l link) broken(o *object, now fate) severed {
	s := severed{rule: "reference/port", finding: finding{on: o, path: l.path}}
	switch {
	case now == nothing:
		s.rule, s.reason = "reference/missing", fmt.Sprintf("it %s %s, which no release has", l.says, l.id.Kind+" "+l.id.Name)
	case l.from == nil:
		s.rule, s.reason = "reference/key", fmt.Sprintf("it %s key %s of %s %s, which does not have it: its pods cannot start", l.says, l.part, l.id.Kind, l.id.Name)
	case l.name == "":
		s.reason = fmt.Sprintf("it %s port %s of pods that have none of that name", l.says, l.part)
	default:
		s.reason = fmt.Sprintf("it %s port %s of %s %s, which does not have it", l.says, l.part, l.id.Kind, l.id.Name)
	}
	return s
}

// sever notes a link of which the other end goes, where that changes.
func (c *cluster) sever(l link) {
	if l.name == "" {
		c.severChoice(l)
		return
	}
	o := c.losing().ports[l.target()]
	if o == nil || l.from == nil {
		return // see removal/in-use; or the object is kept
	}
	s := severed{rule: "reference/port", by: &l, part: l.part, finding: finding{on: o, path: path("spec", "ports"),
		reason: fmt.Sprintf("port %s goes", l.part)}}
	c.cut[o.in] = append(c.cut[o.in], s)
}

// named tells whether something still names a part of an object, which goes.
func (o *object) named(part string) bool {
	return slices.ContainsFunc(o.in.in.severed()[o.in], func(s severed) bool { return s.on == o && s.by != nil && s.part == part })
}

// severChoice is about the pods that are chosen and had the port.
func (c *cluster) severChoice(l link) {
	for _, p := range l.chosen(c.podsIn(present, l.of.ID.Namespace)) {
		o := c.changeTo(p.on)
		if o == nil {
			continue
		}
		for _, had := range o.before.containers() {
			if had.ports()[l.part] {
				c.cut[o.in] = append(c.cut[o.in], severed{rule: "reference/port", by: &l, finding: finding{on: o, path: below(had.path, "ports"),
					reason: fmt.Sprintf("port %s goes", l.part)}})
				return
			}
		}
	}
	if o := c.changeTo(l.of); o != nil {
		c.cut[o.in] = append(c.cut[o.in], l.broken(o, lacking))
	} else if r := l.of.in.release; !r.stays() {
		s := l.broken(nil, lacking)
		s.id, s.path = l.of.ID, nil
		c.cut[r] = append(c.cut[r], s)
	}
}

// told says who refers to something, and where.
func told(links []link, reader *release) []string {
	var all, places []string
	more := map[string]int{}
	for _, l := range links {
		who := fmt.Sprintf("%s still %s it", l.of.title(reader), l.says)
		if _, seen := more[who]; !seen {
			all, places = append(all, who), append(places, l.where().String())
		}
		more[who]++
	}
	for i, who := range all {
		if n := more[who] - 1; n > 0 {
			places[i] += " and " + count(int64(n), "more place")
		}
		all[i] = fmt.Sprintf("%s (%s)", who, places[i])
	}
	return all
}

// where is the place of a link as people look for it: from the first list on to the
// last item.
func (l link) where() diff.Path {
	p := l.path
	last := 0
	for i, step := range p {
		if !step.IsKey() {
			last = i + 1
		}
	}
	if last == 0 {
		return p.Then(diff.Key(l.name))
	}
	p = p[:last]
	if l.from == nil {
		for i, step := range p {
			if !step.IsKey() {
				return p[i-1:]
			}
		}
	}
	return p
}
