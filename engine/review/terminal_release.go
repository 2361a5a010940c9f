package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// release writes what happens to one.
func (t *terminal) release(s sheet) {
	l := onTerminal()
	t.out.WriteByte('\n')
	title, status := s.title()
	title = t.paint(bold, printable(title))
	if status != "" {
		title += " (" + status + ")"
	}
	if counts := s.counts(); counts != (Counts{}) {
		title += "  " + counts.String()
	}
	if where := l.places(t.Review, s, t.atlas); where != "" {
		title += joined(where) + where
	}
	reasons := l.reasons(s, t.atlas)
	if len(reasons) == 1 {
		title += "; " + reasons[0].words
		reasons = nil
	}
	t.words(0, "", title)
	for _, why := range reasons {
		where := ""
		if len(s.where) > len(why.where) {
			where = t.atlas.of(why.where) + ": "
		}
		t.words(2, faint, where+why.words)
	}
	for i, g := range s.Groups {
		if g.From != "" && (i == 0 || g.From != s.Groups[i-1].From) {
			t.words(2, faint, "was "+printable(g.From)+" before")
		}
	}
	t.hitsHere(2, s.about)
	t.bundles(s)
	if s.routine.objects == 0 {
		return
	}
	if !t.options.Full {
		t.words(2, faint, l.folded(s.routine))
		return
	}
	for _, c := range s.routine.changes {
		t.bundle(s, bundle{Change: c, objects: []Change{c}, ids: c.everywhere(), where: c.Where, shown: c.Fields})
	}
}

// bundles writes what is to be read: objects of which there is but to say that
// they come or go together, the others one by one.
func (t *terminal) bundles(s sheet) {
	said := map[digest]int{}
	for _, b := range t.plain(s) {
		if t.options.Full {
			break
		}
		t.title(s, b, onTerminal().compact(b.ids, manyNames))
	}
	for _, b := range s.bundles {
		if !t.options.Full {
			if t.isPlain(b) {
				continue
			}
			if b.like != (digest{}) {
				if said[b.like]++; said[b.like] > manyAlike {
					continue
				}
			}
		}
		t.bundle(s, b)
	}
	for _, b := range s.bundles {
		if n := said[b.like] - manyAlike; n > 0 {
			t.words(2, faint, fmt.Sprintf("and %s like these (--full shows them)", count(n, "more object", "more objects")))
			said[b.like] = 0
		}
	}
}

// title writes which objects are in a bundle and what becomes of them.
func (t *terminal) title(s sheet, b bundle, said string) {
	sign, colour := "~", altered
	switch b.Status {
	case manifest.Created:
		sign, colour = "+", added
	case manifest.Removed:
		sign, colour = "-", gone
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
	if b.Hook {
		said += " (hook)"
	}
	if b.ownNames {
		said += ", each with its own name"
	}
	t.words(2, colour, sign+" "+said)
}

// bundle writes what happens to an object, or to several.
func (t *terminal) bundle(s sheet, b bundle) {
	t.title(s, b, t.names(b.ids, manyNames))
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
	rest := map[int]int{}
	if !t.options.Full {
		all, rest = repeated(all, func(f placed) bool { here, _ := t.at(f.Field, hits); return len(here) > 0 })
	}
	for i, f := range all {
		t.field(f)
		var here []int
		here, hits = t.at(f.Field, hits)
		t.hitsHere(8, here)
		if n := rest[i]; n > 0 {
			t.line(6, t.paint(faint, fmt.Sprintf("and %s more like these (--full shows them)", number(n))))
		}
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
func (r Review) at(f diff.Field, hits []int) (here, others []int) {
	for _, h := range hits {
		path, field := r.Hits[h].Path.Keys(), f.Path.Keys()
		if n := min(len(path), len(field)); n > 0 && slices.Equal(path[:n], field[:n]) {
			here = append(here, h)
			continue
		}
		others = append(others, h)
	}
	return here, others
}

func (t *terminal) hitsHere(indent int, hits []int) {
	seen := map[string]bool{}
	for _, i := range hits {
		h := t.Hits[i]
		if h.Removal && h.Level == risk.Info || h.Object == (manifest.ID{}) && h.Level == risk.Info {
			continue // the line above, or the last one of the release, says it
		}
		colour, said := levelColour(h.Level), fmt.Sprintf("%s %s", h.Level, printable(h.Rule)) // the sections above have the rest
		if h.Waived != nil {
			colour, said = "", "accepted "+said
		}
		if !seen[said] {
			seen[said] = true
			t.words(indent, colour, "! "+said)
		}
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
		if f.Class == diff.Image && limit > 0 { // the images have the whole
			if from, to, ok := tags(before, after); ok {
				before, after = from, to
			}
		}
		if diag.Columns(path+before+after)+indent+6 <= t.options.Width {
			t.line(indent, path+": "+t.paint(gone, before)+" -> "+t.paint(added, after))
			return
		}
		t.line(indent, path+":")
		if diag.Columns(before+after)+indent+6 <= t.options.Width {
			t.line(indent+2, t.paint(gone, before)+" -> "+t.paint(added, after))
			return
		}
		before, after = cutPair(before, after, limit)
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

// tags are what two images of one repository differ in.
func tags(before, after string) (from, to string, ok bool) {
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	slash := strings.LastIndexByte(before[:same], '/')
	colon := strings.LastIndexByte(before[:same], ':')
	if colon <= slash || colon+1 == len(before) || colon+1 == len(after) || strings.ContainsAny(before[colon:]+after[colon:], "/ \"'") {
		return "", "", false
	}
	return before[colon+1:], after[colon+1:], true
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
