package risk

import (
	"fmt"
	"slices"
	"strings"
)

func isIngress(s *side) bool {
	return s != nil && is(s.ID, "networking.k8s.io", "Ingress")
}

// isRoute tells what routes hosts as an Ingress does.
func isRoute(s *side) bool {
	return s != nil && slices.Contains(routers, kindOf(s.ID))
}

// routers are the kinds that have hosts and paths. Read only.
var routers = []kind{
	{"networking.k8s.io", "Ingress"}, {"gateway.networking.k8s.io", "HTTPRoute"},
	{"gateway.networking.k8s.io", "GRPCRoute"}, {"gateway.networking.k8s.io", "TLSRoute"},
}

// hosts are what an Ingress or a route serves; "*" is every host.
func hosts(s *side) []string {
	if !isRoute(s) {
		return nil
	}
	if !isIngress(s) {
		all := texts(s.tree(), "spec", "hostnames")
		if len(all) == 0 {
			return []string{"*"}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	var all []string
	for _, rule := range mapsOf(items(s.tree(), "spec", "rules")) {
		host := text(rule, "host")
		if host == "" {
			host = "*"
		}
		all = append(all, host)
	}
	if sub(s.tree(), "spec", "defaultBackend") != nil {
		all = append(all, "*")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// routed are the hosts of all Ingresses and routes of the releases that change.
func (c *cluster) routed() map[string]bool {
	if c.hosts == nil {
		c.hosts = map[string]bool{}
		for _, r := range c.releases {
			for _, k := range routers {
				for _, s := range r.after.of(k.group, k.kind) {
					for _, host := range hosts(s) {
						c.hosts[host] = true
					}
				}
			}
		}
	}
	return c.hosts
}

// routedElsewhere are those of the releases that stay as they are.
func (c *cluster) routedElsewhere() map[string]bool {
	if c.hostsElsewhere == nil {
		c.hostsElsewhere = map[string]bool{}
		for _, s := range c.allElsewhere(routers...) {
			for _, host := range hosts(s) {
				c.hostsElsewhere[host] = true
			}
		}
	}
	return c.hostsElsewhere
}

func hostGone(o *object) []finding {
	if !isRoute(o.before) || o.goes() && o.keeps() != "" {
		return nil
	}
	at := path("spec", "rules")
	if !isIngress(o.before) {
		at = path("spec", "hostnames")
	}
	if o.goes() {
		at = nil
	}
	c := o.in.in
	var gone []string
	for _, host := range hosts(o.before) {
		if !c.routed()[host] && !c.routedElsewhere()[host] {
			gone = append(gone, host)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return []finding{{path: at, reason: fmt.Sprintf("%s no longer routed %s", isOrAre(gone), c.byAnybody())}}
}

func isOrAre(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// secured are the hosts that an Ingress serves with TLS.
func secured(s *side) map[string]bool {
	served := hosts(s)
	secure := map[string]bool{}
	for _, t := range mapsOf(items(s.tree(), "spec", "tls")) {
		names := texts(t, "hosts")
		for _, host := range served {
			if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return serves(name, host) }) {
				secure[host] = true
			}
		}
	}
	return secure
}

// serves tells whether a certificate's host is good for another: itself, or one
// label below *.example.com.
func serves(name, host string) bool {
	if name == host {
		return true
	}
	domain, wild := strings.CutPrefix(name, "*.")
	_, rest, found := strings.Cut(host, ".")
	return wild && found && rest == domain
}

func tlsGone(o *object) []finding {
	if !isIngress(o.before) || !isIngress(o.after) {
		return nil
	}
	now := secured(o.after)
	was := secured(o.before)
	var gone []string
	for _, host := range hosts(o.after) {
		if was[host] && !now[host] {
			gone = append(gone, host)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return []finding{{path: path("spec", "tls"), reason: fmt.Sprintf("%s no longer served with TLS", isOrAre(gone))}}
}
