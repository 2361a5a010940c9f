package risk

import (
	"iter"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// What refers to what: a table of the places where objects name other objects, or
// a part of one: a port of a Service, a key of a ConfigMap.

// reach is a row of the table.
type reach struct {
	from []kind // whose objects; none: pods, and at is in their spec
	at   []string
	to   kind
	// Below at: the fields with the name (none of what labels choose), the namespace (the object's own where it
	// is empty), and with parts; of those the first that is there.
	name, namespace string
	parts           []string
	standard        string // the part where none is written
	host            bool   // the name is a host of the cluster's DNS
	global          bool   // the objects have no namespace
	says            string // what the one does with the other
}

var (
	services         = kind{"", "Service"}
	secrets          = kind{"", "Secret"}
	podKind          = kind{"", "Pod"}
	gateways         = []kind{{"gateway.networking.k8s.io", "Gateway"}}
	accounts         = []kind{{"", "ServiceAccount"}}
	routesOfGateways = []kind{
		{"gateway.networking.k8s.io", "HTTPRoute"}, {"gateway.networking.k8s.io", "GRPCRoute"}, {"gateway.networking.k8s.io", "TLSRoute"},
		{"gateway.networking.k8s.io", "TCPRoute"}, {"gateway.networking.k8s.io", "UDPRoute"},
	}
	ingresses    = []kind{{"networking.k8s.io", "Ingress"}}
	webhooks     = []kind{{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"}, {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}}
	apiServices  = []kind{{"apiregistration.k8s.io", "APIService"}}
	crds         = []kind{{"apiextensions.k8s.io", "CustomResourceDefinition"}}
	meshes       = []kind{{"networking.istio.io", "VirtualService"}}
	rulesOfMesh  = []kind{{"networking.istio.io", "DestinationRule"}}
	traefik      = []kind{{"traefik.io", "IngressRoute"}, {"traefik.io", "IngressRouteTCP"}, {"traefik.io", "IngressRouteUDP"}}
	statefulSets = []kind{{"apps", "StatefulSet"}}
	contour      = []kind{{"projectcontour.io", "HTTPProxy"}}
)

// reaches is the table. Read only.
var reaches = append([]reach{
	{from: ingresses, at: steps("spec.defaultBackend.service"), to: services, name: "name", parts: []string{"port.number", "port.name"}, says: "routes to"},
	{from: ingresses, at: steps("spec.rules[].http.paths[].backend.service"), to: services, name: "name", parts: []string{"port.number", "port.name"}, says: "routes to"},
	{from: routesOfGateways, at: steps("spec.rules[].backendRefs[]"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, says: "routes to"},
	{from: routesOfGateways, at: steps("spec.rules[].filters[].requestMirror.backendRef"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, says: "mirrors to"},
	{from: webhooks, at: steps("webhooks[].clientConfig.service"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, standard: "443", global: true, says: "asks"},
	{from: apiServices, at: steps("spec.service"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, standard: "443", global: true, says: "relies on"},
	{from: crds, at: steps("spec.conversion.webhook.clientConfig.service"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, standard: "443", global: true, says: "converts with"},
	{from: meshes, at: steps("spec.http[].route[].destination"), to: services, name: "host", host: true, parts: []string{"port.number"}, says: "routes to"},
	{from: meshes, at: steps("spec.tcp[].route[].destination"), to: services, name: "host", host: true, parts: []string{"port.number"}, says: "routes to"},
	{from: meshes, at: steps("spec.tls[].route[].destination"), to: services, name: "host", host: true, parts: []string{"port.number"}, says: "routes to"},
	{from: rulesOfMesh, at: steps("spec"), to: services, name: "host", host: true, says: "configures"},
	{from: statefulSets, at: steps("spec"), to: services, name: "serviceName", says: "names its pods by"},
	{from: traefik, at: steps("spec.routes[].services[]"), to: services, name: "name", namespace: "namespace", parts: []string{"port"}, says: "routes to"},
	{from: contour, at: steps("spec.routes[].services[]"), to: services, name: "name", parts: []string{"port"}, says: "routes to"},
	{from: contour, at: steps("spec.tcpproxy.services[]"), to: services, name: "name", parts: []string{"port"}, says: "routes to"},
	{from: ingresses, at: steps("spec.tls[]"), to: secrets, name: "secretName", says: "serves TLS with"},
	{from: gateways, at: steps("spec.listeners[].tls.certificateRefs[]"), to: secrets, name: "name", namespace: "namespace", says: "serves TLS with"},
	{from: accounts, at: steps("imagePullSecrets[]"), to: secrets, name: "name", says: "pulls images with"},
	// What has no name is chosen by labels. Of monitors see monitor.go.
	{from: []kind{services}, at: steps("spec.ports[]"), to: podKind, parts: []string{"targetPort"}, says: "routes to"},
	{from: []kind{{"networking.k8s.io", "NetworkPolicy"}}, at: steps("spec.ingress[].ports[]"), to: podKind, parts: []string{"port"}, says: "opens"},
}, readByKey()...)

// readByKey is what pods read one by one.
func readByKey() []reach {
	configMap := kind{"", "ConfigMap"}
	var all []reach
	for _, list := range containerLists {
		all = append(all,
			reach{at: steps(list + "[].env[].valueFrom.configMapKeyRef"), to: configMap, name: "name", parts: []string{"key"}, says: "reads"},
			reach{at: steps(list + "[].env[].valueFrom.secretKeyRef"), to: secrets, name: "name", parts: []string{"key"}, says: "reads"})
	}
	return append(all,
		reach{at: steps("volumes[].configMap"), to: configMap, name: "name", parts: []string{"items[].key"}, says: "mounts"},
		reach{at: steps("volumes[].secret"), to: secrets, name: "secretName", parts: []string{"items[].key"}, says: "mounts"},
		reach{at: steps("volumes[].projected.sources[].configMap"), to: configMap, name: "name", parts: []string{"items[].key"}, says: "mounts"},
		reach{at: steps("volumes[].projected.sources[].secret"), to: secrets, name: "name", parts: []string{"items[].key"}, says: "mounts"})
}

// steps reads a place as the table has it: keys, with [] behind that of a list of
// which every item is meant.
func steps(keys string) []string { return strings.Split(keys, ".") }

// link is one reference.
type link struct {
	reach
	of   *side // who refers
	path diff.Path
	id   manifest.ID // to what; of a choice nothing
	part string      // empty: to all of it
}

// target is what a link is about.
type target struct {
	id   manifest.ID
	part string
}

func (l link) target() target { return target{l.id, l.part} }

// links are the references of an object, in the order of the table.
func (s *side) links() []link {
	if s == nil || is(s.ID, "apiextensions.k8s.io", "CustomResourceDefinition") && !s.mentions("clientConfig:") {
		return nil
	}
	var all []link
	for _, row := range reaches {
		if row.from == nil {
			for _, p := range s.podsOf() {
				all = append(all, row.in(s, p.spec, p.body)...)
			}
			continue
		}
		for _, k := range row.from {
			if k == kindOf(s.ID) {
				all = append(all, row.in(s, nil, s.tree())...)
			}
		}
	}
	return all
}

// in finds a row's references in an object.
func (row reach) in(s *side, p diff.Path, t tree) []link {
	var all []link
	for at, v := range walk(p, t, row.at) {
		ref := asTree(v)
		if row.name == "" {
			if part, is := get(ref, row.parts[0]).(string); is && part != "" {
				all = append(all, link{row, s, at, manifest.ID{}, part})
			}
			continue
		}
		to := manifest.ID{Group: row.to.group, Kind: row.to.kind, Namespace: s.ID.Namespace, Name: text(ref, row.name)}
		if kind, group := text(ref, "kind"), text(ref, "group"); kind != "" && kind != to.Kind || group != to.Group || truth(ref, "optional") {
			continue
		}
		if namespace := text(ref, row.namespace); namespace != "" {
			to.Namespace = namespace
		}
		if row.host {
			to.Name, to.Namespace = serviceOf(to.Name, to.Namespace)
		}
		if to.Name == "" {
			continue
		}
		found := false
		for _, field := range row.parts {
			for _, part := range walk(nil, ref, steps(field)) {
				if part := diff.Scalar(part); part != "" && part != "0" {
					found = true
					all = append(all, link{row, s, at, to, part})
				}
			}
			if found {
				break
			}
		}
		if !found {
			all = append(all, link{row, s, at, to, row.standard})
		}
	}
	return all
}

// serviceOf reads a host of the cluster's DNS; without a name where it may be
// another one.
func serviceOf(host, namespace string) (string, string) {
	name, rest, dotted := strings.Cut(host, ".")
	if !dotted {
		return name, namespace
	}
	namespace, domain, _ := strings.Cut(rest, ".")
	if domain != "svc" && !strings.HasPrefix(domain, "svc.") || name == "*" {
		return "", ""
	}
	return name, namespace
}

// walk yields what stands at a place.
func walk(at diff.Path, v any, place []string) iter.Seq2[diff.Path, any] {
	return func(yield func(diff.Path, any) bool) { visit(at, v, place, yield) }
}

func visit(at diff.Path, v any, place []string, yield func(diff.Path, any) bool) bool {
	if len(place) == 0 {
		return yield(at, v)
	}
	key, isList := strings.CutSuffix(place[0], "[]")
	next := asTree(v)[key]
	if next == nil {
		return true
	}
	at = at.Then(diff.Key(key))
	if !isList {
		return visit(at, next, place[1:], yield)
	}
	list, _ := next.([]any)
	for i, item := range mapsOf(list) {
		if !visit(named(at, item, i), item, place[1:], yield) {
			return false
		}
	}
	return true
}
