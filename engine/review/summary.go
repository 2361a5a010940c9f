package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// summary is the whole review in a line.
func (r Review) summary() string {
	if r.Verdict == Same {
		return "no changes"
	}
	t := r.Totals
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
	say = append(say, t.Objects.String()+" objects")
	if t.Routine > 0 {
		say = append(say, number(t.Routine)+" routine")
	}
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

// deletion is an object that goes, and what that really means.
type deletion struct {
	Change
	level       int
	consequence string
}

// gone are the objects that go, the riskiest first.
func (r Review) gone() []deletion {
	var gone []deletion
	for _, release := range r.Releases {
		for _, c := range release.Changes {
			if c.Status != manifest.Removed {
				continue
			}
			d := deletion{Change: c}
			switch {
			case c.Keep:
				d.consequence = "stays in the cluster: pruning is off"
			case c.Hook:
				d.consequence = "a hook that does not run any more"
			default:
				d.consequence = "pruned"
			}
			said := 0
			for _, h := range c.Hits {
				hit := r.Hits[h]
				if hit.Waived == nil {
					d.level = max(d.level, severity(hit.Level))
				}
				if hit.Consequence != "" && severity(hit.Level) > said {
					d.consequence, said = hit.Consequence, severity(hit.Level)
				}
			}
			gone = append(gone, d)
		}
	}
	slices.SortStableFunc(gone, func(a, b deletion) int { return cmp.Compare(b.level, a.level) })
	return gone
}

// why is workloads that restart for the same reasons.
type why struct {
	why      string
	restarts []Restart
}

// byWhy sorts restarts by their reasons.
func (r Review) byWhy() []why {
	var all []why
	first := map[string]int{}
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
		all[i].restarts = append(all[i].restarts, restart)
	}
	return all
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

func pods(r Restart) string {
	switch {
	case r.PerNode:
		return "one pod per node"
	case r.Scaler != "":
		return count(int(r.Pods), "pod", "pods") + " or more"
	}
	return count(int(r.Pods), "pod", "pods")
}
