package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// mostColumns is how many columns the matrix has at most.
const mostColumns = 8

// fleet says where which release changes in which way. Targets where all
// releases change in the same way share a column.
func (m markdown) fleet() part {
	classes := m.classes(m.sheets)
	if len(m.Targets) < 2 || len(classes) == 0 || m.atlas.common != nil {
		return nil
	}
	still := len(m.Targets) - m.changing()
	rest := ""
	if still > 0 {
		rest = fmt.Sprintf("\n%s not change.\n", count(still, "target does", "targets do"))
	}
	if len(classes) > mostColumns {
		return m.fleetList(rest)
	}
	head := []string{"release"}
	for _, w := range classes {
		head = append(head, prose(m.atlas.of(w)))
	}
	t := m.table("\n#### Where\n\n", head, "release", "releases")
	t.close = rest
	for _, s := range m.sheets {
		cells := []string{code(cut(s.Name, longestName))}
		for _, w := range classes {
			cells = append(cells, cell(s, w[0]))
		}
		t.items = append(t.items, words(row(cells), nil))
	}
	return t
}

// classes are the targets that change, those together on which every release
// changes in the same way.
func (r Review) classes(sheets []sheet) []Where {
	vectors := make([]string, len(r.Targets))
	for _, s := range sheets {
		of := map[int]int{}
		for i, g := range s.Groups {
			for _, target := range g.Where {
				of[target] = i + 1
			}
		}
		for i := range vectors {
			vectors[i] += fmt.Sprintf("%d ", of[i])
		}
	}
	var classes []Where
	first := map[string]int{}
	for i, t := range r.Targets {
		if !t.Change {
			continue
		}
		c, ok := first[vectors[i]]
		if !ok {
			c = len(classes)
			first[vectors[i]] = c
			classes = append(classes, nil)
		}
		classes[c] = append(classes[c], i)
	}
	return classes
}

// common is where every release changes in one and the same way; empty where
// there is no such place, or but one target.
func (r Review) common(sheets []sheet) Where {
	classes := r.classes(sheets)
	if len(r.Targets) < 2 || len(classes) != 1 || slices.ContainsFunc(sheets, func(s sheet) bool { return len(s.Groups) > 1 }) {
		return nil
	}
	return classes[0]
}

// cell is what a release does on a target: its letter where there are several
// ways, and its counts.
func cell(s sheet, target int) string {
	for i, g := range s.Groups {
		if !g.Where.has(target) {
			continue
		}
		if len(s.Groups) == 1 {
			return g.Counts.String()
		}
		return "**" + diff.Letter(i) + "** " + g.Counts.String()
	}
	return "·"
}

// fleetList is the matrix of a fleet with too many columns.
func (m markdown) fleetList(rest string) part {
	l := list{open: "\n#### Where\n\n", close: rest, quota: []int{30}, rest: m.more("release", "releases")}
	for _, s := range m.sheets {
		ways := func(limit int) string {
			var said []string
			for i, g := range s.Groups {
				said = append(said, fmt.Sprintf("**%s** %s on %s", diff.Letter(i), g.Counts, m.where(g.Where)))
			}
			return "- " + code(cut(s.Name, longestName)) + ": " + strings.Join(limited(said, limit), "; ") + "\n"
		}
		l.items = append(l.items, words(fmt.Sprintf("- %s: %s\n", code(cut(s.Name, longestName)), count(len(s.Groups), "way", "ways")), func() []string {
			return []string{ways(12), ways(4)}
		}))
	}
	return l
}

// releases are the releases, riskiest first: those with something to read in a
// fold each, of the others a line.
func (m markdown) releases() part {
	if len(m.Releases) == 0 {
		return nil
	}
	l := list{open: "\n#### Releases\n", quota: []int{40}, rest: m.more("release", "releases")}
	open := len(m.sheets) == 1 && len(m.sheets[0].bundles) <= 3
	folds := 0
	for _, s := range m.sheets {
		if len(s.bundles) > 0 {
			l.items = append(l.items, m.release(s, open))
			folds++
		}
	}
	lines := list{open: "\n", rest: m.more("release with routine changes", "releases with routine changes")}
	for _, s := range m.sheets[folds:] {
		lines.items = append(lines.items, m.quiet(s))
	}
	if len(lines.items) > 0 {
		l.items = append(l.items, lines)
	}
	return l
}

// quiet is a release in which nobody needs to read anything.
func (m markdown) quiet(s sheet) part {
	name := "- " + code(cut(s.Name, longestName)) + ": "
	brief := name + "no object changes\n"
	if n := len(s.routine.changes); n > 0 {
		brief = name + inMarkdown().folded(s.routine) + "\n"
	}
	return words(brief, func() []string {
		said := strings.TrimSuffix(brief, "\n")
		if causes := inMarkdown().causes(s.Groups[0], m.atlas); causes != "" {
			said += "; " + causes
		}
		if where := inMarkdown().identical(s, m.atlas); where != "" {
			said += "; " + where
		}
		return []string{said + "\n"}
	})
}

// release is a release's fold.
func (m markdown) release(s sheet, open bool) part {
	head, foot := m.fold(m.headline(s), open)
	var about []string
	for i, g := range s.Groups {
		line := inMarkdown().causes(g, m.atlas)
		if g.From != "" {
			line = strings.TrimPrefix(line+"; it was "+code(cut(g.From, longestName))+" before", "; ")
		}
		if len(s.Groups) > 1 {
			line = fmt.Sprintf("**%s** on %s (%s)", diff.Letter(i), m.where(g.Where), g.Counts) + strings.TrimSuffix(": "+line, ": ")
		} else if g.From == "" {
			line = "" // the headline says it
		}
		if line != "" {
			about = append(about, "- "+line+"\n")
		}
	}
	for _, h := range s.about {
		if line := m.found(h); line != "" {
			about = append(about, line)
		}
	}
	l := list{open: head, close: foot, quota: []int{50}, rest: m.more("object or kind of change", "objects or kinds of change")}
	if len(about) > 0 {
		l.items = append(l.items, words("", func() []string {
			return []string{"\n" + strings.Join(limitedLines(about, 30), ""), "\n" + strings.Join(limitedLines(about, 4), "")}
		}))
	}
	if s.routine.objects > 0 {
		l.close = "\n" + inMarkdown().folded(s.routine) + "\n" + foot
	}
	for _, b := range s.bundles {
		l.items = append(l.items, m.bundle(s, b))
	}
	brief := "\n" + levelSign(s.level) + code(cut(s.Name, longestName)) + ": " + s.counts().String() + "\n"
	return either{l, list{open: brief}}
}

func limitedLines(lines []string, limit int) []string {
	if len(lines) <= limit+1 {
		return lines
	}
	return append(lines[:limit:limit], fmt.Sprintf("- and %s more\n", number(len(lines)-limit)))
}

// counts are those of the release's distinct changes.
func (s sheet) counts() Counts {
	var c Counts
	for _, change := range s.Changes {
		switch change.Status {
		case manifest.Created:
			c.Created++
		case manifest.Removed:
			c.Removed++
		default:
			c.Changed++
		}
	}
	return c
}

// headline is the summary of a release's fold.
func (m markdown) headline(s sheet) string {
	l := inSummary()
	said := levelSign(s.level) + "<b>" + l.prose(cut(s.Name, longestName)) + "</b>"
	switch status := s.Groups[0].Status; {
	case len(s.Groups) > 1:
	case status == manifest.Created:
		said += " is new"
	case status == manifest.Removed:
		said += " is removed"
	}
	said += ": " + s.counts().String()
	if s.hits > 0 {
		said += ", " + count(s.hits, "finding", "findings")
	}
	if g := s.Groups[0]; len(g.Causes) > 0 {
		said += " · " + l.causes(g, m.atlas)
	}
	if where := l.identical(s, m.atlas); where != "" {
		said += " · " + where
	}
	return said
}

// Longest differences of one object, in lines, and the shorter one.
const (
	longestFence  = 400
	shorterFence  = 40
	shortestFence = 12
)

// bundle is what happens to an object, or to several.
func (m markdown) bundle(s sheet, b bundle) part {
	ids := make([]manifest.ID, len(b.objects))
	for i, c := range b.objects {
		ids[i] = c.Object
	}
	title := func(limit int) string {
		said := "\n" + levelSign(b.level) + "**" + string(b.Status) + "** " + m.names(ids, limit)
		if b.Hook {
			said += " (hook)"
		}
		if b.Was != nil {
			said += ", was " + m.names([]manifest.ID{*b.Was}, 1)
			if b.Rename == diff.Guess {
				said += " (a guess)"
			}
		}
		if len(b.where) < len(s.where) {
			said += " on " + m.where(b.where)
		}
		if b.ownNames {
			said += ", each with its own name"
		}
		return said + "\n"
	}
	return words(title(3), func() []string {
		about := title(30) + m.foundAll(m.distinct(b))
		var forms []string
		for _, limits := range [][2]int{{longestFence, 30}, {shorterFence, 8}, {shortestFence, 3}, {0, 3}, {0, 0}} {
			forms = append(forms, about+m.differences(b, limits[0], limits[1]))
		}
		return append(forms, title(30))
	})
}

// distinct are the hits of a bundle, those of the first object where the others
// have the same.
func (r Review) distinct(b bundle) []int {
	return b.about[:len(b.about)/len(b.objects)]
}

// found is a line for a hit at its place; empty where another line says it.
func (m markdown) found(h int) string {
	hit := m.Hits[h]
	said := prose(cut(hit.Reason, longestLine))
	switch {
	case hit.Level == risk.Info && (hit.Removal || hit.Object == manifest.ID{}):
		return ""
	case hit.Removal && hit.Consequence != "":
		said = prose(cut(hit.Consequence, longestLine))
	}
	said = levelSign(hit.Level) + said + " (" + code(cut(hit.Rule, longestName)) + ")"
	if hit.Waived != nil {
		said = "accepted: " + said
	}
	return "- " + said + "\n"
}

// foundAll is a list of hits.
func (m markdown) foundAll(hits []int) string {
	var lines strings.Builder
	for _, h := range hits {
		lines.WriteString(m.found(h))
	}
	if lines.Len() == 0 {
		return ""
	}
	return "\n" + lines.String()
}

// differences are what changes in a bundle, in fences of so many lines, for so
// many variants.
func (m markdown) differences(b bundle, limit, variants int) string {
	var out strings.Builder
	write := func(lines []string) {
		if len(lines) > 0 && limit > 0 {
			out.WriteString("\n" + fence("diff", limitedFence(lines, limit)))
		}
	}
	write(m.lines(b, b.shown))
	for i, v := range b.variants {
		if i == variants {
			fmt.Fprintf(&out, "\n%s more%s\n", count(len(b.variants)-i, "variant", "variants"), m.pointer())
			break
		}
		if b.Status != manifest.Changed {
			continue
		}
		if len(v.shown)+len(v.about) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\non %s:\n%s", m.where(v.where), m.foundAll(v.about))
		var lines []string
		for _, f := range briefly(b.Object, v.shown, longestLine) {
			lines = append(lines, drawn(f, longestLine)...)
		}
		write(lines)
	}
	if b.Status != manifest.Changed && len(b.variants) > 1 && limit > 0 {
		fmt.Fprintf(&out, "\nas on %s; it is another one on %s\n", m.where(b.variants[0].where), m.where(b.others()))
	}
	return out.String()
}

// others are the targets of all variants but the first.
func (b bundle) others() Where {
	var others Where
	for _, v := range b.variants[1:] {
		for _, target := range v.where {
			others = others.with(target)
		}
	}
	return others
}

func limitedFence(lines []string, limit int) []string {
	if len(lines) <= limit+2 {
		return lines
	}
	return append(lines[:limit:limit], fmt.Sprintf("… %s more", count(len(lines)-limit, "line", "lines")))
}

// lines draw what happens to an object.
func (m markdown) lines(b bundle, fields []diff.Field) []string {
	var out []string
	switch b.Status {
	case manifest.Created:
		if isCRD(b.Object) {
			return nil
		}
		for i, c := range b.objects {
			if i > 0 {
				out = append(out, "+ ---")
			}
			for _, line := range lines(string(c.After)) {
				out = append(out, "+ "+cut(line, longestLine))
			}
			if len(out) > longestFence {
				return out
			}
		}
	case manifest.Changed:
		for _, f := range briefly(b.Object, fields, longestLine) {
			out = append(out, drawn(f, longestLine)...)
		}
	}
	return out
}

// drawn draws a field's change as lines that begin with -, + or a space.
func drawn(f placed, limit int) []string {
	path := printable(cut(f.label, longestName))
	if f.Inner != nil && f.Inner.Text != "" {
		var out []string
		for _, line := range hunkLines(f.Inner.Text, limit) {
			if hunk, is := strings.CutPrefix(line, "@@ "); is {
				line = "@@ " + path + " " + hunk
			}
			out = append(out, line)
		}
		return out
	}
	var out []string
	if f.Status == manifest.Changed && !isBlock(f.Before) && !isBlock(f.After) {
		before, after := cutPair(value(f.Before), value(f.After), limit)
		return []string{"- " + path + ": " + before, "+ " + path + ": " + after}
	}
	if f.Status != manifest.Created {
		out = append(out, side("- ", path, f.Before, limit)...)
	}
	if f.Status != manifest.Removed {
		out = append(out, side("+ ", path, f.After, limit)...)
	}
	return out
}

func side(sign, path string, v any, limit int) []string {
	if !isBlock(v) {
		return []string{sign + path + ": " + cut(value(v), limit)}
	}
	if list, ok := v.([]any); ok && len(list) > 0 && !slices.ContainsFunc(list, isBlock) {
		if line := flow(v); len(line) <= 100 {
			return []string{sign + path + ": " + line}
		}
	}
	out := []string{sign + path + ":"}
	for _, line := range block(v) {
		out = append(out, sign+"  "+cut(line, limit))
	}
	return out
}
