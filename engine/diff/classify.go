package diff

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// classifier tells the class of an object's fields.
type classifier struct {
	group, kind string
	fixed       Class // inside of a text: that of the text
}

// of is the class of a field. free tells that the schema says of its list that
// order means nothing.
func (c classifier) of(f Field, free bool) Class {
	keys := f.Path.Keys()
	if f.Order && c.orderIsFree(keys, free) {
		return Order
	}
	if c.fixed != "" {
		return c.fixed
	}
	if class, ok := metadataClass(keys, f); ok {
		return class
	}
	if c.kind == crdKind && isDocs(keys, f) {
		return Docs
	}
	for _, r := range classRules {
		if r.matches(c, keys) {
			return r.class
		}
	}
	return Other
}

const (
	crdGroup = "apiextensions.k8s.io"
	crdKind  = "CustomResourceDefinition"
)

// versionKeys are labels and annotations that tell who made an object and from
// which version, and nothing else. Read only.
var versionKeys = map[string]bool{
	"helm.sh/chart":                            true,
	"app.kubernetes.io/version":                true,
	"app.kubernetes.io/managed-by":             true,
	"chart":                                    true,
	"heritage":                                 true,
	"controller-gen.kubebuilder.io/version":    true,
	"app.kubernetes.io/app-version":            true, // Bitnami's, of what is a part of something else
	"gateway.networking.k8s.io/bundle-version": true,
	"operator.prometheus.io/version":           true,
}

// TellsVersion tells a label or annotation that tells who made an object and from
// which version, and nothing else.
func TellsVersion(key string) bool { return versionKeys[key] }

func metadataKeyClass(key string) Class {
	switch {
	case TellsVersion(key):
		return Label
	case strings.Contains(key, "checksum"), strings.HasSuffix(key, "/config-hash"): // opensearch has configchecksum
		return Checksum
	}
	return Other
}

// metadataClass is the class of labels and annotations, of the object or of a
// template in it. The keys are people's: no other rule may read them.
func metadataClass(keys []string, f Field) (Class, bool) {
	at := slices.Index(keys, "metadata")
	if at < 0 || at+1 >= len(keys) || keys[at+1] != "labels" && keys[at+1] != "annotations" {
		return "", false
	}
	if at+2 < len(keys) {
		return metadataKeyClass(keys[at+2]), true
	}
	class := Class("") // all of them came or went: the class that they share
	for _, side := range []any{f.Before, f.After} {
		values, _ := side.(map[string]any)
		for key := range values {
			switch each := metadataKeyClass(key); class {
			case "", each:
				class = each
			default:
				return Other, true
			}
		}
	}
	if class == "" { // an empty map came or went, and means as much as none
		class = Label
		for _, side := range []any{f.Before, f.After} {
			if _, is := side.(map[string]any); side != nil && !is {
				class = Other
			}
		}
	}
	return class, true
}

// classRule gives a class to places. The first rule that matches counts.
type classRule struct {
	kinds string   // group/kind, group/* or empty for all; the core group is empty
	path  []string // keys; * is any one, ** any number, a|b either
	class Class
}

func rule(kinds, path string, class Class) classRule {
	return classRule{kinds, strings.Fields(path), class}
}

const containers = "containers|initContainers|ephemeralContainers"

// classRules is read only.
var classRules = []classRule{
	rule("/ConfigMap", "data|binaryData **", Config),
	rule("/Secret", "data|stringData **", Secret),
	rule("/ConfigMap", "**", Other), // whatever else looks like something
	rule("/Secret", "**", Other),
	rule(crdGroup+"/"+crdKind, "spec **", CRD),

	rule("rbac.authorization.k8s.io/*", "rules|subjects|roleRef|aggregationRule **", RBAC),
	rule("/ServiceAccount", "secrets|imagePullSecrets|automountServiceAccountToken **", RBAC),

	rule("/Service", "spec **", Network),
	rule("/Endpoints", "subsets **", Network),
	rule("discovery.k8s.io/EndpointSlice", "endpoints|ports|addressType **", Network),
	rule("networking.k8s.io/*", "spec **", Network),
	rule("extensions/Ingress", "spec **", Network),
	rule("extensions/NetworkPolicy", "spec **", Network),
	rule("gateway.networking.k8s.io/*", "spec **", Network),
	rule("networking.istio.io/*", "spec **", Network),
	rule("cilium.io/*", "spec **", Network),
	rule("crd.projectcalico.org/*", "spec **", Network),
	rule("projectcalico.org/*", "spec **", Network),
	rule("traefik.io/*", "spec **", Network),

	rule("/PersistentVolumeClaim", "spec **", Storage),
	rule("/PersistentVolume", "spec **", Storage),
	rule("storage.k8s.io/*", "metadata **", Other),
	rule("storage.k8s.io/*", "**", Storage),
	rule("snapshot.storage.k8s.io/*", "metadata **", Other),
	rule("snapshot.storage.k8s.io/*", "**", Storage),
	rule("apps/StatefulSet", "spec volumeClaimTemplates **", Storage),
	rule("apps/StatefulSet", "spec persistentVolumeClaimRetentionPolicy **", Storage),

	rule("", "spec replicas", Replicas),
	rule("autoscaling/HorizontalPodAutoscaler", "spec minReplicas|maxReplicas", Replicas),
	rule("keda.sh/*", "spec minReplicaCount|maxReplicaCount|idleReplicaCount", Replicas),

	rule("/ResourceQuota", "spec **", Resources),
	rule("/LimitRange", "spec **", Resources),

	// Pods: of Kubernetes' workloads, and of others' kinds that hold a pod spec.
	rule("", "** "+containers+" image", Image),
	rule("", "spec image", Image),
	rule("", "** "+containers+" resources|resizePolicy **", Resources),
	rule("", "** spec resources **", Resources),
	rule("", "** "+containers+" env|envFrom **", Env),
	rule("", "** "+containers+" ports **", Network),
	rule("", "** "+containers+" volumeMounts|volumeDevices **", Storage),
	rule("", "** spec volumes **", Storage),
	rule("", "** spec hostNetwork|dnsPolicy|dnsConfig|hostAliases|hostname|subdomain **", Network),
	rule("", "** spec serviceAccountName|serviceAccount|automountServiceAccountToken", RBAC),
}

func (r classRule) matches(c classifier, keys []string) bool {
	if r.kinds != "" {
		group, kind, _ := strings.Cut(r.kinds, "/")
		if group != c.group || kind != "*" && kind != c.kind {
			return false
		}
	}
	return matchKeys(r.path, keys)
}

func matchKeys(pattern, keys []string) bool {
	for i, want := range pattern {
		if want == "**" {
			rest := pattern[i+1:]
			for j := i; j <= len(keys); j++ {
				if matchKeys(rest, keys[j:]) {
					return true
				}
			}
			return false
		}
		if i >= len(keys) || want != "*" && !slices.Contains(strings.Split(want, "|"), keys[i]) {
			return false
		}
	}
	return len(keys) == len(pattern)
}

// isDocs tells the texts for people in a CRD: the descriptions of its schema
// and of its columns. A property that is called description is none of them,
// nor is one in a default.
func isDocs(keys []string, f Field) bool {
	for _, side := range []any{f.Before, f.After} {
		switch side.(type) {
		case nil, string:
		default:
			return false
		}
	}
	at := slices.Index(keys, "openAPIV3Schema")
	if at < 0 {
		return slices.Contains(keys, "additionalPrinterColumns") && keys[len(keys)-1] == "description"
	}
	for keys = keys[at+1:]; len(keys) > 0; keys = keys[1:] {
		switch keys[0] {
		case "description", "title", "externalDocs":
			return true
		case "properties", "patternProperties", "definitions", "dependencies":
			if len(keys) == 1 {
				return false
			}
			keys = keys[1:]
		case "items", "additionalProperties", "additionalItems", "not", "allOf", "anyOf", "oneOf":
		default:
			return false
		}
	}
	return false
}

// freeLists are the lists of Kubernetes' own kinds whose order means nothing,
// though the API has each as one value. Read only.
var freeLists = func() map[string]bool {
	free := map[string]bool{}
	for key := range strings.FieldsSeq(`
		accessModes add addresses apiGroups apiVersions categories clusterIPs conversionReviewVersions drop egress endpoints
		enum except externalIPs from hosts imagePullSecrets ingress ingressClassNames items loadBalancerSourceRanges
		matchExpressions matchFields metrics nodeSelectorTerms nonResourceURLs operations paths policyTypes ports
		preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution required
		resourceNames resources rules secrets shortNames sources subjects subsets supplementalGroups sysctls tls to tolerations
		topologySpreadConstraints values verbs versions volumeClaimTemplates webhooks`) {
		free[key] = true
	}
	return free
}()

// orderedLists are lists whose items come one after the other, by the kinds that
// have them so, though others' lists of that name, or the API's schema, have
// their items in any order. Read only.
var orderedLists = map[string][]string{
	"webhooks":  {"MutatingWebhookConfiguration"},
	"variables": {"ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"}, // each may use those before it
	"rules":     {"Job", "CronJob"},                                       // of a podFailurePolicy: the first that matches counts
}

// orderIsFree tells that another order of a list's items changes nothing.
func (c classifier) orderIsFree(keys []string, free bool) bool {
	if len(keys) == 0 || c.fixed != "" {
		return false
	}
	switch last := keys[len(keys)-1]; {
	case slices.Contains(orderedLists[last], c.kind), last == "initContainers":
		return false
	case last == "env":
		return free
	case free:
		return true
	case c.kind == crdKind && last == "items": // a schema, or what a default holds
		return false
	default:
		return isBuiltIn(c.group) && freeLists[last]
	}
}

// isBuiltIn tells the groups of Kubernetes' own kinds, CRDs among them.
func isBuiltIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") && !strings.HasSuffix(group, ".x-k8s.io") && group != "gateway.networking.k8s.io"
}

func classesOf(id manifest.ID) classifier { return classifier{group: id.Group, kind: id.Kind} }

// refersToOthers tells that a value of an environment uses another one, which
// must then stand before it.
func refersToOthers(env []any) bool {
	for _, item := range env {
		m, _ := item.(map[string]any)
		value, _ := m["value"].(string)
		if _, rest, found := strings.Cut(value, "$("); found && strings.Contains(rest, ")") {
			return true
		}
	}
	return false
}
