package risk

import (
	"fmt"

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
		object: newly(hostPath)},
	{ID: "security/capabilities", Level: Caution, Title: "A container gets capabilities",
		Doc:    "A capability beyond the runtime's own is a piece of root; NET_BIND_SERVICE alone is none.",
		object: newly(capabilities)},
	{ID: "security/root", Level: Caution, Title: "A container may run as root",
		Doc:    "It runs as user 0, or nothing keeps it from that any more.",
		object: root},
}

// securityOf is what holds for a container: its own word, else the pod's.
func securityOf(p pod, c container, key string) any {
	if v := get(c.body, "securityContext", key); v != nil {
		return v
	}
	return get(p.body, "securityContext", key)
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
				found = append(found, finding{path: below(named(at, v, i), "hostPath"), key: at.String() + " " + dir, reason: fmt.Sprintf("volume %s is %s of the node", text(v, "name"), dir)})
			}
		}
	}
	return found
}

func capabilities(s *side) []finding {
	var found []finding
	for _, c := range s.containers() {
		for _, name := range texts(c.body, "securityContext", "capabilities", "add") {
			if name != "NET_BIND_SERVICE" && name != "CAP_NET_BIND_SERVICE" {
				found = append(found, finding{path: below(c.path, "securityContext", "capabilities", "add"), key: c.path.String() + " " + name, reason: fmt.Sprintf("container %s gets capability %s", c.name, name)})
			}
		}
	}
	return found
}

// root fires for containers that are told to be root, and for those that were
// kept from it and no longer are.
func root(o *object) []finding {
	found := newly(asRoot)(o)
	if o.before == nil || o.after == nil {
		return found
	}
	old := map[string]bool{}
	for _, p := range o.before.podsOf() {
		for _, c := range p.containers {
			old[c.path.String()] = securityOf(p, c, "runAsNonRoot") == true
		}
	}
	for _, p := range o.after.podsOf() {
		for _, c := range p.containers {
			user, told := whole(securityOf(p, c, "runAsUser"))
			if old[c.path.String()] && securityOf(p, c, "runAsNonRoot") != true && !told && user == 0 {
				found = append(found, finding{path: below(c.path, "securityContext", "runAsNonRoot"), reason: fmt.Sprintf("nothing keeps container %s from running as root any more: runAsNonRoot goes", c.name)})
			}
		}
	}
	return found
}

func asRoot(s *side) []finding {
	var found []finding
	for _, p := range s.podsOf() {
		for _, c := range p.containers {
			if user, told := whole(securityOf(p, c, "runAsUser")); told && user == 0 {
				found = append(found, finding{path: below(c.path, "securityContext", "runAsUser"), reason: fmt.Sprintf("container %s runs as root (runAsUser 0)", c.name)})
			}
		}
	}
	return found
}
