package risk

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
)

// What the API server refuses to change in an object that is there. The lists
// are those of its validation (pkg/apis/*/validation of k8s.io/kubernetes).
var immutableRules = []Rule{
	{ID: "immutable/selector", Level: Block, Title: "A workload's selector changes",
		Doc:    "The selector of a Deployment, DaemonSet or ReplicaSet cannot change; applying it fails until the workload is deleted.",
		object: frozen(kinds{"apps", []string{"Deployment", "DaemonSet", "ReplicaSet"}}, fixed("spec", "selector"))},
	{ID: "immutable/statefulset", Level: Block, Title: "A StatefulSet changes where it cannot",
		Doc:    "Of a StatefulSet's spec only replicas, ordinals, template, updateStrategy, persistentVolumeClaimRetentionPolicy, minReadySeconds and, from Kubernetes 1.33, revisionHistoryLimit can change; labels in volumeClaimTemplates cannot.",
		object: statefulSet},
	{ID: "immutable/pvc", Level: Block, Title: "A volume claim changes where it cannot",
		Doc:    "Of a PersistentVolumeClaim's spec only the size it requests can grow, and its volumeAttributesClassName change.",
		object: pvc},
	{ID: "immutable/volume", Level: Block, Title: "A volume's source changes",
		Doc:    "What a PersistentVolume is made of cannot change.",
		object: volume},
	{ID: "immutable/job", Level: Block, Title: "A Job changes where it cannot",
		Doc:    "A Job's pod template, selector and completion mode cannot change while it is there; a Job that is to run again needs another name, or is one that Argo CD or Flux make again: a hook, Force=true, force: enabled.",
		object: job},
	{ID: "immutable/pod", Level: Block, Title: "A Pod changes where it cannot",
		Doc:    "Of a Pod that is there only images, tolerations, schedulingGates and activeDeadlineSeconds can change.",
		object: podSpec},
	{ID: "immutable/service", Level: Block, Title: "A Service's cluster address changes",
		Doc:    "A Service keeps its clusterIP and its loadBalancerClass for as long as it is there.",
		object: service},
	{ID: "immutable/role-ref", Level: Block, Title: "A binding's role changes",
		Doc:    "The role that a RoleBinding or ClusterRoleBinding refers to cannot change; the binding has to be deleted and made again.",
		object: frozen(kinds{"rbac.authorization.k8s.io", []string{"RoleBinding", "ClusterRoleBinding"}}, fixed("roleRef", "kind"), fixed("roleRef", "name"))},
	{ID: "immutable/storage-class", Level: Block, Title: "A StorageClass changes where it cannot",
		Doc: "Provisioner, parameters, reclaimPolicy and volumeBindingMode of a StorageClass cannot change.",
		object: frozen(kinds{"storage.k8s.io", []string{"StorageClass"}}, fixed("provisioner"), fixed("parameters"),
			fixed("reclaimPolicy").or("Delete"), fixed("volumeBindingMode").or("Immediate"))},
	{ID: "immutable/ingress-class", Level: Block, Title: "An IngressClass's controller changes",
		Doc:    "The controller of an IngressClass cannot change.",
		object: frozen(kinds{"networking.k8s.io", []string{"IngressClass"}}, fixed("spec", "controller"))},
	{ID: "immutable/priority-class", Level: Block, Title: "A PriorityClass's value changes",
		Doc:    "Value and preemptionPolicy of a PriorityClass cannot change.",
		object: frozen(kinds{"scheduling.k8s.io", []string{"PriorityClass"}}, fixed("value"), fixed("preemptionPolicy").or("PreemptLowerPriority"))},
	{ID: "immutable/config", Level: Block, Title: "An immutable ConfigMap or Secret changes",
		Doc:    "With `immutable: true` neither the data nor the mark can change; it has to come under another name.",
		object: config},
	{ID: "immutable/crd", Level: Block, Title: "A CRD's scope or names change",
		Doc:    "Scope, kind and plural name of a CustomResourceDefinition cannot change while there are resources of it.",
		object: frozen(kinds{"apiextensions.k8s.io", []string{"CustomResourceDefinition"}}, fixed("spec", "scope"), fixed("spec", "group"), fixed("spec", "names", "kind"), fixed("spec", "names", "plural"))},
	{ID: "immutable/secret-type", Level: Block, Title: "A Secret's type changes",
		Doc:    "The type of a Secret cannot change; it has to come under another name.",
		object: frozen(kinds{"", []string{"Secret"}}, fixed("type").or("Opaque"))},
	{ID: "immutable/other", Level: Block, Title: "An object changes where it cannot",
		Doc: "The handler of a RuntimeClass, attachRequired and volumeLifecycleModes of a CSIDriver, driver and parameters of a VolumeAttributesClass and the spec of a ResourceClaim cannot change.",
		object: anyOf(
			frozen(kinds{"node.k8s.io", []string{"RuntimeClass"}}, fixed("handler")),
			frozen(kinds{"storage.k8s.io", []string{"CSIDriver"}}, fixed("spec", "attachRequired").or(true), fixed("spec", "volumeLifecycleModes")),
			frozen(kinds{"storage.k8s.io", []string{"VolumeAttributesClass"}}, fixed("driverName"), fixed("parameters")),
			frozen(kinds{"resource.k8s.io", []string{"ResourceClaim"}}, fixed("spec")),
		)},
}

func anyOf(rules ...func(*object) []finding) func(*object) []finding {
	return func(o *object) []finding {
		var found []finding
		for _, rule := range rules {
			found = append(found, rule(o)...)
		}
		return found
	}
}

// kinds of one group.
type kinds struct {
	group string
	names []string
}

func (k kinds) has(id manifest.ID) bool { return is(id, k.group, k.names...) }

// fixedField is a field that cannot change, with what the API server puts there
// where it is left out.
type fixedField struct {
	keys     []string
	standard any
}

func fixed(keys ...string) fixedField           { return fixedField{keys: keys} }
func (f fixedField) or(standard any) fixedField { f.standard = standard; return f }

func (f fixedField) in(t tree) any {
	if v := get(t, f.keys...); v != nil && (v != "" || f.standard == nil) {
		return v
	}
	return f.standard
}

// frozen fires where one of the fields changes.
func frozen(of kinds, fields ...fixedField) func(*object) []finding {
	return func(o *object) []finding {
		if !o.stays() || !of.has(o.id) {
			return nil
		}
		var found []finding
		for _, f := range fields {
			differ := leaves(path(f.keys...), f.in(o.before.tree()), f.in(o.after.tree()))
			found = append(found, refused(o.id, differ)...)
		}
		return found
	}
}

// spec compares the specs field by field, those that may change left out.
// Before that, clean takes out what the API server does not look at.
func (o *object) spec(mutable []string, clean func(tree) tree) []finding {
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	if clean != nil {
		before, after = clean(before), clean(after)
	}
	var found []finding
	for _, key := range allKeys(before, after) {
		if !slices.Contains(mutable, key) {
			found = append(found, refused(o.id, leaves(path("spec", key), before[key], after[key]))...)
		}
	}
	return found
}

// refused is one finding about all differences in a field.
func refused(id manifest.ID, differ []leaf) []finding {
	differ = slices.DeleteFunc(differ, leaf.isDefault)
	if len(differ) == 0 {
		return nil
	}
	at, what := among(differ)
	return []finding{{path: at, reason: fmt.Sprintf("it cannot %s once the %s is there: applying fails", what, id.Kind)}}
}

func statefulSet(o *object) []finding {
	if !o.stays() || !is(o.id, "apps", "StatefulSet") {
		return nil
	}
	mutable := []string{"replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"}
	if t := o.in.in.table(o.in.after); t == nil || !olderThan(t, 33) {
		mutable = append(mutable, "revisionHistoryLimit")
	}
	return o.spec(mutable,
		func(spec tree) tree {
			spec = maps.Clone(spec)
			if spec == nil {
				spec = tree{}
			}
			standard(spec, "podManagementPolicy", "OrderedReady")
			standard(spec, "revisionHistoryLimit", int64(10))
			var claims []any
			for _, c := range mapsOf(items(spec, "volumeClaimTemplates")) {
				claims = append(claims, claim(c))
			}
			spec["volumeClaimTemplates"] = claims
			return spec
		})
}

func olderThan(t *kube.Table, minor int) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(t.Minor(), "1."))
	return err == nil && n < minor
}

// claim is a claim's template as the API server compares it.
func claim(c tree) tree {
	metadata, spec := maps.Clone(sub(c, "metadata")), maps.Clone(sub(c, "spec"))
	delete(metadata, "creationTimestamp")
	if spec == nil {
		spec = tree{}
	}
	standard(spec, "volumeMode", "Filesystem")
	return tree{"metadata": metadata, "spec": spec}
}

func standard(t tree, key string, value any) {
	if t[key] == nil || t[key] == "" {
		t[key] = value
	}
}

func pvc(o *object) []finding {
	if !o.stays() || !is(o.id, "", "PersistentVolumeClaim") {
		return nil
	}
	return o.spec([]string{"volumeAttributesClassName"}, func(spec tree) tree {
		spec = maps.Clone(spec)
		if spec == nil {
			spec = tree{}
		}
		standard(spec, "volumeMode", "Filesystem")
		resources := maps.Clone(sub(spec, "resources"))
		delete(resources, "requests") // may grow: storage/shrink
		spec["resources"] = resources
		return spec
	})
}

func volume(o *object) []finding {
	if !o.stays() || !is(o.id, "", "PersistentVolume") {
		return nil
	}
	mutable := []string{"capacity", "accessModes", "persistentVolumeReclaimPolicy", "claimRef", "mountOptions", "storageClassName", "volumeAttributesClassName"}
	if isEmpty(get(o.before.tree(), "spec", "nodeAffinity")) {
		mutable = append(mutable, "nodeAffinity")
	}
	return o.spec(mutable, func(spec tree) tree {
		spec = maps.Clone(spec)
		if spec != nil {
			standard(spec, "volumeMode", "Filesystem")
		}
		return spec
	})
}

// again tells a Job that is deleted and made again instead of being changed: a
// hook of Argo CD, or what Argo CD or Flux are told to replace.
func (s *side) again() bool {
	if !s.mentions("argocd.argoproj.io/") && !s.mentions("kustomize.toolkit.fluxcd.io/force") {
		return false
	}
	notes := sub(s.tree(), "metadata", "annotations")
	if text(notes, "argocd.argoproj.io/hook") != "" {
		policy := text(notes, "argocd.argoproj.io/hook-delete-policy") // BeforeHookCreation where there is none
		return policy == "" || strings.Contains(policy, "BeforeHookCreation") || strings.Contains(policy, "HookSucceeded")
	}
	for option := range strings.SplitSeq(text(notes, "argocd.argoproj.io/sync-options"), ",") {
		if strings.TrimSpace(option) == "Force=true" {
			return true
		}
	}
	return strings.EqualFold(text(notes, "kustomize.toolkit.fluxcd.io/force"), "enabled")
}

func job(o *object) []finding {
	if o.after != nil && o.after.again() {
		return nil
	}
	fields := []fixedField{
		fixed("spec", "selector"), fixed("spec", "template"), fixed("spec", "completionMode").or("NonIndexed"), fixed("spec", "podFailurePolicy"),
		fixed("spec", "backoffLimitPerIndex"), fixed("spec", "managedBy"), fixed("spec", "successPolicy"),
	}
	if o.after != nil && text(o.after.tree(), "spec", "completionMode") != "Indexed" {
		fields = append(fields, fixed("spec", "completions"))
	}
	return frozen(kinds{"batch", []string{"Job"}}, fields...)(o)
}

func podSpec(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Pod") {
		return nil
	}
	return o.spec([]string{"tolerations", "activeDeadlineSeconds", "schedulingGates"}, func(spec tree) tree {
		spec = maps.Clone(spec)
		for _, list := range containerLists {
			var clean []any
			for _, c := range mapsOf(items(spec, list)) {
				c = maps.Clone(c)
				delete(c, "image")
				clean = append(clean, c)
			}
			if clean != nil {
				spec[list] = clean
			}
		}
		return spec
	})
}

func service(o *object) []finding {
	if !o.stays() || !is(o.id, "", "Service") {
		return nil
	}
	before, after := sub(o.before.tree(), "spec"), sub(o.after.tree(), "spec")
	if text(before, "type") == "ExternalName" || text(after, "type") == "ExternalName" {
		return nil
	}
	var found []finding
	at := path("spec", "clusterIP")
	switch old, now := text(before, "clusterIP"), text(after, "clusterIP"); {
	case old == now:
	case now != "":
		if old == "" {
			old = "one that the cluster chose"
		}
		found = append(found, finding{path: at, reason: fmt.Sprintf("it cannot change from %s to %s once the Service is there: applying fails", old, now)})
	case old == "None":
		found = append(found, finding{path: at, reason: "it is no longer None, but a Service stays headless until it is deleted and made again"})
	}
	if text(before, "type") == "LoadBalancer" && text(after, "type") == "LoadBalancer" {
		at := path("spec", "loadBalancerClass")
		found = append(found, refused(o.id, leaves(at, before["loadBalancerClass"], after["loadBalancerClass"]))...)
	}
	return found
}

func config(o *object) []finding {
	if !o.stays() || !is(o.id, "", "ConfigMap", "Secret") || !o.before.mentions("immutable") {
		return nil
	}
	before, after := o.before.tree(), o.after.tree()
	if !truth(before, "immutable") {
		return nil
	}
	var found []finding
	if !truth(after, "immutable") {
		found = append(found, finding{path: path("immutable"), reason: fmt.Sprintf("it cannot be taken back once the %s is there: applying fails", o.id.Kind)})
	}
	var keys []string
	var first diff.Path
	for _, field := range []string{"binaryData", "data", "stringData"} {
		for _, l := range leaves(path(field), before[field], after[field]) {
			if first == nil {
				first = l.path
			}
			if len(l.path) > 1 {
				keys = append(keys, l.path[1].Key)
			}
		}
	}
	if first == nil {
		return found
	}
	if len(keys) != 1 {
		first = first[:1:1]
	}
	reason := fmt.Sprintf("the %s is immutable, and its data changes (%s): applying fails until it has another name", o.id.Kind, strings.Join(keys, ", "))
	return append(found, finding{path: first, reason: reason})
}
