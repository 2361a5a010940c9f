package risk

import (
	"fmt"
	"slices"
	"strings"
)

// What an Ingress or a route serves: which controller does, and which paths.

// class is who serves an Ingress, and the field that says so.
func class(s *side) (name string, at []string) {
	const annotation = "kubernetes.io/ingress.class"
	if name = text(s.tree(), "metadata", "annotations", annotation); name != "" {
		return name, []string{"metadata", "annotations", annotation}
	}
	return text(s.tree(), "spec", "ingressClassName"), []string{"spec", "ingressClassName"}
}

func classChanged(o *object) []finding {
	if !isIngress(o.before) || !isIngress(o.after) {
		return nil
	}
	was, old := class(o.before)
	now, at := class(o.after)
	if was == "" || was == now || len(public(o)) > 0 {
		return nil
	}
	if now == "" {
		return []finding{{path: path(old...), reason: fmt.Sprintf("its class was %s and it has none any more: the default controller serves it, or nobody", was)}}
	}
	return []finding{{path: path(at...), reason: fmt.Sprintf("its class goes from %s to %s: another controller serves it, at its own address, and knows its own annotations only", was, now)}}
}

// passage is a path of a host that is routed.
type passage struct {
	host, path string
	below      bool // what lies below it, too
	vague      bool // it is a pattern, or the controller's to read: path is what it begins with
}

// passages are those of an Ingress or a route. What is routed by more than host and path
// is vague.
func passages(s *side) []passage {
	var all []passage
	if isIngress(s) {
		if sub(s.tree(), "spec", "defaultBackend") != nil {
			all = append(all, passage{host: "*", path: "/", below: true})
		}
		for _, rule := range mapsOf(items(s.tree(), "spec", "rules")) {
			for _, p := range mapsOf(items(rule, "http", "paths")) {
				kind := text(p, "pathType")
				all = append(all, newPassage(text(rule, "host"), text(p, "path"), kind != "Exact", kind != "Exact" && kind != "Prefix"))
			}
		}
		return all
	}
	for _, host := range hosts(s) {
		for _, rule := range mapsOf(items(s.tree(), "spec", "rules")) {
			matches := items(rule, "matches")
			if len(matches) == 0 || s.ID.Kind != "HTTPRoute" {
				all = append(all, newPassage(host, "/", true, len(matches) > 0))
				continue
			}
			for _, m := range mapsOf(matches) {
				kind := text(m, "path", "type")
				more := m["headers"] != nil || m["queryParams"] != nil || m["method"] != nil
				all = append(all, newPassage(host, text(m, "path", "value"), kind != "Exact", more || kind == "RegularExpression"))
			}
		}
	}
	return all
}

func newPassage(host, path string, below, vague bool) passage {
	if vague {
		if end := strings.IndexAny(path, `()[]{}*+?$^|\`); end >= 0 {
			path = path[:end]
		}
	}
	if host == "" {
		host = "*"
	}
	if path = strings.TrimSuffix(path, "/"); path == "" {
		path = "/"
	}
	return passage{host, path, below, vague}
}

// covers tells whether all that comes by another passage may come by this one.
func (w passage) covers(other passage) bool {
	if w.host != "*" && !serves(w.host, other.host) {
		return false
	}
	switch {
	case w.path == other.path:
		return w.below || w.vague || other.vague || !other.below
	case w.vague && (strings.HasPrefix(other.path, w.path) || strings.HasPrefix(w.path, other.path)):
		return true
	}
	return w.below && (w.path == "/" || strings.HasPrefix(other.path, w.path+"/"))
}

func (w passage) String() string {
	if w.host == "*" {
		return w.path
	}
	return w.host + w.path
}

func pathGone(o *object) []finding {
	if !isIngress(o.before) && !(isRoute(o.before) && o.before.ID.Kind == "HTTPRoute") || o.goes() && o.keeps() != "" {
		return nil
	}
	c := o.in.in
	own := []passage(nil)
	if o.after != nil {
		own = passages(o.after)
	}
	lost := slices.DeleteFunc(passages(o.before), func(w passage) bool {
		covered := func(by passage) bool { return by.covers(w) }
		return slices.ContainsFunc(own, covered) || slices.ContainsFunc(c.passagesOfChanged(), covered) ||
			!c.routed()[w.host] && !c.routedElsewhere()[w.host] || // see network/ingress-host
			slices.ContainsFunc(c.passagesElsewhere(), covered)
	})
	if len(lost) == 0 {
		return nil
	}
	var names []string
	for _, w := range lost {
		name := w.String()
		exact := w
		exact.below = false
		switch {
		case !w.below:
		case slices.ContainsFunc(c.passagesOfChanged(), func(by passage) bool { return by.covers(exact) }):
			name = "what lies below " + name
		case w.path != "/":
			name += " with all below it"
		}
		names = append(names, name)
	}
	names = unique(names)
	what := some(names) + " are"
	if len(names) == 1 {
		what = names[0] + " is"
	}
	at := path("spec", "rules")
	if o.goes() {
		at = nil
	}
	return []finding{{path: at, reason: fmt.Sprintf("%s no longer routed %s", what, c.byAnybody())}}
}

// passagesOfChanged are those of the releases that change, as they are after it.
func (c *cluster) passagesOfChanged() []passage {
	if c.passages == nil {
		c.passages = []passage{}
		for _, r := range c.releases {
			for _, k := range routers {
				for _, s := range r.after.of(k.group, k.kind) {
					c.passages = append(c.passages, passages(s)...)
				}
			}
		}
	}
	return c.passages
}

// passagesElsewhere are those of the releases that stay as they are.
func (c *cluster) passagesElsewhere() []passage {
	if c.foreignPassages == nil {
		c.foreignPassages = []passage{}
		for _, s := range c.allElsewhere(routers...) {
			c.foreignPassages = append(c.foreignPassages, passages(s)...)
		}
	}
	return c.foreignPassages
}
