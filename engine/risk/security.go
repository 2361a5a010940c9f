package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

var securityRules = []Rule{
	{ID: "security/privileged", Level: Caution, Title: "A container runs privileged",
		Doc:    "A privileged container is root on the node.",
		object: newly(privileged)},
	{ID: "security/host-namespace", Level: Caution, Title: "Pods share the node's namespaces",
		Doc:    "With hostNetwork, hostPID or hostIPC pods see the node's network, processes or memory, past all NetworkPolicies.",
		object: newly(hostNamespace)},
	{ID: "security/host-path", Level: Caution, Title: "Pods mount a path of the node",
		Doc:    "Files of the node are read, and mostly written, by the pod.",
		object: gathered(newly(hostPath))},
	{ID: "security/capabilities", Level: Caution, Title: "A container gets capabilities",
		Doc:    "A capability beyond the runtime's own is a piece of root; NET_BIND_SERVICE alone is none.",
		object: gathered(newly(capabilities))},
	{ID: "security/root", Level: Caution, Title: "A container may run as root",
		Doc:    "It runs as user 0, or nothing keeps it from that any more.",
		object: root},
	{ID: "security/pod-security", Level: Caution, Title: "A namespace lets more pods in",
		Doc:    "Its Pod Security level is lowered or taken away: restricted, baseline, privileged.",
		object: podSecurity},
}

// podSecurity compares what a Namespace enforces.
func podSecurity(o *object) []finding {
	const label = "pod-security.kubernetes.io/enforce"
	if !o.stays() || !is(o.id, "", "Namespace") {
		return nil
	}
	levels := []string{"restricted", "baseline", "privileged", ""}
	before, after := text(o.before.tree(), "metadata", "labels", label), text(o.after.tree(), "metadata", "labels", label)
	was, now := slices.Index(levels, before), slices.Index(levels, after)
	if was < 0 || now <= was || was >= 2 { // privileged is what holds without a label
		return nil
	}
	if after == "" {
		after = "none"
	}
	return []finding{{path: path("metadata", "labels", label), reason: fmt.Sprintf("the level that pods must meet goes from %s to %s", before, after)}}
}

func privileged(s *side) []finding {
	var found []finding
	for _, c := range s.containers() {
		if truth(c.body, "securityContext", "privileged") {
			found = append(found, finding{path: below(c.path, "securityContext", "privileged"), reason: fmt.Sprintf("container %s is privileged: root on the node", c.name)})
		}
	}
	return found
}

// below is a path some keys deeper.
func below(p diff.Path, keys ...string) diff.Path {
	for _, key := range keys {
		p = p.Then(diff.Key(key))
	}
	return p
}

func hostNamespace(s *side) []finding {
	var found []finding
	for _, p := range s.podsOf() {
		for _, n := range [][2]string{{"hostNetwork", "network"}, {"hostPID", "processes"}, {"hostIPC", "memory"}} {
			if truth(p.body, n[0]) {
				found = append(found, finding{path: below(p.spec, n[0]), reason: fmt.Sprintf("pods share the node's %s (%s)", n[1], n[0])})
			}
		}
	}
	return found
}

func hostPath(s *side) []finding {
	var found []finding
	for _, p := range s.podsOf() {
		at := below(p.spec, "volumes")
		for i, v := range mapsOf(items(p.body, "volumes")) {
			if sub(v, "hostPath") != nil {
				dir := text(v, "hostPath", "path")
				found = append(found, finding{path: below(named(at, v, i), "hostPath"), key: at.String() + " " + dir, reason: fmt.Sprintf("volume %s is %s of the node", text(v, "name"), dir),
					within: at, about: dir, many: "volumes are paths of the node: %s"})
			}
		}
	}
	return found
}

func capabilities(s *side) []finding {
	var found []finding
	for _, c := range s.containers() {
		for _, name := range texts(c.body, "securityContext", "capabilities", "add") {
			at := below(c.path, "securityContext", "capabilities", "add")
			if name != "NET_BIND_SERVICE" && name != "CAP_NET_BIND_SERVICE" {
				found = append(found, finding{path: at, key: c.path.String() + " " + name, reason: fmt.Sprintf("container %s gets capability %s", c.name, name),
					within: at, about: name, many: "container " + strings.ReplaceAll(c.name, "%", "%%") + " gets capabilities %s"})
			}
		}
	}
	return found
}

// root fires for containers that are told to be root, and for those that were
// kept from it and no longer are.
func root(o *object) []finding {
	if o.after == nil {
		return nil
	}
	type said struct{ root, kept bool }
	before := map[string]said{}
	if o.before != nil {
		for _, p := range o.before.podsOf() {
			for _, c := range p.containers {
				isRoot, _, isKept, _ := p.user(c)
				before[c.path.String()] = said{isRoot, isKept}
			}
		}
	}
	var roots, free together
	for _, p := range o.after.podsOf() {
		for _, c := range p.containers {
			isRoot, user, isKept, nonRoot := p.user(c)
			switch was := before[c.path.String()]; {
			case isRoot && !was.root:
				roots.add(user, c.name)
			case was.kept && !isKept && !isRoot:
				free.add(nonRoot, c.name)
			}
		}
	}
	return append(roots.findings("runAsUser is 0: root, for %s"), free.findings("nothing keeps %s from running as root any more")...)
}

// user tells whether a container is told to be root, and whether it is kept from
// that, by runAsNonRoot or by another user, with the fields that say so.
func (p pod) user(c container) (isRoot bool, user diff.Path, isKept bool, nonRoot diff.Path) {
	id, user := p.security(c, "runAsUser")
	kept, nonRoot := p.security(c, "runAsNonRoot")
	n, told := whole(id)
	return told && n == 0, user, kept == true || told && n != 0, nonRoot
}

// security is what holds for a container and where that stands: its own word,
// else the pod's.
func (p pod) security(c container, key string) (any, diff.Path) {
	if v := get(c.body, "securityContext", key); v != nil {
		return v, below(c.path, "securityContext", key)
	}
	return get(p.body, "securityContext", key), below(p.spec, "securityContext", key)
}

// together gathers the containers that one field is about.
type together struct {
	paths []diff.Path
	names [][]string
}

func (t *together) add(at diff.Path, name string) {
	for i, p := range t.paths {
		if p.String() == at.String() {
			t.names[i] = append(t.names[i], name)
			return
		}
	}
	t.paths, t.names = append(t.paths, at), append(t.names, []string{name})
}

func (t together) findings(format string) []finding {
	var found []finding
	for i, p := range t.paths {
		who := "container " + t.names[i][0]
		if len(t.names[i]) > 1 {
			who = "containers " + strings.Join(t.names[i], ", ")
		}
		found = append(found, finding{path: p, reason: fmt.Sprintf(format, who)})
	}
	return found
}
