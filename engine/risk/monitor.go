package risk

import (
	"fmt"
	"slices"
)

// What Prometheus is told to ask.

// notScraped looks at every monitor, as it may be a Service's labels or the pods'
// that change.
func notScraped(r *release) []finding {
	if r.before == nil || r.after == nil || !slices.ContainsFunc(r.in.releases, (*release).disturbsMonitors) {
		return nil
	}
	var found []finding
	for _, kind := range []string{"PodMonitor", "ServiceMonitor"} {
		for _, s := range r.after.of("monitoring.coreos.com", kind) {
			found = append(found, r.scrapesNothing(s)...)
		}
	}
	return found
}

// disturbsMonitors tells whether anything changes that monitors depend on.
func (r *release) disturbsMonitors() bool {
	return slices.ContainsFunc(r.objects, func(o *object) bool {
		return !o.Hook() && (is(o.id, "", "Service") || is(o.id, "monitoring.coreos.com", "ServiceMonitor", "PodMonitor") || len(o.before.podsOf()) > 0)
	})
}

// scraped is what a monitor selects, with the names of its ports.
type scraped struct {
	name  string
	ports []string
}

func (r *release) scrapesNothing(s *side) []finding {
	was := r.before.find(s.ID)
	if was == nil {
		return nil
	}
	now := s.scrapes(present, r, false)
	list, what := "endpoints", "Service"
	if s.ID.Kind == "PodMonitor" {
		list, what = "podMetricsEndpoints", "pods"
	}
	missing := s.unmet(list, now)
	if len(now) > 0 && len(missing) == 0 {
		return nil
	}
	had := was.scrapes(past, r, false)
	if r.arriving(s.ID) != nil && len(had) == 0 {
		had = was.scrapes(past, r, true)
	}
	if len(had) == 0 {
		return nil
	}
	now = s.scrapes(present, r, true)
	if len(now) == 0 {
		var names []string
		for _, old := range had {
			names = append(names, old.name)
		}
		return []finding{r.about(s, path("spec", "selector"), fmt.Sprintf("its selector meets no %s any more; it was %s", what, some(unique(names))))}
	}
	missing = slices.DeleteFunc(s.unmet(list, now), func(port string) bool { return slices.Contains(was.unmet(list, had), port) })
	if len(missing) == 0 {
		return nil
	}
	return []finding{r.about(s, path("spec", list), fmt.Sprintf("no %s that it selects has the port %s any more", what, some(missing)))}
}

// unmet are the names of ports that a monitor asks for and nothing has.
func (s *side) unmet(list string, all []scraped) []string {
	var missing []string
	for _, e := range mapsOf(items(s.tree(), "spec", list)) {
		port := text(e, "port")
		if port != "" && !slices.ContainsFunc(all, func(one scraped) bool { return slices.Contains(one.ports, port) }) {
			missing = append(missing, port)
		}
	}
	return unique(missing)
}

// scrapes are the Services or pods that a monitor selects, of the releases that
// change or of all.
func (s *side) scrapes(m moment, reader *release, anywhere bool) []scraped {
	selects := selectorOf(sub(s.tree(), "spec", "selector"))
	if selects == nil {
		return nil
	}
	c := s.in.release.in
	var selected []*side
	var all []*pods
	ofPods := s.ID.Kind == "PodMonitor"
	for _, namespace := range s.watches(m) {
		if ofPods {
			all = append(all, c.podsIn(m, namespace).all...)
		} else {
			selected = append(selected, c.known(m, namespace, services)...)
		}
	}
	switch {
	case !anywhere || c.others == nil:
	case truth(s.tree(), "spec", "namespaceSelector", "any") && ofPods:
		all = append(all, c.podsAnywhere().all...)
	case truth(s.tree(), "spec", "namespaceSelector", "any"):
		selected = append(selected, c.allElsewhere(services)...)
	default:
		for _, namespace := range s.watches(m) {
			if ofPods {
				all = append(all, c.podsElsewhere(namespace).all...)
			} else {
				selected = append(selected, c.elsewhere(namespace, services)...)
			}
		}
	}
	var found []scraped
	for _, p := range all {
		if !selects.Matches(p.labels) {
			continue
		}
		one := scraped{name: "those of " + p.on.title(reader)}
		for _, c := range p.containers {
			one.ports = append(one.ports, namesOf(items(c.body, "ports"))...)
		}
		found = append(found, one)
	}
	for _, v := range selected {
		if selects.Matches(v.ownLabels()) {
			found = append(found, scraped{name: v.title(reader), ports: namesOf(items(v.tree(), "spec", "ports"))})
		}
	}
	return found
}

func namesOf(list []any) []string {
	var names []string
	for _, p := range mapsOf(list) {
		names = append(names, text(p, "name"))
	}
	return names
}

// watches are the namespaces that a monitor looks at; of all of them, those in
// which the releases that change have something.
func (s *side) watches(m moment) []string {
	selector := sub(s.tree(), "spec", "namespaceSelector")
	if !truth(selector, "any") {
		if names := texts(selector, "matchNames"); len(names) > 0 {
			return names
		}
		return []string{s.ID.Namespace}
	}
	var all []string
	for _, r := range s.in.release.in.releases {
		for o := range r.at(m).all() {
			if o.ID.Namespace != "" {
				all = append(all, o.ID.Namespace)
			}
		}
	}
	return unique(all)
}
