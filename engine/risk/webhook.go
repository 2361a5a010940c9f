package risk

import (
	"fmt"
	"slices"
	"strings"
)

func failsClosed(s *side) []finding {
	if !is(s.ID, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration") {
		return nil
	}
	var found []finding
	for i, w := range mapsOf(items(s.tree(), "webhooks")) {
		policy := text(w, "failurePolicy")
		if policy == "" && s.APIVersion != "admissionregistration.k8s.io/v1beta1" {
			policy = "Fail"
		}
		if policy != "Fail" {
			continue
		}
		var what []string
		for _, r := range mapsOf(items(w, "rules")) {
			what = append(what, texts(r, "resources")...)
		}
		slices.Sort(what)
		about := strings.Join(slices.Compact(what), ", ")
		if about == "" {
			about = "what it is asked about"
		}
		at := named(path("webhooks"), w, i)
		found = append(found, finding{path: below(at, "failurePolicy"), key: text(w, "name"), reason: fmt.Sprintf("while webhook %s does not answer, nobody can write %s", text(w, "name"), about)})
	}
	return found
}
