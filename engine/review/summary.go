package review

import (
	"fmt"
	"strings"
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

// compared says what was compared. Where the head is not what its commit has, the
// commit is not named twice.
func (r Review) compared(point func(Point) string) string {
	base, head := r.Base, r.Head
	said := point(base)
	if isMergeBase(base) && base.Commit == head.Commit {
		said += ", which is the head itself"
	}
	if !head.Uncommitted {
		return said + " → " + point(head)
	}
	if head.Commit == base.Commit {
		head.Commit = ""
	}
	return said + " → " + point(head) + ", with what is not committed"
}

// isMergeBase tells whether a side is the last commit that two have in common.
func isMergeBase(p Point) bool { return p.Kind == Revision && strings.HasPrefix(p.Ref, mergeBase) }

const mergeBase = "merge base with "

// side says in words what a side of the comparison is.
func (p Point) side(code func(string) string) string {
	what := map[PointKind]string{Directory: "the project as it is", State: "the canonical state", Revision: "revision"}[p.Kind]
	switch {
	case isMergeBase(p):
		what = mergeBase + code(strings.TrimPrefix(p.Ref, mergeBase))
	case p.Ref != "":
		what += " " + code(p.Ref)
	}
	if p.Commit != "" && p.Commit != p.Ref && !strings.HasPrefix(p.Commit, p.Ref+" ") {
		what += " (" + code(short(p.Commit)) + ")"
	}
	return what
}

func plainPoint(p Point) string { return p.side(printable) }

func short(commit string) string { return commit[:min(len(commit), 12)] }
