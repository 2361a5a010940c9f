package risk

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

func isPolicy(s *side) bool {
	return s != nil && is(s.ID, "networking.k8s.io", "NetworkPolicy")
}

func policyRemoved(o *object) []finding {
	if !isPolicy(o.before) || !o.lost() || o.keeps() != "" {
		return nil
	}
	said := o.opens()
	if said == "" {
		return nil
	}
	return []finding{{id: o.Before.ID, reason: "it is no longer in the release" + o.instead(), consequence: said}}
}

// opens says which pods that a policy selected before are open after the change;
// empty where none are.
func (o *object) opens() string {
	const unknown = "pods that no other policy selects are open to all traffic"
	c, selects := o.in.in, o.before.company()
	if selects == nil {
		return unknown
	}
	spec := sub(o.before.tree(), "spec")
	if c.others == nil && isEmpty(get(spec, "podSelector")) {
		return unknown // it was for whatever is in the namespace
	}
	known := false
	var open [2][]string
	for _, in := range []*standing{c.podsIn(past, o.Before.ID.Namespace), c.podsElsewhere(o.Before.ID.Namespace)} {
		for _, p := range selects(in) {
			known = true
			now := p.on.becomes()
			if now == nil {
				continue
			}
			for i, way := range ways {
				if closes(spec, way) && c.open(present, now, way.kind) {
					open[i] = append(open[i], now.title(o.in))
				}
			}
		}
	}
	ingress, egress := some(unique(open[0])), some(unique(open[1]))
	switch {
	case !known:
		return unknown
	case ingress == egress && ingress != "":
		return "from then on open to all traffic: " + ingress
	case ingress != "" && egress != "":
		return "from then on open to all incoming traffic: " + ingress + "; to all outgoing traffic: " + egress
	case ingress != "":
		return "from then on open to all incoming traffic: " + ingress
	case egress != "":
		return "from then on open to all outgoing traffic: " + egress
	}
	return ""
}

func policyWidened(o *object) []finding {
	if !isPolicy(o.before) || !isPolicy(o.after) {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	var found []finding
	if !narrower(sub(before, "podSelector"), sub(after, "podSelector")) {
		if said := o.opens(); said != "" {
			found = append(found, finding{path: path("spec", "podSelector"), reason: "it no longer selects all the pods that it did; " + said})
		}
	}
	for _, way := range ways {
		if !restricts(before, way.kind, way.key) {
			continue
		}
		if !restricts(after, way.kind, way.key) {
			found = append(found, finding{path: path("spec", "policyTypes"), reason: fmt.Sprintf("it no longer restricts %s: all of it is allowed", way.key)})
			continue
		}
		at := path("spec", way.key)
		old := items(before, way.key)
		for i, rule := range mapsOf(items(after, way.key)) {
			if more := uncovered(old, rule, way.peers); more != nil {
				found = append(found, finding{path: at.Then(diff.At(i)), reason: fmt.Sprintf("it newly allows %s %s", way.key, traffic(more, way.peers))})
			}
		}
	}
	return found
}

// closes tells whether a policy lets less than everything through.
func closes(spec tree, w way) bool {
	return restricts(spec, w.kind, w.key) && uncovered(items(spec, w.key), tree{}, w.peers) != nil
}

func restricts(spec tree, kind, key string) bool {
	types := texts(spec, "policyTypes")
	if len(types) == 0 { // as the API server fills it
		return kind == "Ingress" || len(items(spec, key)) > 0
	}
	return slices.Contains(types, kind)
}

// uncovered is the part of a rule that none of the old ones allowed; nil where
// they allowed all of it.
func uncovered(old []any, rule tree, peers string) tree {
	allowed := func(rule tree) bool {
		return slices.ContainsFunc(old, func(v any) bool { return allowsAll(asTree(v), rule, peers) })
	}
	if len(items(rule, peers)) == 0 {
		if allowed(rule) {
			return nil
		}
		return rule
	}
	more := slices.DeleteFunc(slices.Clone(items(rule, peers)), func(peer any) bool {
		return allowed(tree{"ports": rule["ports"], peers: []any{peer}})
	})
	if len(more) == 0 {
		return nil
	}
	return tree{"ports": rule["ports"], peers: more}
}

// allowsAll tells whether a rule allows all that another one does; nil where
// something is left out means everything.
func allowsAll(rule, other tree, peers string) bool {
	return covers(items(rule, "ports"), items(other, "ports"), samePort) && covers(items(rule, peers), items(other, peers), samePeer)
}

func covers(have, want []any, same func(have, want tree) bool) bool {
	if len(have) == 0 {
		return true
	}
	if len(want) == 0 {
		return false
	}
	return !slices.ContainsFunc(want, func(w any) bool {
		return !slices.ContainsFunc(have, func(h any) bool { return same(asTree(h), asTree(w)) })
	})
}

func samePort(have, want tree) bool {
	protocol := func(t tree) string {
		if p := text(t, "protocol"); p != "" {
			return p
		}
		return "TCP"
	}
	if protocol(have) != protocol(want) {
		return false
	}
	if have["port"] == nil {
		return true
	}
	low, ok := whole(have["port"])
	first, is := whole(want["port"])
	if !ok || !is {
		return reflect.DeepEqual(have["port"], want["port"])
	}
	high, last := low, first
	if n, ok := whole(have["endPort"]); ok {
		high = n
	}
	if n, ok := whole(want["endPort"]); ok {
		last = n
	}
	return low <= first && last <= high
}

func samePeer(have, want tree) bool {
	if have["ipBlock"] != nil || want["ipBlock"] != nil {
		return contains(sub(have, "ipBlock"), sub(want, "ipBlock"))
	}
	for _, key := range []string{"namespaceSelector", "podSelector"} {
		h, w := have[key], want[key]
		if h == nil && w == nil {
			continue
		}
		if h == nil && key == "podSelector" || h != nil && isEmpty(h) { // all of them
			continue
		}
		if h == nil || w == nil || !narrower(asTree(w), asTree(h)) {
			return false
		}
	}
	return true
}

// contains tells whether all addresses of one block are in another.
func contains(have, want tree) bool {
	h, err := netip.ParsePrefix(text(have, "cidr"))
	w, bad := netip.ParsePrefix(text(want, "cidr"))
	if err != nil || bad != nil || h.Bits() > w.Bits() || !h.Contains(w.Addr()) {
		return false
	}
	excepted := texts(want, "except")
	for _, out := range texts(have, "except") {
		o, err := netip.ParsePrefix(out)
		if err != nil || o.Overlaps(w) && !slices.Contains(excepted, out) {
			return false
		}
	}
	return true
}

// narrower tells whether what a selector selects, the other one does too: it
// asks for no less.
func narrower(selector, wider tree) bool {
	for key, v := range sub(wider, "matchLabels") {
		if !reflect.DeepEqual(get(selector, "matchLabels", key), v) {
			return false
		}
	}
	have := items(selector, "matchExpressions")
	return !slices.ContainsFunc(items(wider, "matchExpressions"), func(want any) bool {
		return !slices.ContainsFunc(have, func(h any) bool { return reflect.DeepEqual(h, want) })
	})
}

// traffic says what a rule allows.
func traffic(rule tree, peers string) string {
	var ports []string
	for _, p := range mapsOf(items(rule, "ports")) {
		port := diff.Scalar(p["port"])
		if end := diff.Scalar(p["endPort"]); end != "" {
			port += "-" + end
		}
		ports = append(ports, port)
	}
	said := "anywhere"
	if len(items(rule, peers)) > 0 {
		var names []string
		for _, p := range mapsOf(items(rule, peers)) {
			names = append(names, peerName(p))
		}
		slices.Sort(names)
		said = strings.Join(slices.Compact(names), ", ")
	}
	said = peers + " " + said
	if len(ports) == 0 {
		return said + " on all ports"
	}
	return said + " on port " + strings.Join(ports, ", ")
}

func peerName(peer tree) string {
	switch {
	case peer["ipBlock"] != nil:
		return text(peer, "ipBlock", "cidr")
	case isEmpty(peer["podSelector"]) && peer["namespaceSelector"] == nil:
		return "all pods of the namespace"
	case isEmpty(peer["podSelector"]) && isEmpty(peer["namespaceSelector"]):
		return "all pods of the cluster"
	}
	said := "all pods"
	if asked := asks(peer, "podSelector"); asked != "" {
		said = "pods " + asked
	}
	switch {
	case peer["namespaceSelector"] == nil:
		return said
	case isEmpty(peer["namespaceSelector"]):
		return said + " of the cluster"
	}
	return said + " of namespaces " + asks(peer, "namespaceSelector")
}

// asks is what a selector asks for, in words.
func asks(in tree, key string) string {
	all := requirements(sub(in, key))
	var said []string
	for _, label := range sortedKeys(all) {
		said = append(said, fmt.Sprint(all[label]))
	}
	return strings.Join(said, " and ")
}
