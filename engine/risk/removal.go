package risk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// What is destroyed with an object. Every object that goes is found by exactly
// one of these rules.
var removalRules = []Rule{
	{ID: "removal/namespace", Level: Block, Title: "A Namespace is removed",
		Doc:    "Deleting a Namespace deletes everything in it, whoever put it there.",
		object: removal("", "Namespace")},
	{ID: "removal/pvc", Level: Block, Title: "A volume claim is removed",
		Doc:    "Deleting a PersistentVolumeClaim deletes its volume and the data, unless the volume's reclaim policy is Retain.",
		object: removal("", "PersistentVolumeClaim")},
	{ID: "removal/crd", Level: Block, Title: "A CRD is removed",
		Doc:    "Deleting a CustomResourceDefinition deletes every resource of its kind in the whole cluster.",
		object: removal("apiextensions.k8s.io", "CustomResourceDefinition")},
	{ID: "removal/statefulset", Level: Block, Title: "A StatefulSet is removed",
		Doc:    "Deleting a StatefulSet deletes its pods; the volumes of its claims stay, unless its persistentVolumeClaimRetentionPolicy says otherwise.",
		object: removal("apps", "StatefulSet")},
	{ID: "removal/in-use", Level: Caution, Title: "What is in use is removed",
		Doc:    "A workload of the cluster still refers to a ConfigMap, a Secret, a key of one, a ServiceAccount, a PriorityClass or a RuntimeClass: its pods cannot start without it, unless the reference is optional. Not so where an ExternalSecret, a SealedSecret or a Certificate makes it again. Or an Ingress, a route, a webhook or an API still goes to a Service, or TLS is served and images are pulled with a Secret.",
		object: anyOf(inUse, keysInUse)},
	{ID: "removal/object", Level: Info, Title: "An object is removed",
		Doc:    "What is no longer in the release is deleted from the cluster; what is there for a workload goes with it.",
		object: removal("", "")},
	{ID: "removal/undeclared", Level: Caution, Title: "A release goes, and nothing says that it is meant to",
		Doc:     "The project no longer declares it, and has neither a removed nor a moved block for it: weir hydrate refuses to remove it.",
		release: undeclared},
	{ID: "removal/unmarked", Level: Caution, Title: "An object is no longer kept",
		Doc:    "The annotation that kept it when it leaves the release goes; the next removal deletes it, and a CRD with all of its resources.",
		object: unmarked},
	{ID: "removal/kept", Level: Info, Title: "An object leaves the release and stays in the cluster",
		Doc:    "With sync.prune off, or an annotation that keeps it, nothing is deleted; nothing looks after the object any more, either.",
		object: kept},
}

// undeclared fires for a release that goes by mistake, maybe.
func undeclared(r *release) []finding {
	if !r.Undeclared {
		return nil
	}
	return []finding{{reason: "it is not declared any more, and nothing says that it is meant to go: weir hydrate refuses to remove it"}}
}

// unmarked fires for an annotation that kept an object and is gone.
func unmarked(o *object) []finding {
	if !o.stays() {
		return nil
	}
	before, after := o.before.marked(), o.after.marked()
	if before == "" || after != "" {
		return nil
	}
	key, _, _ := strings.Cut(before, ":")
	return []finding{{path: path("metadata", "annotations", key), reason: fmt.Sprintf("%s goes: from now on it is deleted with the release", before)}}
}

// heavy are the kinds that have a rule of their own; that of a NetworkPolicy
// leaves some to the others'.
var heavy = map[[2]string]bool{
	{"", "Namespace"}: true, {"", "PersistentVolumeClaim"}: true,
	{"apiextensions.k8s.io", "CustomResourceDefinition"}: true, {"apps", "StatefulSet"}: true,
}

// removal fires for objects of one kind that go; of all kinds without a rule of
// their own where it is empty.
func removal(group, kind string) func(*object) []finding {
	return func(o *object) []finding {
		if !o.lost() {
			return nil
		}
		id := o.Before.ID
		mine := id.Group == group && id.Kind == kind
		switch {
		case o.keeps() != "":
			return nil
		case kind == "" && isPolicy(o.before):
			mine = o.opens() == ""
		case kind == "":
			mine = !heavy[[2]string{id.Group, id.Kind}] && !o.inUse()
		}
		if !mine {
			return nil
		}
		return []finding{{id: id, reason: "it is no longer in the release" + o.instead(), consequence: o.destroys()}}
	}
}

// makers are the kinds of custom resources that Secrets are made of, with the
// field that may name one; without it the Secret has the resource's name. Read only.
var makers = map[kind][]string{
	{"external-secrets.io", "ExternalSecret"}:       {"spec", "target", "name"},
	{"bitnami.com", "SealedSecret"}:                 {"spec", "template", "metadata", "name"},
	{"cert-manager.io", "Certificate"}:              {"spec", "secretName"},
	{"secrets.hashicorp.com", "VaultStaticSecret"}:  {"spec", "destination", "name"},
	{"secrets.hashicorp.com", "VaultDynamicSecret"}: {"spec", "destination", "name"},
}

// maker is what makes a Secret that goes once more; nil where nothing is known to.
func (o *object) maker() *side { return o.in.in.maker(o.Before.ID) }

// maker is what makes a Secret; nil where nothing is known to.
func (c *cluster) maker(id manifest.ID) *side {
	if !is(id, "", "Secret") {
		return nil
	}
	kinds := slices.SortedFunc(maps.Keys(makers), func(a, b kind) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.kind, b.kind))
	})
	for _, s := range c.everywhere(present, id.Namespace, kinds...) {
		if cmp.Or(text(s.tree(), makers[kindOf(s.ID)]...), s.ID.Name) == id.Name {
			return s
		}
	}
	for _, s := range c.referrers(id, false) { // of which cert-manager makes a Certificate
		if s.mentions("cert-manager.io/") {
			return s
		}
	}
	return nil
}

func kept(o *object) []finding {
	if !o.lost() {
		return nil
	}
	why := o.keeps()
	if why == "" {
		return nil
	}
	return []finding{{id: o.Before.ID, reason: "it is no longer in the release" + o.instead(),
		consequence: fmt.Sprintf("stays in the cluster (%s), and nothing looks after it any more", why)}}
}

// lost tells whether an object goes, and to no other release. That the hash in
// a name becomes another one is how kustomize rolls pods, and no loss.
func (o *object) lost() bool {
	if !o.goes() || o.Hook() || o.Rename == diff.Hash {
		return false
	}
	to := o.in.in.to[o.Before.ID]
	return to == nil
}

func (o *object) instead() string {
	switch owners := o.in.in.has(o.Before.ID); {
	case len(owners) > 0:
		return "; " + have(owners, o.in, "still ") + " it"
	case !o.renamed():
		return ""
	case o.Rename == diff.Guess:
		return fmt.Sprintf("; %s seems to take its place", o.After.ID.Name)
	}
	return fmt.Sprintf("; %s takes its place", o.After.ID.Name)
}

// keeps says why an object is not deleted with the release; empty where it is.
func (o *object) keeps() string {
	if mark := o.before.marked(); mark != "" {
		return mark
	}
	if o.in.After != nil && o.in.After.Keep || o.in.After == nil && o.in.Before.Keep {
		return "sync.prune is off"
	}
	return ""
}

// marked is the annotation that keeps an object; empty where it has none.
func (s *side) marked() string {
	switch {
	case s.mentions("helm.sh/resource-policy") && text(s.tree(), "metadata", "annotations", "helm.sh/resource-policy") == "keep":
		return "helm.sh/resource-policy: keep"
	case s.mentions("weir.dev/keep") && text(s.tree(), "metadata", "annotations", "weir.dev/keep") == "true":
		return `weir.dev/keep: "true"`
	}
	return ""
}

// destroys says what goes with the object.
func (o *object) destroys() string {
	t, id := o.before.tree(), o.Before.ID
	with := o.goesWith()
	switch {
	case with != "" && is(id, "", "Service"):
		return with + "; its name no longer resolves"
	case with != "":
		return with
	case is(id, "", "Namespace"):
		return fmt.Sprintf("everything in namespace %s is deleted, what Weir does not manage too: workloads, Secrets, volume claims and their data%s", id.Name, o.inside())
	case is(id, "", "PersistentVolumeClaim"):
		return o.claim()
	case is(id, "apiextensions.k8s.io", "CustomResourceDefinition"):
		return fmt.Sprintf("every %s (%s) in the cluster is deleted, in all namespaces, and what their controller takes down with them%s", text(t, "spec", "names", "kind"), id.Name, o.resources())
	case is(id, "apps", "StatefulSet"):
		return o.claims()
	case is(id, "", "PersistentVolume"):
		return "the volume is no longer known to the cluster; a claim that is bound to it loses its data's place"
	case is(id, "", "Secret", "ConfigMap", "ServiceAccount") && len(o.in.in.has(id)) > 0 && len(o.users()) > 0:
		if how, names := o.needed(); how.by == "" {
			return "until it is applied from there again, it is missing: " + some(names)
		}
		return "until it is applied from there again, it is missing for " + some(o.users())
	case is(id, "", "Secret", "ConfigMap"):
		if len(o.readers()) > 0 {
			if maker := o.maker(); maker != nil {
				return fmt.Sprintf("it is deleted, and made again by %s", maker.title(o.in))
			}
		}
		return "it is deleted; no pods read it"
	case is(id, "networking.k8s.io", "NetworkPolicy"):
		spec := sub(t, "spec")
		if !slices.ContainsFunc(ways, func(w way) bool { return closes(spec, w) }) {
			return "it is deleted; it let everything through"
		}
		return "other NetworkPolicies select its pods; they may refuse what it allowed"
	case is(id, "", "ServiceAccount"):
		return "its tokens are worth nothing from then on; pods that run under it lose access, and new ones cannot start"
	case is(id, "", "Service"):
		return "its name no longer resolves, and its addresses are given back"
	case is(id, "networking.k8s.io", "Ingress"):
		return "it no longer routes " + strings.Join(hosts(o.before), ", ")
	case is(id, "rbac.authorization.k8s.io", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
		return "whoever had rights through it loses them"
	case is(id, "policy", "PodDisruptionBudget"):
		return "draining a node may take down all of its pods at once"
	case is(id, "autoscaling", "HorizontalPodAutoscaler"):
		return fmt.Sprintf("%s %s is no longer scaled, and stays as it is or goes to its replicas", text(t, "spec", "scaleTargetRef", "kind"), text(t, "spec", "scaleTargetRef", "name"))
	case is(id, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
		return "what it checked or changed is admitted as it comes"
	case is(id, "apiregistration.k8s.io", "APIService"):
		return fmt.Sprintf("the API %s is no longer served", id.Name)
	case is(id, "batch", "CronJob"):
		return "it no longer runs; its jobs and their pods are deleted"
	case len(o.before.podsOf()) > 0:
		return o.podsGo()
	case !slices.Contains(builtIn, id.Group) && strings.Contains(id.Group, "."):
		return "it is deleted, with whatever its controller made for it"
	}
	return "it is deleted"
}

// builtIn are groups of Kubernetes' own with a dot. Read only.
var builtIn = []string{
	"networking.k8s.io", "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
	"storage.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "certificates.k8s.io", "discovery.k8s.io", "events.k8s.io", "node.k8s.io", "flowcontrol.apiserver.k8s.io",
}

// inside says what releases still have in a Namespace that goes.
func (o *object) inside() string {
	c, name := o.in.in, o.Before.ID.Name
	var others map[Owner]int
	if c.others != nil {
		others = c.others.In(name)
	}
	return o.in.counted(c.still(others, func(id manifest.ID) bool { return id.Namespace == name }), "there")
}

// resources says what releases still have of the kind that a CRD defines, which
// goes.
func (o *object) resources() string {
	c, t := o.in.in, o.before.tree()
	k := kind{text(t, "spec", "group"), text(t, "spec", "names", "kind")}
	others := map[Owner]int{}
	if c.others != nil {
		for _, r := range c.others.Objects(k.group, k.kind) {
			others[r.Owner]++
		}
	}
	return o.in.counted(c.still(others, func(id manifest.ID) bool { return kindOf(id) == k }), "of it")
}

func (o *object) claim() string {
	t := o.before.tree()
	size := diff.Scalar(get(t, "spec", "resources", "requests", "storage"))
	if size != "" {
		size = " (" + size + ")"
	}
	class := text(t, "spec", "storageClassName")
	policy := ""
	if class != "" {
		if s := o.in.before.find(manifest.ID{Group: "storage.k8s.io", Kind: "StorageClass", Name: class}); s != nil {
			if policy = text(s.tree(), "reclaimPolicy"); policy == "" {
				policy = "Delete"
			}
		}
	}
	users := ""
	switch names := o.marked(claimMark(o.Before.ID.Name)); len(names) {
	case 0:
	case 1:
		users = fmt.Sprintf("; %s still mounts it: new pods of it cannot start, and it is deleted with the last old one", names[0])
	default:
		users = fmt.Sprintf("; %s still mount it: new pods of them cannot start, and it is deleted with the last old one", some(names))
	}
	switch {
	case policy == "Retain":
		return fmt.Sprintf("the claim goes; the volume%s stays, released, since StorageClass %s retains it%s", size, class, users)
	case policy == "Delete":
		return fmt.Sprintf("the volume%s and its data are destroyed: StorageClass %s deletes it%s", size, class, users)
	case class == "":
		class = "the default StorageClass"
	default:
		class = "StorageClass " + class
	}
	return fmt.Sprintf("the volume%s and its data are destroyed, unless %s retains it%s", size, class, users)
}

// podsGo says how many pods go with a workload, as far as manifests tell.
func (o *object) podsGo() string {
	if a := o.before.scaler(past); a != nil {
		return fmt.Sprintf("its pods are deleted (%d to %d)", a.min, a.max)
	}
	if n, known := o.before.replicas(); known {
		return fmt.Sprintf("its pods are deleted (%d)", n)
	}
	return "its pods are deleted"
}

func (o *object) claims() string {
	t := o.before.tree()
	said, names := o.podsGo(), o.before.claims()
	switch {
	case len(names) == 0:
		return said
	case text(t, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete":
		return said + ", and with them the claims " + strings.Join(names, ", ") + " and their data: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete"
	}
	return said + "; the claims " + strings.Join(names, ", ") + " stay, with their data"
}
