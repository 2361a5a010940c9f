package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// summary is the whole review in a line.
func (r Review) summary() string {
	if r.Verdict == Same {
		return "no changes"
	}
	t := r.Totals
	if t.Recorded > 0 && len(r.Releases) == 0 && len(r.Hits) == 0 {
		return string(r.Verdict) + " — no object changes, what is recorded of " + count(t.Recorded, "release", "releases") + " does"
	}
	say := []string{}
	add := func(n int, one, many string) {
		if n > 0 {
			say = append(say, count(n, one, many))
		}
	}
	add(t.Hits.Block, "blocker", "blockers")
	add(t.Hits.Caution, "caution", "cautions")
	add(t.Clusters, "cluster", "clusters")
	add(t.Releases, "release", "releases")
	objects := " objects"
	if t.Objects.Created+t.Objects.Changed+t.Objects.Removed == 1 {
		objects = " object"
	}
	if t.Routine > 0 {
		objects += fmt.Sprintf(" (%s routine)", number(t.Routine))
	}
	say = append(say, t.Objects.String()+objects)
	if t.Restarts > 0 {
		say = append(say, r.restarted())
	}
	add(t.Images, "image", "images")
	return string(r.Verdict) + " — " + strings.Join(say, " · ")
}

// String writes counts as +1 ~2 −3, what is zero left out.
func (c Counts) String() string {
	var parts []string
	for _, p := range []struct {
		sign string
		n    int
	}{{"+", c.Created}, {"~", c.Changed}, {"−", c.Removed}} {
		if p.n > 0 {
			parts = append(parts, p.sign+number(p.n))
		}
	}
	if parts == nil {
		return "0"
	}
	return strings.Join(parts, " ")
}

// restarted counts workloads that restart.
func (r Review) restarted() string {
	verb := "restart"
	if r.Totals.Restarts == 1 {
		verb = "restarts"
	}
	said := count(r.Totals.Restarts, "workload", "workloads") + " " + verb
	var notes []string
	if r.Totals.Pods > 0 {
		notes = append(notes, count(int(r.Totals.Pods), "pod", "pods"))
	}
	perNode := 0
	for _, restart := range r.Restarts {
		if restart.PerNode {
			perNode += len(restart.Where)
		}
	}
	if perNode > 0 {
		notes = append(notes, fmt.Sprintf("%d on every node", perNode))
	}
	if notes == nil {
		return said
	}
	return said + " (" + strings.Join(notes, ", ") + ")"
}

// deletion is objects of a kind that go, and what that really means.
type deletion struct {
	objects     []manifest.ID
	where       Where
	level       risk.Level
	consequence string
}

// gone are the objects that go, the riskiest first, those of one kind together
// of which the same is to be said; and how many they are.
func (r Review) gone() (gone []deletion, objects int) {
	var d digester
	first := map[digest]int{}
	for _, release := range r.Releases {
		for _, is := range r.goneFrom(release) {
			objects++
			id := is.objects[0]
			d.text(id.Group)
			d.text(id.Kind)
			d.where(is.where)
			d.text(string(is.level))
			d.text(is.consequence)
			key := d.sum()
			if i, ok := first[key]; ok {
				gone[i].objects = append(gone[i].objects, id)
				continue
			}
			first[key] = len(gone)
			gone = append(gone, is)
		}
	}
	slices.SortStableFunc(gone, func(a, b deletion) int { return b.level.Compare(a.level) })
	return gone, objects
}

// goneFrom are the objects that go from a release, one at a time. An object is
// not the same everywhere: where the same is to be said of its forms, it is said
// once.
func (r Review) goneFrom(release Release) []deletion {
	type said struct {
		object      manifest.ID
		level       risk.Level
		consequence string
	}
	var gone []deletion
	first := map[said]int{}
	for _, c := range release.Changes {
		if c.Status != manifest.Removed {
			continue
		}
		is := deletion{objects: []manifest.ID{c.Object}, where: c.Where}
		is.level, is.consequence = r.consequence(c)
		key := said{c.Object, is.level, is.consequence}
		i, ok := first[key]
		if !ok {
			first[key] = len(gone)
			gone = append(gone, is)
			continue
		}
		all := slices.Clone(gone[i].where)
		for _, target := range c.Where {
			all = all.with(target)
		}
		gone[i].where = all
	}
	return gone
}

// consequence is what the removal of an object means, and the level of what was
// found in it.
func (r Review) consequence(c Change) (level risk.Level, consequence string) {
	switch {
	case c.Keep:
		consequence = "stays in the cluster: pruning is off"
	case c.Hook:
		consequence = "a hook that does not run any more"
	default:
		consequence = "pruned"
	}
	said := risk.Level("")
	for _, h := range c.Hits {
		hit := r.Hits[h]
		if hit.Waived == nil {
			level = risk.Worse(level, hit.Level)
		}
		if hit.Consequence != "" && hit.Level.Compare(said) > 0 {
			consequence, said = hit.Consequence, hit.Level
		}
	}
	return level, consequence
}

// why is workloads that restart for the same reasons.
type why struct {
	why       string
	count     int // of workloads, those of several targets once
	workloads []rolling
}

// rolling is workloads of a kind of which the same is to be said.
type rolling struct {
	Restart // of the first
	objects []manifest.ID
}

// byWhy sorts restarts by their reasons.
func (r Review) byWhy() []why {
	var all []why
	first := map[string]int{}
	type like struct {
		why              int
		kind, where, how string
	}
	known := map[like]int{}
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
			all = append(all, why{why: reason})
		}
		all[i].count++
		l := like{i, kindOf(restart.Object), fmt.Sprint(restart.Where), pods(restart, "")}
		j, ok := known[l]
		if !ok {
			j = len(all[i].workloads)
			known[l] = j
			all[i].workloads = append(all[i].workloads, rolling{Restart: restart})
		}
		all[i].workloads[j].objects = append(all[i].workloads[j].objects, restart.Object)
	}
	return all
}

// rolls says how many pods roll, and where unless everywhere.
func (r Review) rolls(w rolling, where func(Where) string) string {
	suffix := ""
	if len(w.objects) > 1 {
		suffix = " each"
	}
	switch {
	case len(w.Where) < r.changing():
		if place := strings.TrimPrefix(where(w.Where), " on "); place != "" {
			suffix += " on " + place
		}
	case len(w.Where) > 1:
		suffix += fmt.Sprintf(" over %d targets", len(w.Where))
	}
	return pods(w.Restart, suffix)
}

// changing is the number of targets that change.
func (r Review) changing() int {
	n := 0
	for _, t := range r.Targets {
		if t.Change {
			n++
		}
	}
	return n
}

// imageNote is what a step of a version says to a person.
func imageNote(step string) string {
	switch step {
	case "digest":
		return "same tag, new digest"
	case "retag":
		return "same digest"
	case "pinned":
		return "digest added"
	case "unpinned":
		return "digest dropped"
	case "other":
		return ""
	}
	return step
}

// cause says how much of what its releases change comes from a chart.
func (c Chart) cause() string {
	if c.Caused < 0 || c.From == "" || c.To == "" {
		return ""
	}
	return fmt.Sprintf("%s of %s", number(c.Caused), count(c.Fields, "changed field", "changed fields"))
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
