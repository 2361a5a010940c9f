package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// why is workloads that restart for the same reasons.
type why struct {
	why       string
	count     int // of workloads, those of several targets and namespaces once
	workloads []rolling
}

// rolling is workloads of a kind of which the same is to be said.
type rolling struct {
	objects []manifest.ID // in the first of the namespaces
	spots   []Restart     // of the first object, one for each namespace
	where   Where
}

// byWhy sorts restarts by their reasons.
func (r Review) byWhy() []why {
	var all []why
	type workload struct {
		release, group, kind, name string
	}
	first, places := map[string]int{}, []map[workload]int{}
	for _, restart := range r.Restarts {
		words := make([]string, len(restart.Why))
		for i, w := range restart.Why {
			words[i] = string(w)
		}
		reason := strings.Join(words, ", ")
		i, ok := first[reason]
		if !ok {
			i = len(all)
			first[reason] = i
			all, places = append(all, why{why: reason}), append(places, map[workload]int{})
		}
		is := workload{restart.Release, restart.Object.Group, restart.Object.Kind, restart.Object.Name}
		j, ok := places[i][is]
		if !ok {
			j = len(all[i].workloads)
			places[i][is] = j
			all[i].workloads = append(all[i].workloads, rolling{objects: []manifest.ID{restart.Object}})
		}
		w := &all[i].workloads[j]
		w.spots = append(w.spots, restart)
		for _, target := range restart.Where {
			w.where = w.where.with(target)
		}
	}
	for i := range all {
		all[i].count = len(all[i].workloads)
		all[i].workloads = rollAlike(all[i].workloads)
	}
	return all
}

// rollAlike brings workloads of a kind together that roll with as many pods in the
// same places.
func rollAlike(workloads []rolling) []rolling {
	var all []rolling
	first := map[string]int{}
	for _, w := range workloads {
		slices.SortStableFunc(w.spots, func(a, b Restart) int { return strings.Compare(a.Object.Namespace, b.Object.Namespace) })
		var key strings.Builder
		key.WriteString(kindOf(w.objects[0]))
		for _, s := range w.spots {
			fmt.Fprint(&key, "\n", len(w.spots) > 1, s.Where, pods(s, ""))
			if len(w.spots) > 1 {
				key.WriteString(s.Object.Namespace)
			}
		}
		if i, ok := first[key.String()]; ok {
			all[i].objects = append(all[i].objects, w.objects...)
			continue
		}
		first[key.String()] = len(all)
		all = append(all, w)
	}
	return all
}

// rolls lists workloads that roll, with how many pods, and where unless
// everywhere.
func (l letters) rolls(r Review, w rolling, limit int, where func(Where) string) string {
	if len(w.spots) == 1 {
		return l.names(w.objects, limit) + l.pods(r, w, where)
	}
	return l.names(bare(w.objects), limit) + l.pods(r, w, where)
}

// pods says how many pods of each workload roll, in which namespaces if there are
// several, and where unless everywhere.
func (l letters) pods(r Review, w rolling, where func(Where) string) string {
	each := ""
	if len(w.objects) > 1 {
		each = " each"
	}
	place := ""
	if len(w.where) < r.changing() {
		if place = strings.TrimPrefix(where(w.where), " on "); place != "" {
			place = " on " + place
		}
	}
	switch {
	case len(w.spots) == 1:
		if place == "" && len(w.where) > 1 {
			place = fmt.Sprintf(" over %d targets", len(w.where))
		}
		return " (" + pods(w.spots[0], each+place) + ")"
	case len(w.spots) > manyNamespaces:
		total := w.spots[0]
		for _, s := range w.spots[1:] {
			total.Pods += s.Pods
			total.PerNode = total.PerNode && s.PerNode
			total.AllAtOnce = total.AllAtOnce || s.AllAtOnce
			if s.Scaler != "" {
				total.Scaler = s.Scaler
			}
		}
		return fmt.Sprintf(" in %s namespaces (%s)", number(len(w.spots)), pods(total, each+place))
	}
	spots := make([]string, len(w.spots))
	for i, s := range w.spots {
		said := pods(s, each)
		if i > 0 && !s.PerNode {
			said = strings.Replace(strings.Replace(pods(s, ""), " pods", "", 1), " pod", "", 1)
		}
		spots[i] = l.prose(cut(s.Object.Namespace, longestName)) + " (" + said + ")"
	}
	return " in " + strings.Join(spots, ", ") + place
}

// bare are objects without their namespaces.
func bare(ids []manifest.ID) []manifest.ID {
	all := slices.Clone(ids)
	for i := range all {
		all[i].Namespace = ""
	}
	return all
}

// pods says how many pods a workload has, with what else is to be said of them.
func pods(r Restart, suffix string) string {
	said := count(int(r.Pods), "pod", "pods")
	switch {
	case r.PerNode:
		said = "one pod per node"
	case r.Scaler != "":
		said += " or more"
	}
	said += suffix
	if r.AllAtOnce {
		said += ", all at once"
	}
	return said
}
