package risk

import (
	"fmt"
	"slices"
)

// nameless fires for a policy of outgoing traffic that let pods ask for names, and
// no longer does, nor does any other that selects them.
func nameless(o *object) []finding {
	if !isPolicy(o.before) || !isPolicy(o.after) || o.Hook() || !resolves(o.before) || resolves(o.after) {
		return nil
	}
	if !restricts(sub(o.after.tree(), "spec"), "Egress", "egress") {
		return nil
	}
	c, namespace := o.in.in, o.After.ID.Namespace
	selects := o.after.company()
	if selects == nil {
		return nil
	}
	var names []string
	policies := c.everywhere(present, namespace, kind{"networking.k8s.io", "NetworkPolicy"})
	for _, in := range c.pods(namespace) {
		answered := map[*pods]bool{}
		for _, s := range policies {
			if others := s.company(); others != nil && resolves(s) {
				for _, p := range others(in) {
					answered[p] = true
				}
			}
		}
		for _, p := range selects(in) {
			if !answered[p] {
				names = append(names, p.on.title(o.in))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []finding{{path: path("spec", "egress"), reason: fmt.Sprintf("port 53 is no longer open: names no longer resolve for %s", some(unique(names)))}}
}

// resolves tells whether a policy lets pods ask a DNS server: one that need not be
// of their own namespace.
func resolves(s *side) bool {
	return slices.ContainsFunc(items(s.tree(), "spec", "egress"), func(v any) bool {
		rule := asTree(v)
		ports := items(rule, "ports")
		if len(ports) > 0 && !slices.ContainsFunc(ports, func(port any) bool { return opensDNS(asTree(port)) }) {
			return false
		}
		peers := items(rule, "to")
		return len(peers) == 0 || s.ID.Namespace == "kube-system" || slices.ContainsFunc(peers, func(peer any) bool {
			return asTree(peer)["namespaceSelector"] != nil || asTree(peer)["ipBlock"] != nil
		})
	})
}

// opensDNS tells whether a port is the one of DNS; by a name, and behind a Service,
// it may be any.
func opensDNS(port tree) bool {
	for _, protocol := range []string{"UDP", "TCP"} {
		for _, number := range []int64{53, 5353} {
			if samePort(port, tree{"port": number, "protocol": protocol}) {
				return true
			}
		}
	}
	name := text(port, "port")
	return name == "dns" || name == "dns-tcp" || name == "domain"
}
