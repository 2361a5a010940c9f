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
		object: newly(clusterBinding)},
	{ID: "rbac/wildcard", Level: Caution, Title: "A role has wildcards",
		Doc:    "A star for verbs, resources or groups also means those that come later.",
		object: wildcard},
	{ID: "rbac/escalate", Level: Caution, Title: "A role can give itself more rights",
		Doc:    "The verbs escalate, bind and impersonate get around what a role says otherwise.",
		object: newly(escalate)},
}

func clusterBinding(s *side) []finding {
	if !is(s.ID, "rbac.authorization.k8s.io", "ClusterRoleBinding") {
		return nil
	}
	role := text(s.tree(), "roleRef", "name")
	var found []finding
	for i, subject := range mapsOf(items(s.tree(), "subjects")) {
		who := text(subject, "kind") + " " + text(subject, "name")
		if namespace := text(subject, "namespace"); namespace != "" {
			who = text(subject, "kind") + " " + namespace + "/" + text(subject, "name")
		}
		found = append(found, finding{path: path("subjects").Then(diff.At(i)), key: who + " " + role, reason: fmt.Sprintf("%s gets ClusterRole %s in every namespace", who, role)})
	}
	return found
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

// beyond is the part of a rule that others do not allow: fewer resources or
// paths, or nothing at all.
func (r roleRule) beyond(others []roleRule) roleRule {
	covered := func(part roleRule) bool {
		return slices.ContainsFunc(others, func(old roleRule) bool { return old.covers(part) })
	}
	part := r
	part.resources = slices.DeleteFunc(slices.Clone(r.resources), func(name string) bool {
		one := r
		one.resources, one.urls = []string{name}, nil
		return covered(one)
	})
	part.urls = slices.DeleteFunc(slices.Clone(r.urls), func(url string) bool {
		one := r
		one.resources, one.urls = nil, []string{url}
		return covered(one)
	})
	if len(part.resources)+len(part.urls) == 0 {
		return roleRule{}
	}
	return part
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
