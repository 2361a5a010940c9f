package review

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

func (t *terminal) summary() {
	colour := map[Verdict]string{Same: added, Routine: added, Changes: bold, Careful: warning, Blocked: alarm}[t.Verdict]
	verdict, rest, _ := strings.Cut(t.Review.summary(), " — ")
	verdict = t.paint(colour, verdict)
	if rest != "" {
		var parts []string
		for _, p := range strings.Split(rest, " · ") {
			parts = append(parts, glued(p))
		}
		verdict += " — " + strings.Join(parts, " · ")
	}
	t.words(0, "", verdict)
	t.line(0, t.paint(faint, t.compared(plainPoint)))
	if t.atlas.common != nil {
		t.words(0, faint, onTerminal().sameEverywhere(t.Review, t.atlas, t.sheets))
	}
	goes := t.gone()
	blockers := t.of(risk.Block)
	t.hits(fmt.Sprintf("Blockers (%s)", number(len(blockers))), alarm, blockers)
	t.deletions(goes)
	cautions, told := t.cautions(goes)
	title := fmt.Sprintf("Cautions (%s)", number(len(cautions)))
	if told > 0 {
		title = fmt.Sprintf("Cautions (%s, and %s among the deletions)", number(len(cautions)), number(told))
	}
	t.hits(title, warning, cautions)
	waived, notes := t.waived(), t.notes()
	t.hits(fmt.Sprintf("Accepted (%s)", number(len(waived))), faint, waived)
	t.hits(fmt.Sprintf("Notes (%s)", number(len(notes))), "", notes)
	t.sentences(warning, "Acceptances", t.Stale)
	t.sentences("", "Remarks", t.Notes)
	t.restarts()
	t.images()
	t.charts()
	t.fleet()
}

// sentences lists what is said by whoever made the review.
func (t *terminal) sentences(colour, title string, all []string) {
	if len(all) == 0 {
		return
	}
	t.head(colour, title)
	if !t.options.Full {
		all = told(all, manyNames)
	}
	for _, s := range all {
		t.words(2, "", printable(s))
	}
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

// manyNotes is how many findings of no level are shown.
const manyNotes = 10

// hits lists findings, a line or two each.
func (t *terminal) hits(title, colour string, hits []Hit) {
	if len(hits) == 0 {
		return
	}
	t.head(colour, title)
	all := grouped(hits)
	for i, f := range all {
		if i == manyNotes && f.Level == risk.Info && f.Waived == nil && !t.options.Full && len(all) > i+1 {
			t.line(2, t.paint(faint, fmt.Sprintf("and %s more (--full shows them)", number(len(all)-i))))
			break
		}
		limit := manyNames
		if t.options.Full {
			limit = len(f.objects)
		}
		said := onTerminal().subject(f, limit)
		if len(f.Path) > 0 {
			said += " " + glued(f.Path.String())
		}
		t.words(2, "", said+t.where(f.Where)+": "+printable(f.reason())+" ["+printable(f.Rule)+"]")
		if f.Waived != nil {
			t.words(4, faint, fmt.Sprintf("until %s: %s (%s)", f.Waived.Until.Format("2006-01-02"), printable(f.Waived.Reason), printable(at(f.Waived.Range.File, f.Waived.Range.Start.Line))))
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

// manyDeletions is how many lines of deletions without a risk are shown.
const manyDeletions = 30

func (t *terminal) deletions(goes farewell) {
	if goes.objects == 0 && len(goes.releases) == 0 {
		return
	}
	t.head(bold, fmt.Sprintf("Deletions (%s)", number(goes.objects)))
	for _, d := range goes.releases {
		t.words(2, "", "release "+printable(d.name)+" is "+onTerminal().departs(d, t.atlas))
	}
	for i, d := range goes.told {
		if i >= manyDeletions && d.level.Compare(risk.Caution) < 0 && len(goes.told) > i+1 && !t.options.Full {
			t.line(2, t.paint(faint, fmt.Sprintf("and %s more (--full shows them)", number(len(goes.told)-i))))
			break
		}
		said := t.names(d.objects, manyNames) + t.where(d.where) + ": " + printable(d.consequence)
		if d.rule != "" {
			said += " [" + printable(d.rule) + "]"
		}
		t.words(2, levelColour(d.level), said)
	}
	if !t.options.Full {
		if rest := goes.others(); rest != "" {
			t.words(2, faint, rest+" (--full lists them)")
		}
		return
	}
	for _, d := range goes.quiet {
		t.words(2, faint, t.names(d.objects, 0)+t.where(d.where)+": "+printable(d.consequence))
	}
}

func (t *terminal) restarts() {
	if len(t.Restarts) == 0 {
		return
	}
	t.head(bold, "Restarts: "+strings.Replace(strings.Replace(t.restarted(), " restarts", "", 1), " restart", "", 1))
	limit := manyNames
	if t.options.Full {
		limit = len(t.Restarts)
	}
	for _, by := range t.byWhy() {
		if len(by.workloads) == 1 {
			t.words(2, "", printable(by.why)+": "+onTerminal().rolls(t.Review, by.workloads[0], limit, t.where))
			continue
		}
		t.words(2, "", printable(by.why)+":")
		for i, w := range by.workloads {
			if i == manyWorkloads && len(by.workloads) > i+1 && !t.options.Full {
				t.line(4, t.paint(faint, fmt.Sprintf("and %s more (--full shows them)", number(len(by.workloads)-i))))
				break
			}
			t.words(4, "", onTerminal().rolls(t.Review, w, limit, t.where))
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

// fewReleases is how many releases say where they change themselves.
const fewReleases = 3

func (t *terminal) fleet() {
	releases := releasesOf(t.sheets)
	if len(t.Targets) < 2 || len(releases) <= fewReleases || t.atlas.common != nil {
		return
	}
	still := ""
	if n := len(t.Targets) - t.changing(); n > 0 {
		still = "; " + count(n, "target does", "targets do") + " not change"
	}
	t.head(bold, "Where"+still)
	for _, s := range releases {
		var said []string
		for _, g := range s.Groups {
			each := ""
			if len(g.Where) > 1 {
				each = " each"
			}
			said = append(said, g.Counts.String()+each+t.where(g.Where))
		}
		if !t.options.Full {
			said = limited(said, 12)
		}
		t.words(2, "", printable(s.Name)+": "+strings.Join(said, "; "))
	}
}
