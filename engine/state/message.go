package state

import (
	"fmt"
	"slices"
	"strings"
)

// Message is the part of a commit message that the change does not know.
type Message struct {
	Subject string // replaces the computed one
	Source  Source // Hydrated-From; the zero value leaves the trailer out
	Version string // of Weir: Hydrated-By
}

// Text composes the commit message: subject, a line per release, trailers. It
// is pure.
func (m Message) Text(c *Change) string {
	var changes []ReleaseChange
	for _, r := range c.Releases {
		if r.Status != Unchanged {
			changes = append(changes, r)
		}
	}
	var b strings.Builder
	if m.Subject != "" {
		b.WriteString(strings.TrimSpace(m.Subject))
	} else {
		b.WriteString(subject(changes, c.Namespaces))
	}
	b.WriteString("\n\n")
	for _, r := range changes {
		fmt.Fprintf(&b, "%s: %s\n", r.Key, r.line())
	}
	for _, n := range c.Namespaces {
		fmt.Fprintf(&b, "%s: %s %s\n", n.Environment(), describe(n.Object), n.Status)
	}
	b.WriteByte('\n')
	if from := m.Source.String(); from != "" {
		fmt.Fprintf(&b, "Hydrated-From: %s\n", from)
	}
	fmt.Fprintf(&b, "Hydrated-By: weir/%s\n", m.Version)
	for _, r := range changes {
		fmt.Fprintf(&b, "Hydrated-Release: %s %s", r.Key, r.Status)
		if r.New != nil && r.New.Chart != nil {
			fmt.Fprintf(&b, " %s@%s", r.New.Chart.Name, r.New.Chart.Version)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// subject is hydrate(<environment>[,…]): <what changed>.
func subject(changes []ReleaseChange, namespaces []ObjectChange) string {
	var environments []string
	by := map[Status][]string{}
	for _, r := range changes {
		environments = append(environments, r.Environment)
		by[r.Status] = append(by[r.Status], r.Release)
	}
	for _, n := range namespaces {
		environments = append(environments, n.Environment())
	}
	slices.Sort(environments)
	environments = slices.Compact(environments)
	for i := range environments {
		if len(strings.Join(environments[:i+1], ",")) > 40 && i > 0 {
			environments = append(environments[:i:i], "…")
			break
		}
	}

	var parts []string
	for _, status := range []Status{Created, Changed, Removed} {
		count := len(by[status])
		slices.Sort(by[status])
		names := slices.Compact(by[status]) // one release may change in several environments
		switch {
		case len(names) == 0:
		case len(names) <= 2:
			parts = append(parts, fmt.Sprintf("%s %s", strings.Join(names, ", "), status))
		default:
			parts = append(parts, fmt.Sprintf("%d releases %s", count, status))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "namespaces")
	}
	return fmt.Sprintf("hydrate(%s): %s", strings.Join(environments, ","), strings.Join(parts, ", "))
}

// line is what happened to a release: chart old→new and object counts.
func (r ReleaseChange) line() string {
	parts := []string{string(r.Status)}
	if r.From != nil {
		parts[0] = fmt.Sprintf("moved from %s", *r.From)
	}
	if chart := r.chart(); chart != "" {
		parts[0] += ", " + chart
	}
	for _, n := range []struct {
		count int
		what  Status
	}{{r.Counts.Created, Created}, {r.Counts.Changed, Changed}, {r.Counts.Removed, Removed}, {r.Counts.Unchanged, Unchanged}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts[0] + "; objects: " + strings.Join(parts[1:], ", ")
}

// chart is "podinfo 6.7.0→6.7.1", or what of it there is.
func (r ReleaseChange) chart() string {
	var old, new *Chart
	if r.Old != nil {
		old = r.Old.Chart
	}
	if r.New != nil {
		new = r.New.Chart
	}
	switch {
	case old == nil && new == nil:
		return ""
	case old == nil:
		return new.Name + " " + new.Version
	case new == nil || *old == *new:
		return old.Name + " " + old.Version
	case old.Name != new.Name:
		return fmt.Sprintf("%s %s→%s %s", old.Name, old.Version, new.Name, new.Version)
	case old.Version == new.Version:
		return new.Name + " " + new.Version + " (other content)"
	}
	return fmt.Sprintf("%s %s→%s", new.Name, old.Version, new.Version)
}
