package state

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/weir-dev/weir/schema/diag"
)

// Message is the part of a commit message that the change does not know. Subject
// and Body are whatever a person or a template wrote: no line of them is ever
// read as one of Weir's trailers.
type Message struct {
	Subject  string    // replaces the computed one; further lines go before the Body
	Body     string    // stands before the computed lines
	Trailers []Trailer // stand before Weir's own; Check says whether they may
	Source   Source    // Hydrated-From; the zero value leaves the trailer out
	Version  string    // of Weir: Hydrated-By
}

// Trailer is a line at the end of a commit message, such as Signed-off-by.
type Trailer struct{ Name, Value string }

// String is the trailer's line.
func (t Trailer) String() string { return t.Name + ": " + t.Value }

// check tells why a trailer cannot be written.
func (t Trailer) check() string {
	switch {
	case t.Name == "" || strings.Trim(t.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "":
		return "The name of a trailer has letters, digits and hyphens only."
	case strings.EqualFold(t.Name[:min(len(t.Name), len(trailerPrefix))], trailerPrefix):
		return "Trailers that begin with " + trailerPrefix + " say where a state came from: only Weir writes them."
	case !isText(t.Value) || strings.TrimSpace(t.Value) == "":
		return "The value of a trailer is one line of text."
	}
	return ""
}

// Check refuses trailers that a message cannot have; Text leaves them out.
func (m Message) Check() error {
	var found diag.List
	for _, t := range m.Trailers {
		if why := t.check(); why != "" {
			found = append(found, diag.Diagnostic{
				Summary: fmt.Sprintf("%q is no trailer for a commit by Weir", t.String()),
				Detail:  why,
				Remedy:  "Change it, or leave it out.",
			})
		}
	}
	if found != nil {
		return diag.Refuse(found...)
	}
	return nil
}

// Text composes the commit message: subject, body, a line per release, trailers.
// It is pure.
func (m Message) Text(c *Change) string {
	changes := c.changes()
	title, more, _ := strings.Cut(strings.TrimSpace(cleaned(m.Subject)), "\n")
	if title == "" {
		title = subject(changes, c.Namespaces)
	}
	var b strings.Builder
	b.WriteString(title + "\n\n")
	for _, text := range []string{more, cleaned(m.Body)} {
		if text = strings.Trim(text, "\n"); text != "" {
			b.WriteString(text + "\n\n")
		}
	}
	for _, r := range changes {
		fmt.Fprintf(&b, "%s: %s\n", r.Key, oneLine(r.line()))
	}
	for _, n := range c.Namespaces {
		fmt.Fprintf(&b, "%s: %s %s\n", n.Environment(), oneLine(describe(n.Object)), n.Status)
	}
	b.WriteByte('\n')
	for _, t := range m.Trailers {
		if t.check() == "" {
			b.WriteString(t.String() + "\n")
		}
	}
	if from := m.Source.String(); from != "" {
		fmt.Fprintf(&b, "%s: %s\n", trailerFrom, from)
	}
	fmt.Fprintf(&b, "%s: weir/%s\n", trailerBy, m.Version)
	for _, r := range changes {
		fmt.Fprintf(&b, "%s: %s %s", trailerRelease, r.Key, r.Status)
		if r.New != nil && r.New.Chart != nil && isText(r.New.Chart.Name) && isWord(r.New.Chart.Version) {
			fmt.Fprintf(&b, " %s@%s", r.New.Chart.Name, r.New.Chart.Version)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// changes are the releases that something happens to.
func (c *Change) changes() []ReleaseChange {
	var changes []ReleaseChange
	for _, r := range c.Releases {
		if r.Status != Unchanged {
			changes = append(changes, r)
		}
	}
	return changes
}

// cleaned makes somebody's text fit for a commit message: lines end in LF, and
// one that would be read as a trailer of Weir's gets a bar before it.
func cleaned(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		line = strings.Map(func(c rune) rune {
			if c != '\t' && (unicode.IsControl(c) || c == '\u2028' || c == '\u2029') {
				return -1
			}
			return c
		}, strings.ToValidUTF8(line, "\uFFFD"))
		if _, _, ok := trailer(line); ok {
			line = "| " + line
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// oneLine replaces what a line of a message cannot show.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, text)
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
