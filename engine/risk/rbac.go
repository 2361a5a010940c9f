package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

var rbacRules = []Rule{
	{ID: "rbac/cluster-binding", Level: Caution, Title: "A cluster-wide binding is new",
		Doc:    "A ClusterRoleBinding gives its role in every namespace.",
		object: clusterBinding},
	{ID: "rbac/powerful-binding", Level: Caution, Title: "A binding gives too much, or to everybody",
		Doc:    "A RoleBinding to cluster-admin or admin gives all of a namespace, Secrets included; one to everybody who has an account, or to nobody in particular, gives its role to all of them.",
		object: newly(powerful)},
	{ID: "rbac/wildcard", Level: Caution, Title: "A role has wildcards",
		Doc:    "A star for verbs, resources or groups also means those that come later.",
		object: wildcard},
	{ID: "rbac/escalate", Level: Caution, Title: "A role can give itself more rights",
		Doc:    "The verbs escalate, bind and impersonate get around what a role says otherwise.",
		object: newly(escalate)},
}

// clusterBinding fires for who gets a role in every namespace; that another
// binding of the release gave it before is nothing new.
func clusterBinding(o *object) []finding {
	var found []finding
	had := grants(o.before) // a hook is none of its side's objects
	for _, g := range grants(o.after) {
		if !o.in.before.grants(g.key) && !slices.ContainsFunc(had, func(f finding) bool { return f.key == g.key }) {
			found = append(found, g)
		}
	}
	return found
}

// grants tells whether a ClusterRoleBinding gave somebody a role already.
func (v *version) grants(key string) bool {
	if v == nil {
		return false
	}
	if v.granted == nil {
		v.granted = map[string]bool{}
		for _, s := range v.of("rbac.authorization.k8s.io", "ClusterRoleBinding") {
			for _, g := range grants(s) {
				v.granted[g.key] = true
			}
		}
	}
	return v.granted[key]
}

// grants are what a ClusterRoleBinding gives, one for each subject.
func grants(s *side) []finding {
	if s == nil || !is(s.ID, "rbac.authorization.k8s.io", "ClusterRoleBinding") {
		return nil
	}
	role := text(s.tree(), "roleRef", "name")
	var found []finding
	for i, subject := range mapsOf(items(s.tree(), "subjects")) {
		who := subjectOf(subject)
		found = append(found, finding{path: path("subjects").Then(diff.At(i)), key: who + " " + role, reason: fmt.Sprintf("%s gets ClusterRole %s in every namespace", who, role)})
	}
	return found
}

// powerful fires for a RoleBinding that gives a whole namespace away; whoever is
// bound in all of them is clusterBinding's.
func powerful(s *side) []finding {
	if !is(s.ID, "rbac.authorization.k8s.io", "RoleBinding") {
		return nil
	}
	role := text(s.tree(), "roleRef", "kind") + " " + text(s.tree(), "roleRef", "name")
	everything := role == "ClusterRole cluster-admin" || role == "ClusterRole admin"
	var found []finding
	for i, subject := range mapsOf(items(s.tree(), "subjects")) {
		who := subjectOf(subject)
		if everything || everybody[text(subject, "name")] {
			found = append(found, finding{path: path("subjects").Then(diff.At(i)), key: who + " " + role, reason: fmt.Sprintf("%s gets %s in namespace %s", who, role, s.ID.Namespace)})
		}
	}
	return found
}

// everybody are the groups and the user that stand for whoever comes.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
var everybody = map[string]bool{"system:authenticated": true, "system:unauthenticated": true, "system:anonymous": true, "system:serviceaccounts": true}

func subjectOf(subject tree) string {
	if namespace := text(subject, "namespace"); namespace != "" {
		return text(subject, "kind") + " " + namespace + "/" + text(subject, "name")
	}
	return text(subject, "kind") + " " + text(subject, "name")
}

// roleRule is one rule of a role.
type roleRule struct {
	groups, resources, urls, names, verbs []string
	path                                  diff.Path
}

func roleRules(s *side) []roleRule {
	if s == nil || !is(s.ID, "rbac.authorization.k8s.io", "Role", "ClusterRole") {
		return nil
	}
	var all []roleRule
	for i, r := range mapsOf(items(s.tree(), "rules")) {
		all = append(all, roleRule{
			texts(r, "apiGroups"), texts(r, "resources"), texts(r, "nonResourceURLs"), texts(r, "resourceNames"), texts(r, "verbs"),
			path("rules").Then(diff.At(i)),
		})
	}
	return all
}

// covers tells whether a rule allows all that another one does.
func (r roleRule) covers(other roleRule) bool {
	all := func(have, want []string) bool {
		return slices.Contains(have, "*") || !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(have, name) })
	}
	return all(r.verbs, other.verbs) && all(r.groups, other.groups) && all(r.resources, other.resources) && all(r.urls, other.urls) &&
		(len(r.names) == 0 || len(other.names) > 0 && all(r.names, other.names))
}

// beyond is the part of a rule that others do not allow, each resource, group
// and verb looked at by itself: charts join rules and take them apart.
func (r roleRule) beyond(others []roleRule) roleRule {
	covered := func(one roleRule) bool {
		return slices.ContainsFunc(others, func(old roleRule) bool { return old.covers(one) })
	}
	part := roleRule{names: r.names, path: r.path}
	keep := func(list *[]string, names ...string) {
		for _, name := range names {
			if !slices.Contains(*list, name) {
				*list = append(*list, name)
			}
		}
	}
	for _, name := range r.resources {
		one := roleRule{groups: r.groups, resources: []string{name}, names: r.names, verbs: r.verbs}
		if covered(one) {
			continue
		}
		for _, one.groups = range each(r.groups) {
			for _, one.verbs = range each(r.verbs) {
				if !covered(one) {
					keep(&part.resources, name)
					keep(&part.groups, one.groups...)
					keep(&part.verbs, one.verbs...)
				}
			}
		}
	}
	for _, url := range r.urls {
		one := roleRule{urls: []string{url}, verbs: r.verbs}
		for _, one.verbs = range each(r.verbs) {
			if !covered(one) {
				keep(&part.urls, url)
				keep(&part.verbs, one.verbs...)
			}
		}
	}
	return part
}

// each are the lists of one item; of none, the empty one.
func each(list []string) [][]string {
	if len(list) == 0 {
		return [][]string{nil}
	}
	return slices.Collect(slices.Chunk(list, 1))
}

// starred tells whether the rule means what it does not name.
func (r roleRule) starred() bool {
	return slices.Contains(r.verbs, "*") || slices.Contains(r.groups, "*") ||
		slices.ContainsFunc(slices.Concat(r.resources, r.urls), func(name string) bool { return strings.Contains(name, "*") })
}

// on says what the rule is about.
func (r roleRule) on() string {
	if len(r.urls) > 0 {
		return some(r.urls)
	}
	names := some(r.resources)
	if slices.Contains(r.resources, "*") {
		names = "all resources"
	}
	groups := slices.DeleteFunc(slices.Clone(r.groups), func(g string) bool { return g == "" })
	switch {
	case slices.Contains(groups, "*"):
		return names + " of all groups"
	case len(groups) > 0:
		return names + " of " + strings.Join(groups, ", ")
	}
	return names
}

// withParts adds the status, finalizers and scale of what a rule allows: who may
// do everything with a resource has little more with those.
func withParts(rules []roleRule) []roleRule {
	all := slices.Clone(rules)
	for i, r := range all {
		for _, name := range r.resources {
			if name != "*" && !strings.Contains(name, "/") {
				all[i].resources = append(slices.Clip(all[i].resources), name+"/status", name+"/finalizers", name+"/scale")
			}
		}
	}
	return all
}

func wildcard(o *object) []finding {
	before := roleRules(o.before)
	var found []finding
	for _, r := range roleRules(o.after) {
		if r = r.beyond(withParts(before)); !r.starred() {
			continue
		}
		verbs := strings.Join(r.verbs, ", ")
		if slices.Contains(r.verbs, "*") {
			verbs = "everything"
		}
		found = append(found, finding{path: r.path, reason: fmt.Sprintf("it allows %s on %s", verbs, r.on())})
	}
	return found
}

func escalate(s *side) []finding {
	var found []finding
	for _, r := range roleRules(s) {
		verbs := slices.DeleteFunc(slices.Clone(r.verbs), func(verb string) bool { return verb != "escalate" && verb != "bind" && verb != "impersonate" })
		if len(verbs) > 0 {
			said := strings.Join(verbs, ", ")
			found = append(found, finding{path: r.path, key: said + " " + r.on(), reason: fmt.Sprintf("it allows %s on %s, and with that rights that it does not name", said, r.on())})
		}
	}
	return found
}
