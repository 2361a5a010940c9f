package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

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
	name := "- " + m.name(s) + ": "
	brief := name + "no object changes\n"
	if n := len(s.routine.changes); n > 0 {
		brief = name + inMarkdown().folded(s.routine) + "\n"
	}
	return words(brief, func() []string {
		said := strings.TrimSuffix(brief, "\n")
		for _, why := range inMarkdown().reasons(s, m.atlas) {
			said += "; " + why.words
			if len(why.where) < len(s.where) {
				said += " on " + m.where(why.where)
			}
		}
		if where := inMarkdown().places(m.Review, s, m.atlas); where != "" {
			said += "; " + where
		}
		return []string{said + "\n"}
	})
}

// name is a release's, as code; what is none has words for a name.
func (m markdown) name(s sheet) string {
	if name, _ := s.title(); s.CreateNamespace {
		return name
	}
	return code(cut(s.Name, longestName))
}

// lettered tells whether the matrix names the ways in which a release changes.
func (m markdown) lettered(s sheet) bool {
	return len(m.Targets) > 1 && m.atlas.common == nil && len(s.Groups) > 1
}

// release is a release's fold.
func (m markdown) release(s sheet, open bool) part {
	head, foot := m.fold(m.headline(s), open)
	var about []string
	if reasons := inMarkdown().reasons(s, m.atlas); len(reasons) > 1 {
		for _, why := range reasons {
			where := m.where(why.where)
			if m.lettered(s) {
				where = "**" + strings.Join(why.letters, "**, **") + "** on " + where
			}
			about = append(about, "- "+where+": "+why.words+"\n")
		}
	}
	for i, g := range s.Groups {
		if g.From != "" && (i == 0 || g.From != s.Groups[i-1].From) {
			about = append(about, "- it was "+code(cut(g.From, longestName))+" before\n")
		}
	}
	if line := m.found(s.about); line != "" {
		about = append(about, "- "+line+"\n")
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
	l.items = append(l.items, m.bundles(s)...)
	brief := "\n" + levelSign(s.level) + m.name(s) + ": " + s.counts().String() + "\n"
	return either{l, list{open: brief}}
}

func limitedLines(lines []string, limit int) []string {
	if len(lines) <= limit+1 {
		return lines
	}
	return append(lines[:limit:limit], fmt.Sprintf("- and %s more\n", number(len(lines)-limit)))
}

// fewObjects is how many objects that come are shown with all that is in them.
const fewObjects = 3

// bundles are what is to be read: objects of which there is but to say that they
// come or go together, the others one by one.
func (m markdown) bundles(s sheet) []part {
	var parts []part
	plain := m.plain(s)
	created := 0
	for _, b := range plain {
		if b.Status == manifest.Created {
			created += len(things(b.ids))
		}
	}
	listed := func(b bundle) bool { return b.Status == manifest.Removed || created > fewObjects }
	for _, b := range plain {
		if listed(b) {
			parts = append(parts, words(m.heading(s, b, count(len(things(b.ids)), "object", "objects")), func() []string {
				return []string{m.heading(s, b, inMarkdown().compact(b.ids, 30)), m.heading(s, b, inMarkdown().compact(b.ids, 3))}
			}))
		}
	}
	said := map[digest]int{}
	for _, b := range s.bundles {
		if m.isPlain(b) && listed(b) {
			continue
		}
		if b.like != (digest{}) {
			if said[b.like]++; said[b.like] > manyAlike {
				continue
			}
		}
		parts = append(parts, m.bundle(s, b))
	}
	for _, b := range s.bundles {
		if n := said[b.like] - manyAlike; n > 0 {
			parts = append(parts, words(fmt.Sprintf("\nand %s like these%s\n", count(n, "more object", "more objects"), m.pointer()), nil))
			said[b.like] = 0
		}
	}
	return parts
}

// headline is the summary of a release's fold.
func (m markdown) headline(s sheet) string {
	l := inSummary()
	name, status := s.title()
	said := levelSign(s.level) + "<b>" + l.prose(cut(name, longestName)) + "</b>"
	if status != "" {
		said += " (" + status + ")"
	}
	if counts := s.counts(); counts != (Counts{}) {
		said += " " + counts.String()
	}
	if where := l.places(m.Review, s, m.atlas); where != "" {
		said += joined(where) + where
	}
	if reasons := l.reasons(s, m.atlas); len(reasons) == 1 {
		said += "; " + reasons[0].words
	}
	if s.hits > 0 {
		said += "; " + count(s.hits, "finding", "findings")
	}
	return said
}

// Longest differences of one object, in lines, and the shorter one.
const (
	longestFence  = 400
	shorterFence  = 40
	shortestFence = 12
)

// heading says which objects are in a bundle and what becomes of them.
func (m markdown) heading(s sheet, b bundle, objects string) string {
	said := "\n" + levelSign(b.level) + "**" + string(b.Status) + "** " + objects
	if b.Was != nil {
		said += ", was " + m.names([]manifest.ID{*b.Was}, 1)
		if b.Rename == diff.Guess {
			said += " (a guess)"
		}
	}
	if where := m.where(b.where); len(b.where) < len(s.where) && where != "" {
		said += " on " + where
	}
	if b.Hook {
		said += " (hook)"
	}
	if b.ownNames {
		said += ", each with its own name"
	}
	return said + "\n"
}

// bundle is what happens to an object, or to several.
func (m markdown) bundle(s sheet, b bundle) part {
	title := func(limit int) string { return m.heading(s, b, m.names(b.ids, limit)) }
	return words(title(3), func() []string {
		about := title(30)
		if found := m.found(m.distinct(b)); found != "" {
			about += "\n" + found + "\n"
		}
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

// found names the rules that hits are of: the sections above have the rest. Empty
// where another line says it.
func (m markdown) found(hits []int) string {
	var said []string
	for _, h := range hits {
		hit := m.Hits[h]
		if hit.Level == risk.Info && (hit.Removal || hit.Object == manifest.ID{}) {
			continue
		}
		rule := levelSign(hit.Level) + code(cut(hit.Rule, longestName))
		if hit.Waived != nil {
			rule = "accepted: " + rule
		}
		if !slices.Contains(said, rule) {
			said = append(said, rule)
		}
	}
	return strings.Join(limited(said, 10), ", ")
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
	write(m.lines(b))
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
		where := m.where(v.where)
		if found := m.found(v.about); found != "" {
			where += " (" + found + ")"
		}
		fmt.Fprintf(&out, "\non %s:\n", where)
		write(m.drawn(b, v.shown, v.about))
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
func (m markdown) lines(b bundle) []string {
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
		out = m.drawn(b, b.shown, b.about)
	}
	return out
}

// drawn draws the changes of fields; of many that are alike the first.
func (m markdown) drawn(b bundle, fields []diff.Field, hits []int) []string {
	all, rest := repeated(briefly(b.Object, fields, longestLine), func(f placed) bool {
		here, _ := m.at(f.Field, hits)
		return len(here) > 0
	})
	var out []string
	for i, f := range all {
		out = append(out, drawn(f, longestLine)...)
		if n := rest[i]; n > 0 {
			out = append(out, fmt.Sprintf("… %s more like these", number(n)))
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
