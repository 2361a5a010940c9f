package risk

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

var networkRules = []Rule{
	{ID: "network/policy-removed", Level: Caution, Title: "A NetworkPolicy is removed",
		Doc:    "Pods that no other policy selects are open to all traffic.",
		object: policyRemoved},
	{ID: "network/policy-widened", Level: Caution, Title: "A NetworkPolicy allows more",
		Doc:    "Traffic that was refused is let through.",
		object: policyWidened},
	{ID: "network/exposed", Level: Caution, Title: "A Service becomes reachable from outside",
		Doc:    "Type LoadBalancer or NodePort, external addresses, or source ranges that go: more can reach the Service than before.",
		object: exposed},
	{ID: "network/ingress-host", Level: Caution, Title: "A host is no longer routed",
		Doc:    "Requests for it no longer reach the Service.",
		object: hostGone},
	{ID: "network/no-pods", Level: Caution, Title: "A Service no longer selects any pods",
		Doc:     "Its selector and the labels of the release's pods no longer meet: nobody answers.",
		release: noPods},
	{ID: "network/ingress-tls", Level: Caution, Title: "A host loses TLS",
		Doc:    "It is served in clear text, or under the controller's own certificate.",
		object: tlsGone},
	{ID: "network/webhook-fails-closed", Level: Caution, Title: "A webhook fails closed",
		Doc:    "With failurePolicy Fail, nothing that it is asked about can be written while it does not answer.",
		object: newly(failsClosed)},
}

func isPolicy(s *side) bool {
	return s != nil && is(s.ID, "networking.k8s.io", "NetworkPolicy")
}

func policyRemoved(o *object) []finding {
	if !isPolicy(o.before) || !o.lost() || o.keeps() != "" {
		return nil
	}
	return []finding{{id: o.Before.ID, reason: "it is no longer in the release" + o.instead(), consequence: "pods that no other policy selects are open to all traffic"}}
}

func policyWidened(o *object) []finding {
	if !isPolicy(o.before) || !isPolicy(o.after) {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	var found []finding
	if !narrower(sub(before, "podSelector"), sub(after, "podSelector")) {
		found = append(found, finding{path: path("spec", "podSelector"), reason: "it no longer selects all the pods that it did, and those are open"})
	}
	for _, way := range []struct{ kind, key, peers string }{{"Ingress", "ingress", "from"}, {"Egress", "egress", "to"}} {
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
				found = append(found, finding{path: at.Then(diff.At(i)), reason: fmt.Sprintf("it allows %s %s that it did not", way.key, traffic(more, way.peers))})
			}
		}
	}
	return found
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
		if h == nil && key == "podSelector" { // all pods of the namespaces
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
		port := scalar(p["port"])
		if end := scalar(p["endPort"]); end != "" {
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
	return "selected pods"
}

func exposed(o *object) []finding {
	if o.after == nil || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	var found []finding
	kind := text(after, "type")
	if was := text(before, "type"); kind != was && (kind == "LoadBalancer" || kind == "NodePort" && was != "LoadBalancer") {
		reason := fmt.Sprintf("the Service is of type %s: it can be reached from outside of the cluster", kind)
		if o.before != nil {
			if was == "" {
				was = "ClusterIP"
			}
			reason = fmt.Sprintf("the Service's type goes from %s to %s: it can be reached from outside of the cluster", was, kind)
		}
		found = append(found, finding{path: path("spec", "type"), reason: reason})
	}
	old := texts(before, "externalIPs")
	if added := slices.DeleteFunc(texts(after, "externalIPs"), func(ip string) bool { return slices.Contains(old, ip) }); len(added) > 0 {
		found = append(found, finding{path: path("spec", "externalIPs"), reason: fmt.Sprintf("the Service answers at %s", strings.Join(added, ", "))})
	}
	if ranges := texts(before, "loadBalancerSourceRanges"); kind == "LoadBalancer" && len(ranges) > 0 {
		now := texts(after, "loadBalancerSourceRanges")
		added := slices.DeleteFunc(slices.Clone(now), func(cidr string) bool {
			return slices.ContainsFunc(ranges, func(old string) bool { return contains(tree{"cidr": old}, tree{"cidr": cidr}) })
		})
		switch {
		case len(now) == 0:
			found = append(found, finding{path: path("spec", "loadBalancerSourceRanges"), reason: "the Service's source ranges go: anybody may reach it"})
		case len(added) > 0:
			found = append(found, finding{path: path("spec", "loadBalancerSourceRanges"), reason: fmt.Sprintf("the Service may be reached from %s", strings.Join(added, ", "))})
		}
	}
	return found
}

// noPods looks at every Service, as it may be the pods' labels that change.
func noPods(r *release) []finding {
	if r.before == nil || r.after == nil {
		return nil
	}
	changed := map[manifest.ID]*object{}
	concerned := false
	for _, o := range r.objects {
		if o.Hook() {
			continue
		}
		if o.after != nil {
			changed[o.After.ID] = o
		}
		concerned = concerned || is(o.id, "", "Service") || o.goes() && len(o.before.podsOf()) > 0 || o.relabels()
	}
	if !concerned {
		return nil
	}
	var found []finding
	for _, service := range r.after.of("", "Service") {
		was := r.before.find(service.ID)
		if was == nil || len(sub(service.tree(), "spec", "selector")) == 0 || len(r.before.behind(was)) == 0 {
			continue
		}
		if len(r.after.behind(service)) > 0 {
			continue
		}
		var names []string
		for _, id := range r.before.behind(was) {
			names = append(names, id.Kind+" "+id.Name)
		}
		f := finding{on: changed[service.ID], path: path("spec", "selector"), reason: "its selector meets no pods of the release any more; it was those of " + some(names)}
		if f.on == nil {
			f.id, f.path = service.ID, nil
		}
		found = append(found, f)
	}
	return found
}

// relabels tells whether pods get other labels.
func (o *object) relabels() bool {
	before, after := o.before.podsOf(), o.after.podsOf()
	if len(before) != len(after) {
		return true
	}
	for i := range before {
		if !maps.Equal(labelsOf(before[i].template), labelsOf(after[i].template)) {
			return true
		}
	}
	return false
}

// behind lists the workloads whose pods a Service selects.
func (v *version) behind(service *side) []manifest.ID {
	if v.labelled == nil {
		v.labelled = map[string][]labelled{}
		for o := range v.all() {
			for _, p := range v.side(o).podsOf() {
				v.labelled[o.ID.Namespace] = append(v.labelled[o.ID.Namespace], labelled{o.ID, labelsOf(p.template)})
			}
		}
	}
	var ids []manifest.ID
	for _, pods := range v.labelled[service.ID.Namespace] {
		meets := true
		for key, value := range sub(service.tree(), "spec", "selector") {
			meets = meets && pods.labels[key] == scalar(value) && pods.labels.Has(key)
		}
		if meets {
			ids = append(ids, pods.id)
		}
	}
	return ids
}

// labelled is a workload with the labels of its pods.
type labelled struct {
	id     manifest.ID
	labels labels.Set
}

func isIngress(s *side) bool {
	return s != nil && is(s.ID, "networking.k8s.io", "Ingress")
}

// isRoute tells what routes hosts as an Ingress does.
func isRoute(s *side) bool {
	return isIngress(s) || s != nil && is(s.ID, "gateway.networking.k8s.io", routes...)
}

// routes are the kinds of the Gateway API that have hosts. Read only.
var routes = []string{"HTTPRoute", "GRPCRoute", "TLSRoute"}

// hosts are what an Ingress or a route serves; "*" is every host.
func hosts(s *side) []string {
	if !isRoute(s) {
		return nil
	}
	all := texts(s.tree(), "spec", "hostnames")
	if !isIngress(s) && len(all) == 0 {
		all = []string{"*"}
	}
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

// routed are the hosts of all Ingresses and routes of the cluster's releases.
func (c *cluster) routed() map[string]bool {
	if c.hosts == nil {
		c.hosts = map[string]bool{}
		for _, r := range c.releases {
			all := r.after.of("networking.k8s.io", "Ingress")
			for _, kind := range routes {
				all = append(all, r.after.of("gateway.networking.k8s.io", kind)...)
			}
			for _, s := range all {
				for _, host := range hosts(s) {
					c.hosts[host] = true
				}
			}
		}
	}
	return c.hosts
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
	var gone []string
	for _, host := range hosts(o.before) {
		if !o.in.in.routed()[host] {
			gone = append(gone, host)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return []finding{{path: at, reason: fmt.Sprintf("%s no longer routed by any release that changes", isOrAre(gone))}}
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

func failsClosed(s *side) []finding {
	if !is(s.ID, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration") {
		return nil
	}
	var found []finding
	for i, w := range mapsOf(items(s.tree(), "webhooks")) {
		policy := text(w, "failurePolicy")
		if policy == "" && s.APIVersion != "admissionregistration.k8s.io/v1beta1" {
			policy = "Fail"
		}
		if policy != "Fail" {
			continue
		}
		var what []string
		for _, r := range mapsOf(items(w, "rules")) {
			what = append(what, texts(r, "resources")...)
		}
		slices.Sort(what)
		about := strings.Join(slices.Compact(what), ", ")
		if about == "" {
			about = "what it is asked about"
		}
		at := named(path("webhooks"), w, i)
		found = append(found, finding{path: below(at, "failurePolicy"), key: text(w, "name"), reason: fmt.Sprintf("while webhook %s does not answer, nobody can write %s", text(w, "name"), about)})
	}
	return found
}
