package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

// webhook is one that fails closed, with what it is asked about.
type webhook struct {
	name  string
	path  diff.Path
	rules []roleRule
}

// closed lists the webhooks of a configuration that fail closed.
func closed(s *side) []webhook {
	if s == nil || !is(s.ID, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration") {
		return nil
	}
	var all []webhook
	for i, w := range mapsOf(items(s.tree(), "webhooks")) {
		policy := text(w, "failurePolicy")
		if policy == "" && s.APIVersion != "admissionregistration.k8s.io/v1beta1" {
			policy = "Fail"
		}
		if policy != "Fail" {
			continue
		}
		hook := webhook{name: text(w, "name"), path: below(named(path("webhooks"), w, i), "failurePolicy")}
		for _, r := range mapsOf(items(w, "rules")) {
			hook.rules = append(hook.rules, roleRule{groups: texts(r, "apiGroups"), resources: texts(r, "resources"), verbs: texts(r, "operations")})
		}
		all = append(all, hook)
	}
	return all
}

// failsClosed fires for what could be written while no webhook answered, and
// cannot any more; another name of a webhook is nothing new.
func failsClosed(o *object) []finding {
	var before []roleRule
	names := map[string]bool{}
	for _, w := range closed(o.before) {
		before = append(before, w.rules...)
		names[w.name] = true
	}
	var found []finding
	for _, w := range closed(o.after) {
		var what []string
		for _, r := range w.rules {
			what = append(what, r.beyond(before).resources...)
		}
		slices.Sort(what)
		about := strings.Join(slices.Compact(what), ", ")
		switch {
		case about != "":
		case len(w.rules) > 0 || names[w.name]:
			continue
		default:
			about = "what it is asked about"
		}
		found = append(found, finding{path: w.path, reason: fmt.Sprintf("while webhook %s does not answer, nobody can write %s", w.name, about),
			within: path("webhooks"), about: about, many: "while its webhooks do not answer, nobody can write %s"})
	}
	return found
}
