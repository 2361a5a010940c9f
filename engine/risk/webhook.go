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
	body  tree
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
		hook := webhook{name: text(w, "name"), path: below(named(path("webhooks"), w, i), "failurePolicy"), body: w}
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

// asksMore fires for what fails closed, as it did, and has a selector that no longer
// asks for as much. One that asks for something else instead is taken as meant.
func asksMore(o *object) []finding {
	before := map[string]webhook{}
	for _, w := range closed(o.before) {
		before[w.name] = w
	}
	if len(before) == 0 {
		return nil
	}
	var found []finding
	for _, w := range closed(o.after) {
		was, known := before[w.name]
		for _, about := range []struct{ field, what string }{{"namespaceSelector", "namespaces"}, {"objectSelector", "objects"}} {
			let := ""
			if known {
				let = loosened(sub(was.body, about.field), sub(w.body, about.field))
			}
			if let == "" {
				continue
			}
			found = append(found, finding{
				path:   below(w.path[:len(w.path)-1], about.field),
				reason: fmt.Sprintf("webhook %s fails closed, and is asked about more %s: its selector %s", w.name, about.what, let),
				within: path("webhooks"), about: w.name + " (" + about.what + ")", many: "webhooks fail closed, and are asked about more: %s",
			})
		}
	}
	return found
}

// loosened says how a selector asks for less than another; empty where it does not.
func loosened(before, after tree) string {
	was, now := requirements(before), requirements(after)
	var gone []string
	come := 0
	for _, key := range allKeys(was, now) {
		old, had := was[key].(requirement)
		r, has := now[key].(requirement)
		switch {
		case !has:
			gone = append(gone, old.String())
		case !had:
			come++
		case r.operator == "NotIn" && old.operator == "NotIn" && len(without(slices.Clone(old.values), r.values)) > 0,
			r.operator == "In" && old.operator == "In" && len(without(slices.Clone(r.values), old.values)) > 0:
			return fmt.Sprintf("asks for %s instead of %s", r, old)
		}
	}
	if len(gone) <= come {
		return ""
	}
	return "no longer asks for " + some(gone)
}

// requirement is what a selector asks of a label.
type requirement struct {
	key, operator string
	values        []string
}

func (r requirement) String() string {
	switch r.operator {
	case "Exists":
		return r.key
	case "DoesNotExist":
		return "no " + r.key
	case "NotIn":
		return fmt.Sprintf("%s other than %s", r.key, some(r.values))
	}
	return fmt.Sprintf("%s=%s", r.key, some(r.values))
}

// requirements are those of a selector, by label; of several of one label the
// last.
func requirements(selector tree) tree {
	all := tree{}
	for key, v := range sub(selector, "matchLabels") {
		all[key] = requirement{key, "In", []string{diff.Scalar(v)}}
	}
	for _, e := range mapsOf(items(selector, "matchExpressions")) {
		key := text(e, "key")
		all[key] = requirement{key, text(e, "operator"), texts(e, "values")}
	}
	return all
}
