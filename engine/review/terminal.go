package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// TerminalOptions say how a review is written for a terminal.
type TerminalOptions struct {
	Colour bool
	Width  int  // in columns; 100 where it is zero
	Full   bool // routine changes, whole objects and long values too
}

// Terminal writes the review for a person at a terminal: the summary first, then
// each release with its objects and fields, riskiest first. Text of the
// repository reaches the terminal without control characters.
func (r Review) Terminal(o TerminalOptions) []byte {
	if o.Width <= 0 {
		o.Width = 100
	}
	t := terminal{Review: r, options: o, atlas: newAtlas(r.Targets), sheets: r.sheets()}
	t.atlas.common = r.common(t.sheets)
	t.summary()
	if r.Verdict != Same {
		for _, s := range t.sheets {
			t.release(s)
		}
		t.footer()
	}
	return []byte(t.out.String())
}

type terminal struct {
	Review
	options TerminalOptions
	atlas   atlas
	sheets  []sheet
	out     strings.Builder
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colours by what they mean.
const (
	bold    = "1"
	faint   = "2"
	added   = "32"
	altered = "33"
	gone    = "31"
	alarm   = "1;31"
	warning = "1;33"
)

func (t *terminal) paint(colour, text string) string {
	text = strings.TrimRight(text, " "+together)
	if !t.options.Colour || colour == "" || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func levelColour(level risk.Level) string {
	switch level {
	case risk.Block:
		return alarm
	case risk.Caution:
		return warning
	}
	return ""
}

func (t *terminal) line(indent int, text string) {
	text = strings.ReplaceAll(strings.Repeat(" ", indent)+text, together, " ")
	t.out.WriteString(strings.TrimRight(text, " ") + "\n")
}

// words writes sentences, broken between words at the width; the lines after the
// first stand at indent+2.
func (t *terminal) words(indent int, colour, text string) {
	column, first := 0, true
	var line strings.Builder
	flush := func() {
		at := indent
		if !first {
			at += 2
		}
		t.line(at, t.paint(colour, line.String()))
		line.Reset()
		column, first = 0, false
	}
	for _, word := range strings.Fields(text) {
		size := diag.Columns(colours.ReplaceAllString(word, ""))
		hang := indent
		if !first {
			hang += 2
		}
		if column > 0 && hang+column+1+size > t.options.Width {
			flush()
		}
		if column > 0 {
			line.WriteByte(' ')
			column++
		}
		line.WriteString(word)
		column += size
	}
	if column > 0 {
		flush()
	}
}

func (t *terminal) summary() {
	colour := map[Verdict]string{Same: added, Routine: added, Changes: bold, Careful: warning, Blocked: alarm}[t.Verdict]
	verdict, rest, _ := strings.Cut(t.Review.summary(), " — ")
	if rest == "" {
		t.line(0, t.paint(colour, verdict))
		return
	}
	var parts []string
	for _, p := range strings.Split(rest, " · ") {
		parts = append(parts, glued(p))
	}
	t.words(0, "", t.paint(colour, verdict)+" — "+strings.Join(parts, " · "))
	t.line(0, t.paint(faint, t.compared(plainPoint)))
	if t.atlas.common != nil {
		t.words(0, faint, onTerminal().sameEverywhere(t.Review, t.atlas))
	}
	t.hits("Blockers", alarm, t.of(risk.Block))
	t.deletions()
	t.hits("Cautions", warning, t.of(risk.Caution))
	t.hits("Accepted", faint, t.waived())
	if t.options.Full {
		t.hits("Notes", faint, t.notes())
	} else if n := len(t.notes()); n > 0 {
		t.head("", count(n, "note", "notes")+" (--full shows them)")
	}
	if len(t.Stale) > 0 {
		t.head(warning, "Acceptances")
		for _, s := range t.Stale {
			t.words(2, "", printable(s))
		}
	}
	if len(t.Notes) > 0 {
		t.head("", "Remarks")
		for _, s := range t.Notes {
			t.words(2, "", printable(s))
		}
	}
	t.restarts()
	t.images()
	t.charts()
	t.fleet()
}

// compared says what was compared. Where the head is not what its commit has, the
// commit is not named twice.
func (r Review) compared(point func(Point) string) string {
	head := r.Head
	if !head.Uncommitted {
		return point(r.Base) + " → " + point(head)
	}
	if head.Commit == r.Base.Commit {
		head.Commit = ""
	}
	return point(r.Base) + " → " + point(head) + ", with what is not committed"
}

func plainPoint(p Point) string {
	what := map[PointKind]string{Directory: "the project as it is", State: "the canonical state", Revision: "revision"}[p.Kind]
	if p.Ref != "" {
		what += " " + printable(p.Ref)
	}
	if p.Commit != "" && p.Commit != p.Ref {
		what += " (" + printable(short(p.Commit)) + ")"
	}
	return what
}

func (t *terminal) head(colour, text string) {
	t.out.WriteByte('\n')
	t.line(0, t.paint(colour, text))
}

// where says where, with the word before; nothing where that tells nothing.
func (t *terminal) where(w Where) string {
	if !t.atlas.tells(w) {
		return ""
	}
	return " on " + t.atlas.of(w)
}

// hits lists findings, a line or two each.
func (t *terminal) hits(title, colour string, hits []Hit) {
	if len(hits) == 0 {
		return
	}
	t.head(colour, fmt.Sprintf("%s (%s)", title, number(len(hits))))
	for _, f := range grouped(hits) {
		limit := manyNames
		if t.options.Full {
			limit = len(f.objects)
		}
		t.words(2, "", onTerminal().subject(f, limit)+t.where(f.Where))
		if len(f.Path) > 0 {
			t.line(6, printable(f.Path.String()))
		}
		reason := f.Reason
		if f.Consequence != "" {
			reason += ": " + f.Consequence
		}
		t.words(6, "", printable(reason)+" ["+printable(f.Rule)+"]")
		if f.Waived != nil {
			t.words(6, faint, fmt.Sprintf("until %s: %s (%s)", f.Waived.Until.Format("2006-01-02"), printable(f.Waived.Reason), printable(at(f.Waived.Range.File, f.Waived.Range.Start.Line))))
		}
	}
}

// names lists objects; the rest is counted unless all is to be shown.
func (t *terminal) names(ids []manifest.ID, limit int) string {
	if t.options.Full {
		limit = len(ids)
	}
	return onTerminal().names(ids, limit)
}

func (t *terminal) deletions() {
	gone, objects := t.gone()
	if objects == 0 {
		return
	}
	t.head(bold, fmt.Sprintf("Deletions (%s)", number(objects)))
	limit := 30
	if t.options.Full {
		limit = len(gone)
	}
	for i, d := range gone {
		if i == limit && len(gone) > limit+1 {
			t.line(2, t.paint(faint, fmt.Sprintf("and %s more (--full shows them)", number(len(gone)-limit))))
			break
		}
		t.words(2, levelColour(d.level), t.names(d.objects, manyNames)+t.where(d.where)+": "+printable(d.consequence))
	}
}

func (t *terminal) restarts() {
	if len(t.Restarts) == 0 {
		return
	}
	t.head(bold, "Restarts: "+t.restarted())
	for _, by := range t.byWhy() {
		if len(by.workloads) == 1 {
			w := by.workloads[0]
			t.words(2, "", printable(by.why)+": "+t.names(w.objects, manyNames)+" ("+t.rolls(w, t.where)+")")
			continue
		}
		t.words(2, "", printable(by.why)+":")
		for i, w := range by.workloads {
			if i == manyWorkloads && len(by.workloads) > i+1 && !t.options.Full {
				t.line(4, t.paint(faint, fmt.Sprintf("and %s more (--full shows them)", number(len(by.workloads)-i))))
				break
			}
			t.words(4, "", t.names(w.objects, manyNames)+" ("+t.rolls(w, t.where)+")")
		}
	}
}

// manyWorkloads is how many lines of workloads are shown for a reason.
const manyWorkloads = 10

func (t *terminal) images() {
	if len(t.Images) == 0 {
		return
	}
	t.head(bold, "Images")
	for _, i := range t.Images {
		said := stepped(i.Repository, i.Was, i.From, i.To, i.Step)
		t.words(2, "", said+t.where(i.Where)+": "+t.names(i.Workloads, 3))
	}
}

// stepped says how far an image or a chart moves.
func stepped(name, was, from, to, step string) string {
	said := printable(name)
	if was != "" {
		said += ", was " + printable(was)
	}
	said += "  " + onTerminal().steps(from, to)
	if note := imageNote(step); note != "" {
		said += " (" + printable(note) + ")"
	}
	return said
}

func (t *terminal) charts() {
	if len(t.Charts) == 0 {
		return
	}
	t.head(bold, "Charts")
	for _, c := range t.Charts {
		said := stepped(c.Name, c.Was, c.From, c.To, c.Step)
		releases := c.Releases
		if !t.options.Full {
			releases = limited(releases, manyTargets)
		}
		said += t.where(c.Where) + ": " + printable(strings.Join(releases, ", "))
		if cause := c.cause(); cause != "" {
			said += "; " + cause
		}
		t.words(2, "", said)
	}
}

func (t *terminal) fleet() {
	if len(t.Targets) < 2 || len(t.Releases) == 0 || t.atlas.common != nil {
		return
	}
	still := ""
	if n := len(t.Targets) - t.changing(); n > 0 {
		still = "; " + count(n, "target does", "targets do") + " not change"
	}
	t.head(bold, "Where"+still)
	for _, s := range t.sheets {
		var said []string
		for i, g := range s.Groups {
			way := ""
			if len(s.Groups) > 1 {
				way = diff.Letter(i) + " "
			}
			said = append(said, way+g.Counts.String()+t.where(g.Where))
		}
		if !t.options.Full {
			said = limited(said, 12)
		}
		t.words(2, "", printable(s.Name)+": "+strings.Join(said, "; "))
	}
}

// release writes what happens to one.
func (t *terminal) release(s sheet) {
	l := onTerminal()
	t.out.WriteByte('\n')
	title := printable(s.Name)
	if len(s.Groups) == 1 && s.Groups[0].Status != manifest.Changed {
		title += " (" + string(s.Groups[0].Status) + ")"
	}
	about := s.counts().String()
	if where := l.identical(s, t.atlas); where != "" {
		about += ", " + where
	}
	t.words(0, "", t.paint(bold, title)+"  "+about)
	for i, g := range s.Groups {
		causes := l.causes(g, t.atlas)
		if causes != "" && len(s.Groups) > 1 {
			causes = diff.Letter(i) + " " + causes
		}
		if g.From != "" && (i == 0 || g.From != s.Groups[i-1].From) {
			t.words(2, faint, "was "+printable(g.From)+" before")
		}
		t.words(2, faint, causes)
	}
	t.hitsHere(2, s.about)
	for _, b := range s.bundles {
		t.bundle(s, b)
	}
	if s.routine.objects == 0 {
		return
	}
	if !t.options.Full {
		t.words(2, faint, l.folded(s.routine))
		return
	}
	for _, c := range s.routine.changes {
		t.bundle(s, bundle{Change: c, objects: []Change{c}, where: c.Where, shown: c.Fields})
	}
}

// bundle writes what happens to an object, or to several.
func (t *terminal) bundle(s sheet, b bundle) {
	ids := make([]manifest.ID, len(b.objects))
	for i, c := range b.objects {
		ids[i] = c.Object
	}
	sign, colour := "~", altered
	switch b.Status {
	case manifest.Created:
		sign, colour = "+", added
	case manifest.Removed:
		sign, colour = "-", gone
	}
	said := t.names(ids, manyNames)
	if b.Hook {
		said += " (hook)"
	}
	if b.Was != nil {
		said += ", was " + named(*b.Was)
		if b.Rename == diff.Guess {
			said += " (a guess)"
		}
	}
	if len(b.where) < len(s.where) {
		said += t.where(b.where)
	}
	if b.ownNames {
		said += ", each with its own name"
	}
	t.words(2, colour, sign+" "+said)
	t.fields(b.Object, b.shown, b.folded, t.distinct(b))
	for i, v := range b.variants {
		switch {
		case b.Status != manifest.Changed:
			if i == 0 {
				t.words(6, faint, "it is not the same on all of them")
			}
			continue
		case i == manyVariants && !t.options.Full && len(b.variants) > manyVariants+1:
			t.words(6, faint, count(len(b.variants)-i, "variant", "variants")+" more (--full shows them)")
		case i >= manyVariants && !t.options.Full && len(b.variants) > manyVariants+1:
			continue
		default:
			if len(v.shown)+len(v.about) == 0 && !(t.options.Full && len(v.folded) > 0) {
				continue
			}
			t.words(4, faint, strings.TrimSpace(t.where(v.where))+":")
			t.fields(b.Object, v.shown, v.folded, v.about)
		}
	}
	if t.options.Full && b.Status != manifest.Changed {
		t.whole(b)
	}
}

// manyVariants is how many ways in which an object changes are shown.
const manyVariants = 6

// fields writes changed fields and the hits at their place.
func (t *terminal) fields(of manifest.ID, shown, folded []diff.Field, hits []int) {
	var all []placed
	if t.options.Full {
		for _, f := range slices.Concat(shown, folded) {
			all = append(all, placed{f, label(f)})
		}
	} else {
		all = briefly(of, shown, t.longest(8))
	}
	for _, f := range all {
		t.field(f)
		var here []int
		here, hits = t.at(f.Field, hits)
		t.hitsHere(8, here)
	}
	t.hitsHere(6, hits)
}

// whole writes objects that come or go.
func (t *terminal) whole(b bundle) {
	for i, c := range b.objects {
		text, sign, colour := c.After, "+ ", added
		if b.Status == manifest.Removed {
			text, sign, colour = c.Before, "- ", gone
		}
		if i > 0 {
			t.line(6, t.paint(colour, sign+"---"))
		}
		for _, line := range lines(string(text)) {
			t.line(6, t.paint(colour, sign+line))
		}
	}
}

// at splits hits into those about a field, a part of it or what it is part of,
// and the others.
func (t *terminal) at(f diff.Field, hits []int) (here, others []int) {
	for _, h := range hits {
		path, field := t.Hits[h].Path.Keys(), f.Path.Keys()
		if n := min(len(path), len(field)); n > 0 && slices.Equal(path[:n], field[:n]) {
			here = append(here, h)
			continue
		}
		others = append(others, h)
	}
	return here, others
}

func (t *terminal) hitsHere(indent int, hits []int) {
	for _, i := range hits {
		h := t.Hits[i]
		if h.Removal && h.Level == risk.Info || h.Object == (manifest.ID{}) && h.Level == risk.Info {
			continue // the line above, or the last one of the release, says it
		}
		colour, said := levelColour(h.Level), fmt.Sprintf("%s: %s [%s]", h.Level, printable(h.Reason), printable(h.Rule))
		if h.Waived != nil {
			colour, said = "", "accepted "+said
		}
		t.words(indent, colour, "! "+said)
	}
}

// field writes a field's change on one line, where it has room there.
func (t *terminal) field(f placed) {
	const indent = 6
	path := printable(f.label)
	if f.Inner != nil && f.Inner.Text != "" {
		t.line(indent, t.paint(altered, path+":"))
		for _, line := range hunkLines(f.Inner.Text, t.longest(indent+2)) {
			colour := ""
			switch {
			case strings.HasPrefix(line, "@@"):
				colour = faint
			case strings.HasPrefix(line, "-"):
				colour = gone
			case strings.HasPrefix(line, "+"):
				colour = added
			}
			t.line(indent+2, t.paint(colour, line))
		}
		return
	}
	limit := 0
	if !t.options.Full {
		limit = max(40, t.options.Width-indent-8-cutNote)
	}
	if f.Status == manifest.Changed && !isBlock(f.Before) && !isBlock(f.After) {
		before, after := value(f.Before), value(f.After)
		if diag.Columns(path+before+after)+indent+6 <= t.options.Width {
			t.line(indent, path+": "+t.paint(gone, before)+" -> "+t.paint(added, after))
			return
		}
		before, after = cutPair(before, after, limit)
		t.line(indent, path+":")
		t.line(indent+2, t.paint(gone, "- "+before))
		t.line(indent+2, t.paint(added, "+ "+after))
		return
	}
	if f.Status != manifest.Created {
		t.side(gone, side("- ", path, f.Before, limit))
	}
	if f.Status != manifest.Removed {
		t.side(added, side("+ ", path, f.After, limit))
	}
}

// manyLines is how many lines of a value are shown.
const manyLines = 20

func (t *terminal) side(colour string, lines []string) {
	if !t.options.Full && len(lines) > manyLines+2 {
		lines = append(slices.Clone(lines[:manyLines]), fmt.Sprintf("  … %s more (--full shows them)", count(len(lines)-manyLines, "line", "lines")))
	}
	for _, line := range lines {
		t.line(6, t.paint(colour, line))
	}
}

// longest is how many characters of a line are shown, about: 0 where all are.
func (t *terminal) longest(indent int) int {
	if t.options.Full {
		return 0
	}
	return max(40, t.options.Width-indent-cutNote)
}

func (t *terminal) footer() {
	if t.Command != "" {
		t.out.WriteByte('\n')
		t.line(0, t.paint(faint, "reproduce with: "+printable(t.Command)))
	}
}
