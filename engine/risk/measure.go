package risk

import (
	"fmt"
	"slices"
	"strings"
)

// unmeasured fires for an autoscaler that goes by how much of their requests pods
// use, and containers that request nothing; from whichever side the pair is new.
func unmeasured(o *object) []finding {
	if o.after == nil || o.Hook() {
		return nil
	}
	if is(o.id, "autoscaling", "HorizontalPodAutoscaler") {
		return o.measuresNothing()
	}
	if !slices.Contains(evictables, kindOf(o.id)) {
		return nil
	}
	was := o.predecessor()
	lacks := without(o.after.lacking(), was.lacking())
	if len(lacks) == 0 {
		return nil
	}
	a := o.after.in.scaler(o.After)
	if a == nil && was != nil {
		a = o.after.scaler(present)
	}
	if a == nil {
		return nil
	}
	missing := unrequested(a.on, o.after)
	if len(missing) == 0 || len(unrequested(a.on, was)) > 0 {
		return nil
	}
	return []finding{{path: below(o.after.podsOf()[0].spec, "containers"), reason: fmt.Sprintf("%s, and HorizontalPodAutoscaler %s goes by the share of it that is used: it cannot scale", some(missing), a.on.ID.Name)}}
}

// measuresNothing looks at an autoscaler that changes.
func (o *object) measuresNothing() []finding {
	if len(measured(o.after)) == 0 {
		return nil
	}
	target := scales(o.after)
	s := o.in.in.scaled(target)
	if s == nil {
		return nil
	}
	was := s.was()
	missing := unrequested(o.after, s)
	switch {
	case len(missing) == 0, was == nil, len(unrequested(o.after, was)) == 0: // or it is told of the workload
		return nil
	case o.before != nil && scales(o.before) == target && len(unrequested(o.before, was)) > 0:
		return nil
	}
	return []finding{{path: path("spec", "metrics"), reason: fmt.Sprintf("it goes by the share of requests that is used, and of %s %s: it cannot scale", s.title(o.in), some(missing))}}
}

// measure is a resource by whose share of the request an autoscaler goes, of one
// container or of all.
type measure struct{ resource, container string }

func measured(s *side) []measure {
	if !is(s.ID, "autoscaling", "HorizontalPodAutoscaler") {
		return nil
	}
	spec := sub(s.tree(), "spec")
	metrics := items(spec, "metrics")
	if len(metrics) == 0 {
		return []measure{{resource: "cpu"}} // the default, and all that autoscaling/v1 has
	}
	var all []measure
	for _, m := range mapsOf(metrics) {
		for _, key := range []string{"resource", "containerResource"} {
			of := sub(m, key)
			if text(of, "target", "type") == "Utilization" || of["targetAverageUtilization"] != nil {
				all = append(all, measure{text(of, "name"), text(of, "container")})
			}
		}
	}
	return all
}

// unrequested says which containers of a workload do not request what an
// autoscaler measures.
func unrequested(scaler, workload *side) []string {
	var missing []string
	lacks := workload.lacking()
	for _, m := range measured(scaler) {
		for _, lack := range lacks {
			name, resource, _ := strings.Cut(lack, " ")
			if resource == m.resource && (m.container == "" || m.container == name) {
				missing = append(missing, fmt.Sprintf("container %s requests no %s", name, resource))
			}
		}
	}
	return unique(missing)
}

// lacking are the containers of a workload that request no cpu or memory, each
// with what it lacks: "api cpu". A limit is a request where there is none.
func (s *side) lacking() []string {
	pods := s.podsOf()
	if len(pods) != 1 || sub(pods[0].body, "resources") != nil {
		return nil
	}
	var all []string
	for _, c := range mapsOf(items(pods[0].body, "containers")) {
		for _, resource := range []string{"cpu", "memory"} {
			if get(c, "resources", "requests", resource) == nil && get(c, "resources", "limits", resource) == nil {
				all = append(all, text(c, "name")+" "+resource)
			}
		}
	}
	return all
}
