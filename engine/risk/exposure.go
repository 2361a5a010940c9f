package risk

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// What reaches a Service from outside of the cluster, and what no longer does.

// serviceType is what a Service is, as the API server has it.
func serviceType(spec tree) string {
	if kind := text(spec, "type"); kind != "" {
		return kind
	}
	return "ClusterIP"
}

func exposed(o *object) []finding {
	if isIngress(o.after) {
		return append(public(o), wider(o)...)
	}
	if o.after == nil || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	var found []finding
	kind := serviceType(after)
	if was := serviceType(before); kind != was && (kind == "LoadBalancer" || kind == "NodePort" && was != "LoadBalancer") {
		reason := fmt.Sprintf("the Service is of type %s: it can be reached from outside of the cluster", kind)
		if o.before != nil {
			reason = fmt.Sprintf("the Service's type goes from %s to %s: it can be reached from outside of the cluster", was, kind)
		}
		found = append(found, finding{path: path("spec", "type"), reason: reason})
	} else if kind == "LoadBalancer" {
		found = append(found, public(o)...)
	}
	if added := without(texts(after, "externalIPs"), texts(before, "externalIPs")); len(added) > 0 {
		found = append(found, finding{path: path("spec", "externalIPs"), reason: fmt.Sprintf("the Service answers at %s", strings.Join(added, ", "))})
	}
	if kind == "LoadBalancer" {
		found = append(found, wider(o)...)
	}
	return found
}

func without(all, some []string) []string {
	return slices.DeleteFunc(all, func(one string) bool { return slices.Contains(some, one) })
}

// wider fires for source ranges that let more in.
func wider(o *object) []finding {
	if o.before == nil {
		return nil
	}
	was, at := sourceRanges(o.before)
	if len(was) == 0 {
		return nil
	}
	now, to := sourceRanges(o.after)
	if len(now) == 0 {
		return []finding{{path: path(at...), reason: fmt.Sprintf("the %s's source ranges go: anybody may reach it", o.id.Kind)}}
	}
	added := slices.DeleteFunc(now, func(cidr string) bool {
		return slices.ContainsFunc(was, func(old string) bool { return contains(tree{"cidr": network(old)}, tree{"cidr": network(cidr)}) })
	})
	if len(added) == 0 {
		return nil
	}
	from := strings.Join(added, ", ")
	if slices.Contains(added, "0.0.0.0/0") || slices.Contains(added, "::/0") {
		from = "anywhere (" + from + ")"
	}
	return []finding{{path: path(to...), reason: fmt.Sprintf("the %s may be reached from %s", o.id.Kind, from)}}
}

// network is a range as CIDR, of a single address, too.
func network(cidr string) string {
	if a, err := netip.ParseAddr(cidr); err == nil {
		return netip.PrefixFrom(a, a.BitLen()).String()
	}
	return cidr
}

// rangesBy are the annotations that say who may reach a Service or an Ingress, by
// kind. Read only.
var rangesBy = map[string][]string{
	"Service": {"service.beta.kubernetes.io/load-balancer-source-ranges"},
	"Ingress": {
		"nginx.ingress.kubernetes.io/allowlist-source-range", "nginx.ingress.kubernetes.io/whitelist-source-range", "alb.ingress.kubernetes.io/inbound-cidrs",
		"haproxy-ingress.github.io/allowlist-source-range", "haproxy-ingress.github.io/whitelist-source-range", "haproxy.org/allow-list", "haproxy.org/whitelist",
		"traefik.ingress.kubernetes.io/whitelist-source-range", "ingress.kubernetes.io/whitelist-source-range",
	},
}

// sourceRanges are who may reach a Service or an Ingress, and the field that says
// so; everybody where there are none.
func sourceRanges(s *side) (ranges, at []string) {
	at = []string{"spec", "loadBalancerSourceRanges"}
	if ranges = texts(s.tree(), at...); len(ranges) > 0 {
		return ranges, at
	}
	for _, key := range rangesBy[s.ID.Kind] {
		for _, cidr := range strings.Split(text(s.tree(), "metadata", "annotations", key), ",") {
			if cidr = strings.TrimSpace(cidr); cidr != "" {
				ranges, at = append(ranges, cidr), []string{"metadata", "annotations", key}
			}
		}
	}
	return ranges, at
}

// internals are the annotations by which clouds are asked for a load balancer
// that only their own network reaches, with the value that says so: empty for any
// but "false". Without one it is public. Read only.
//
// https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer
var internals = []struct{ kind, key, value string }{
	{"Service", "networking.gke.io/load-balancer-type", "Internal"},
	{"Service", "cloud.google.com/load-balancer-type", "Internal"},
	{"Service", "service.beta.kubernetes.io/aws-load-balancer-internal", ""},
	{"Service", "service.beta.kubernetes.io/azure-load-balancer-internal", "true"},
	{"Service", "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"},
	{"Service", "service.beta.kubernetes.io/openstack-internal-load-balancer", "true"},
	{"Service", "service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true"},
	{"Service", "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""},
	{"Service", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"},
	{"Service", "service.beta.kubernetes.io/oci-load-balancer-internal", "true"},
	{"Service", "oci-network-load-balancer.oraclecloud.com/internal", "true"},
	{"Ingress", "kubernetes.io/ingress.class", "gce-internal"},
	{"Ingress", "appgw.ingress.kubernetes.io/use-private-ip", "true"},
}

// schemes are the annotations of the AWS Load Balancer Controller, for which
// internal is the default and what it leaves as it is. Read only.
var schemes = map[string]string{
	"Service": "service.beta.kubernetes.io/aws-load-balancer-scheme",
	"Ingress": "alb.ingress.kubernetes.io/scheme",
}

// public fires for a load balancer that was an internal one.
func public(o *object) []finding {
	if o.before == nil || !o.before.mentions("annotations") && !o.after.mentions("annotations") {
		return nil
	}
	why := "the load balancer is no longer internal, it can be reached from the internet"
	before, after := sub(o.before.tree(), "metadata", "annotations"), sub(o.after.tree(), "metadata", "annotations")
	scheme := schemes[o.id.Kind]
	if now := text(after, scheme); now == "internet-facing" && text(before, scheme) != now {
		if o.id.Kind == "Service" && text(before, scheme) == "" && internalBy(o.before) == "" && !ofController(o.before) && ofController(o.after) {
			return nil // another controller had it, for which public is the default
		}
		return []finding{{path: path("metadata", "annotations", scheme), reason: fmt.Sprintf("%s is internet-facing: %s", scheme, why)}}
	}
	key := internalBy(o.before)
	if key == "" || internalBy(o.after) != "" || text(after, scheme) == "internal" || text(after, key) == "" && ofController(o.after) {
		return nil
	}
	said := "goes"
	if after[key] != nil {
		said = "changes"
	}
	return []finding{{path: path("metadata", "annotations", key), reason: fmt.Sprintf("%s %s: %s", key, said, why)}}
}

// internalBy is the annotation that makes a load balancer an internal one; empty
// where none does.
func internalBy(s *side) string {
	annotations := sub(s.tree(), "metadata", "annotations")
	for _, i := range internals {
		v := text(annotations, i.key)
		if i.kind == s.ID.Kind && v != "" && (strings.EqualFold(v, i.value) || i.value == "" && v != "false") {
			return i.key
		}
	}
	return ""
}

// ofController tells a Service of the AWS Load Balancer Controller.
func ofController(s *side) bool {
	switch text(s.tree(), "metadata", "annotations", "service.beta.kubernetes.io/aws-load-balancer-type") {
	case "external", "nlb-ip":
		return true
	}
	return text(s.tree(), "spec", "loadBalancerClass") == "service.k8s.aws/nlb"
}

func unexposed(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	var found []finding
	add := func(key, format string, args ...any) {
		found = append(found, finding{path: path("spec", key), reason: fmt.Sprintf(format, args...)})
	}
	was, now := serviceType(before), serviceType(after)
	switch {
	case was == "LoadBalancer" && now != was:
		add("type", "the Service's type goes from %s to %s: its address outside of the cluster is given back", was, now)
	case was == "NodePort" && now != was && now != "LoadBalancer":
		add("type", "the Service's type goes from %s to %s: it can no longer be reached from outside of the cluster", was, now)
	case was == "LoadBalancer":
		switch old, ip := text(before, "loadBalancerIP"), text(after, "loadBalancerIP"); {
		case old == "" || old == ip:
		case ip == "":
			add("loadBalancerIP", "the Service no longer asks for %s: it may get another address", old)
		default:
			add("loadBalancerIP", "the Service's address outside of the cluster goes from %s to %s", old, ip)
		}
	}
	if gone := without(texts(before, "externalIPs"), texts(after, "externalIPs")); len(gone) > 0 {
		add("externalIPs", "the Service no longer answers at %s", strings.Join(gone, ", "))
	}
	if now == "ClusterIP" || now == "ExternalName" {
		return found
	}
	old := map[string]tree{}
	for _, p := range mapsOf(items(before, "ports")) {
		old[portName(p)] = p
	}
	for i, p := range mapsOf(items(after, "ports")) {
		was, ok := whole(old[portName(p)]["nodePort"])
		now, is := whole(p["nodePort"])
		if ok && is && was != now && was != 0 && now != 0 {
			found = append(found, finding{path: below(named(path("spec", "ports"), p, i), "nodePort"), reason: fmt.Sprintf("port %s is at %d of every node instead of %d", portName(p), now, was)})
		}
	}
	return found
}

// portName is what tells a Service's port from its others.
func portName(port tree) string {
	if name := text(port, "name"); name != "" {
		return name
	}
	return portNumber(port)
}

// portNumber is where a Service's port is asked for: 80, or 53/UDP.
func portNumber(port tree) string {
	n, _ := whole(port["port"])
	if protocol := text(port, "protocol"); protocol != "" && protocol != "TCP" {
		return fmt.Sprintf("%d/%s", n, protocol)
	}
	return fmt.Sprint(n)
}

// portGone fires for numbers at which a Service no longer answers. A headless one
// answers at its pods' own.
func portGone(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	if text(before, "clusterIP") == "None" || text(after, "clusterIP") == "None" || serviceType(before) == "ExternalName" || serviceType(after) == "ExternalName" {
		return nil
	}
	has, to := map[string]bool{}, map[string]string{}
	for _, p := range mapsOf(items(after, "ports")) {
		has[portNumber(p)], to[text(p, "name")] = true, portNumber(p)
	}
	var gone []string
	for _, p := range mapsOf(items(before, "ports")) {
		number, name := portNumber(p), text(p, "name")
		switch {
		case has[number], o.named(fmt.Sprint(p["port"])): // see reference/port
		case name == "":
			gone = append(gone, number)
		case to[name] != "":
			gone = append(gone, fmt.Sprintf("%s (%s, which is %s now)", number, name, to[name]))
		default:
			gone = append(gone, fmt.Sprintf("%s (%s)", number, name))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return []finding{{path: path("spec", "ports"), reason: fmt.Sprintf("the Service no longer answers at %s", some(gone))}}
}

func trafficPolicy(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	if serviceType(before) != serviceType(after) {
		return nil
	}
	var found []finding
	local := func(key string) (was, now bool) { return text(before, key) == "Local", text(after, key) == "Local" }
	if was, now := local("externalTrafficPolicy"); was != now {
		reason := "externalTrafficPolicy is Local: from outside, nodes without one of its pods no longer answer"
		if was {
			reason = "externalTrafficPolicy is no longer Local: its pods see the address of a node instead of the client's"
		}
		found = append(found, finding{path: path("spec", "externalTrafficPolicy"), reason: reason})
	}
	if was, now := local("internalTrafficPolicy"); !was && now {
		found = append(found, finding{path: path("spec", "internalTrafficPolicy"), reason: "internalTrafficPolicy is Local: on a node without one of its pods, nobody answers"})
	}
	return found
}

func redirected(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	to := strings.TrimSuffix(text(after, "externalName"), ".")
	switch from := strings.TrimSuffix(text(before, "externalName"), "."); {
	case serviceType(after) == "ExternalName" && serviceType(before) != "ExternalName":
		return []finding{{path: path("spec", "type"), reason: fmt.Sprintf("the Service's name leads to %s now, and no longer to pods", to)}}
	case serviceType(after) == "ExternalName" && from != to:
		return []finding{{path: path("spec", "externalName"), reason: fmt.Sprintf("the Service's name leads to %s instead of %s", to, from)}}
	case serviceType(after) != "ExternalName" && serviceType(before) != "ExternalName" && !isEmpty(before["selector"]) && isEmpty(after["selector"]):
		return []finding{{path: path("spec", "selector"), reason: "the Service's selector goes: its endpoints stay as they are, and pods that come are not among them"}}
	}
	return nil
}

// guards are the annotations by which an Ingress asks clients who they are. Read
// only.
var guards = []string{
	"alb.ingress.kubernetes.io/auth-type",
	"nginx.ingress.kubernetes.io/auth-tls-secret", "nginx.ingress.kubernetes.io/auth-type", "nginx.ingress.kubernetes.io/auth-url",
	"nginx.org/basic-auth-secret", "nginx.com/jwt-key",
	"haproxy-ingress.github.io/auth-secret", "haproxy-ingress.github.io/auth-tls-secret", "haproxy-ingress.github.io/auth-url", "haproxy-ingress.github.io/oauth",
	"haproxy.org/auth-type", "ingress.kubernetes.io/auth-type", "traefik.ingress.kubernetes.io/auth-type",
}

func guardGone(o *object) []finding {
	if !isIngress(o.before) || !isIngress(o.after) {
		return nil
	}
	guard := func(s *side) string {
		for _, key := range guards {
			if v := text(s.tree(), "metadata", "annotations", key); v != "" && v != "none" {
				return key
			}
		}
		return ""
	}
	key := guard(o.before)
	if key == "" || guard(o.after) != "" {
		return nil
	}
	return []finding{{path: path("metadata", "annotations", key), reason: fmt.Sprintf("without %s, clients are no longer asked who they are", key)}}
}
