package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// MarkdownOptions say how Markdown is written. The zero value is right for a
// comment on a pull request.
type MarkdownOptions struct {
	// Name tells several reviews of one pull request apart: it is part of the
	// marker and of the title.
	Name string
	// Report is where the whole review is to be found: the address or the name
	// of its HTML file. Whatever does not fit points there.
	Report string
	// Characters and Bytes are the budget: 60,000 and 240,000 where they are
	// zero, and at least SmallestBudget characters and four times as many bytes.
	Characters, Bytes int
}

// SmallestBudget is the number of characters in which a review can say what it
// must.
const SmallestBudget = 4000

// Longest texts of a repository in Markdown; what is longer is cut with a note.
const (
	longestLine = 300
	longestName = 160
	// What there is no way around is kept short enough for the smallest budget.
	longestTitle  = 40
	longestFooter = 600
)

// Markdown writes the review for a pull request: verdict, blockers, deletions,
// cautions, restarts, images, charts, where, and each release in a fold. It
// stays in its budget, whatever the review holds, and uses nothing but what
// GitHub, GitLab and Gitea all show.
func (r Review) Markdown(o MarkdownOptions) []byte {
	if o.Characters == 0 {
		o.Characters = 60_000
	}
	if o.Bytes == 0 {
		o.Bytes = 240_000
	}
	o.Characters = max(o.Characters, SmallestBudget)
	o.Bytes = max(o.Bytes, 4*SmallestBudget)

	m := markdown{Review: r, options: o, atlas: newAtlas(r.Targets), sheets: r.sheets()}
	m.atlas.common = r.common(m.sheets)
	document := list{open: m.title()}
	if r.Verdict != Same {
		document.items, document.quota = m.sections()
		document.rest = m.more("part of the review", "parts of the review")
		document.close = m.footer()
	}
	return []byte(document.fit(room{o.Characters, o.Bytes}))
}

func (m markdown) steps(from, to string) string { return inMarkdown().steps(from, to) }

type markdown struct {
	Review
	options MarkdownOptions
	atlas   atlas
	sheets  []sheet
}

func (m markdown) title() string {
	title := marker(m.options.Name) + "\n### " + signs[m.Verdict] + " "
	if m.options.Name != "" {
		title += prose(cut(m.options.Name, longestTitle)) + ": "
	}
	return title + m.summary() + "\n"
}

var signs = map[Verdict]string{Same: "⚪", Routine: "✅", Changes: "🔵", Careful: "⚠️", Blocked: "⛔"}

// sections are what the document says, in its order, and how much of the room
// that is left each may take while others wait.
func (m markdown) sections() ([]part, []int) {
	sections := []struct {
		part
		quota int
	}{
		{m.points(), 100},
		{m.blockers(), 40},
		{m.deletions(), 35},
		{m.cautions(), 30},
		{m.accepted(), 10},
		{m.restarts(), 10},
		{m.images(), 20},
		{m.charts(), 20},
		{m.fleet(), 20},
		{m.releases(), 100},
	}
	var parts []part
	var quota []int
	for _, s := range sections {
		if s.part != nil {
			parts = append(parts, s.part)
			quota = append(quota, s.quota)
		}
	}
	return parts, quota
}

// points says what was compared, and where it is the same everywhere.
func (m markdown) points() part {
	points := "\n" + m.compared(m.point) + "\n"
	if m.atlas.common == nil {
		return words(points, nil)
	}
	return words(points, func() []string {
		return []string{points + "\n" + inMarkdown().sameEverywhere(m.Review, m.atlas) + "\n"}
	})
}

func (m markdown) point(p Point) string {
	what := map[PointKind]string{Directory: "the project as it is", State: "the canonical state", Revision: "revision"}[p.Kind]
	if p.Ref != "" {
		what += " " + code(cut(p.Ref, longestTitle))
	}
	if p.Commit != "" && !strings.HasPrefix(p.Commit, p.Ref+" ") && p.Ref != p.Commit {
		what += " (" + code(short(p.Commit)) + ")"
	}
	return what
}

func short(commit string) string { return commit[:min(len(commit), 12)] }

// more counts what was left out, and says where it is.
func (m markdown) more(one, many string) func(int) string {
	return func(n int) string {
		return fmt.Sprintf("\n*+%s more%s*\n", count(n, one, many), m.pointer())
	}
}

func (m markdown) pointer() string {
	if m.options.Report == "" {
		return ""
	}
	return " in the full report"
}

// where says where in words, nothing where that tells nothing.
func (m markdown) where(w Where) string {
	if !m.atlas.tells(w) {
		return ""
	}
	return prose(m.atlas.of(w))
}

// names lists objects, the rest counted from limit on.
func (m markdown) names(ids []manifest.ID, limit int) string { return inMarkdown().names(ids, limit) }

// blockers lists what blocks: each with its reason; where there is no room for
// that by name; where there is none for all the names by rule and kind, counted.
func (m markdown) blockers() part {
	hits := m.of(risk.Block)
	if len(hits) == 0 {
		return nil
	}
	head := fmt.Sprintf("\n#### ⛔ %s\n\n", count(len(hits), "blocker", "blockers"))
	return choice{m.findings(head, "", hits), m.byRule(head, "", hits)}
}

// openCautions is how many cautions stand in the open; more are folded.
const openCautions = 8

func (m markdown) cautions() part {
	hits := m.of(risk.Caution)
	if len(hits) == 0 {
		return nil
	}
	head, foot := fmt.Sprintf("\n#### ⚠️ %s\n\n", count(len(hits), "caution", "cautions")), ""
	if len(grouped(hits)) > openCautions {
		head, foot = m.fold("⚠️ <b>"+count(len(hits), "caution", "cautions")+"</b>: "+m.rules(hits), false)
		head += "\n"
	}
	return choice{m.findings(head, foot, hits), m.byRule(head, foot, hits)}
}

// accepted are hits that somebody accepted, those for information, and what is
// wrong with the acceptances.
func (m markdown) accepted() part {
	var parts []part
	if waived := m.waived(); len(waived) > 0 {
		head, foot := m.fold(count(len(waived), "risk", "risks")+" accepted: "+m.rules(waived), false)
		parts = append(parts, choice{m.findings(head+"\n", foot, waived), m.byRule(head+"\n", foot, waived)})
	}
	if info := m.notes(); len(info) > 0 {
		head, foot := m.fold(fmt.Sprintf("ℹ️ %s: %s", count(len(info), "note", "notes"), m.rules(info)), false)
		parts = append(parts, choice{m.findings(head+"\n", foot, info), m.byRule(head+"\n", foot, info)})
	}
	if len(m.Stale) > 0 {
		stale := list{open: "\n", rest: m.more("acceptance that expired or met nothing", "acceptances that expired or met nothing")}
		for _, s := range m.Stale {
			stale.items = append(stale.items, words("- ⚠️ "+prose(cut(s, longestLine))+"\n", nil))
		}
		parts = append(parts, stale)
	}
	if len(m.Notes) > 0 {
		notes := list{open: "\n", rest: m.more("remark", "remarks")}
		for _, s := range m.Notes {
			notes.items = append(notes.items, words("- ℹ️ "+prose(cut(s, longestLine))+"\n", nil))
		}
		parts = append(parts, notes)
	}
	if parts == nil {
		return nil
	}
	return list{items: parts}
}

// fold opens and closes a fold; the summary is HTML.
func (m markdown) fold(summary string, open bool) (head, foot string) {
	tag := "<details>"
	if open {
		tag = "<details open>"
	}
	return "\n" + tag + "<summary>" + summary + "</summary>\n", "\n</details>\n"
}

// manyRules is how many rules a summary names.
const manyRules = 6

// rules counts hits by rule, for a summary.
func (m markdown) rules(hits []Hit) string {
	counts, order := map[string]int{}, []string(nil)
	for _, h := range hits {
		if counts[h.Rule]++; counts[h.Rule] == 1 {
			order = append(order, h.Rule)
		}
	}
	var list []string
	for i, rule := range order {
		if i == manyRules && len(order) > manyRules+1 {
			list = append(list, fmt.Sprintf("%d more", len(order)-i))
			break
		}
		entry := htmlCode(cut(rule, longestName))
		if counts[rule] > 1 {
			entry += " " + number(counts[rule])
		}
		list = append(list, entry)
	}
	return strings.Join(list, ", ")
}

// findings is a line for each hit, those that differ in their object in one.
func (m markdown) findings(head, foot string, hits []Hit) part {
	l := list{open: head, close: foot, quota: []int{25}}
	for _, f := range grouped(hits) {
		tail := " (" + code(cut(f.Rule, longestName))
		if f.Release != "" && f.Object != (manifest.ID{}) && len(m.Releases) > 1 {
			tail += " in " + code(cut(f.Release, longestName))
		}
		if where := m.where(f.Where); where != "" {
			tail += " on " + where
		}
		tail += ")"
		path := ""
		if len(f.Path) > 0 {
			path = " " + code(cut(f.Path.String(), longestName))
		}
		said := func(limit int) string {
			return "- " + inMarkdown().subject(f, limit) + path + ": " + m.reason(f.Hit) + tail + "\n"
		}
		l.items = append(l.items, words("- "+inMarkdown().subject(f, 3)+tail+"\n", func() []string {
			return []string{said(25), said(8), said(3)}
		}))
	}
	return l
}

// reason is why, what it means, and of an accepted hit until when.
func (m markdown) reason(h Hit) string {
	reason := h.Reason
	if h.Consequence != "" {
		reason += ": " + h.Consequence
	}
	reason = prose(cut(reason, 2*longestLine))
	if h.Waived != nil {
		reason += fmt.Sprintf("; accepted until %s: %s", h.Waived.Until.Format("2006-01-02"), prose(cut(h.Waived.Reason, longestLine)))
		if file := h.Waived.Range.File; file != "" {
			reason += ", " + code(cut(at(file, h.Waived.Range.Start.Line), longestName))
		}
	}
	return reason
}

func at(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// byRule names the objects of each rule and kind, as many as there is room for.
func (m markdown) byRule(head, foot string, hits []Hit) part {
	type key struct{ rule, kind string }
	objects := map[key][]manifest.ID{}
	var order []key
	for _, h := range hits {
		k := key{h.Rule, kindOf(h.Object)}
		if h.Object == (manifest.ID{}) {
			k.kind = "release"
			h.Object.Name = h.Release
		}
		if objects[k] == nil {
			order = append(order, k)
		}
		objects[k] = append(objects[k], h.Object)
	}
	l := list{open: head, close: foot, quota: []int{50}, rest: func(n int) string {
		left := 0
		for _, k := range order[len(order)-n:] {
			left += len(objects[k])
		}
		return m.more("finding", "findings")(left)
	}}
	for _, k := range order {
		l.items = append(l.items, m.counted(code(cut(k.rule, longestName))+" ", k.kind, objects[k]))
	}
	return l
}

// counted is a line with a number of objects of a kind, and as many of their
// names as there is room for.
func (m markdown) counted(head, kind string, ids []manifest.ID) part {
	head = "- " + head + "**" + number(len(ids)) + " × " + prose(cut(kind, longestName)) + "**"
	return words(head+"\n", func() []string {
		var forms []string
		for limit := len(ids); limit > 0; limit /= 2 {
			names := strings.TrimPrefix(m.plainNames(kind, ids, limit), ", ")
			forms = append(forms, head+": "+names+"\n")
		}
		return forms
	})
}

// plainNames lists objects without their kind.
func (m markdown) plainNames(kind string, ids []manifest.ID, limit int) string {
	var b strings.Builder
	for i, id := range ids[:min(limit, len(ids))] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(code(cut(strings.TrimPrefix(named(id), kind+" "), longestName)))
	}
	if limit < len(ids) {
		fmt.Fprintf(&b, " and %s more", number(len(ids)-limit))
	}
	return b.String()
}

// table is rows below a head, the cells escaped already.
func (m markdown) table(title string, head []string, one, many string) list {
	return list{
		open:  title + row(head) + row(slices.Repeat([]string{"---"}, len(head))),
		quota: []int{50},
		rest:  m.more(one, many),
	}
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// filled drops columns in which no row says anything.
func filled(head []string, rows [][]string) ([]string, [][]string) {
	for column := len(head) - 1; column >= 0; column-- {
		if slices.ContainsFunc(rows, func(row []string) bool { return row[column] != "" }) {
			continue
		}
		head = slices.Delete(slices.Clone(head), column, column+1)
		for i := range rows {
			rows[i] = slices.Delete(slices.Clone(rows[i]), column, column+1)
		}
	}
	return head, rows
}

// manyNames is how many objects a row names; all names follow in a fold.
const manyNames = 8

// deletions lists the objects that go and what that really means: in a table
// with a row for those of one kind and meaning; by kind where that has no room.
func (m markdown) deletions() part {
	gone, objects := m.gone()
	if objects == 0 {
		return nil
	}
	title := fmt.Sprintf("\n#### 🗑 %s\n\n", count(objects, "deletion", "deletions"))
	rows := make([][]string, len(gone))
	var long []deletion
	for i, d := range gone {
		rows[i] = []string{levelSign(d.level) + m.names(d.objects, manyNames), m.where(d.where), prose(cut(d.consequence, longestLine))}
		if len(d.objects) > manyNames+1 {
			long = append(long, d)
		}
	}
	head, rows := filled([]string{"object", "where", "what really happens"}, rows)
	t := m.table(title, head, "deletion", "deletions")
	t.rest = nil
	for i, cells := range rows {
		brief := slices.Clone(cells)
		brief[0] = levelSign(gone[i].level) + m.names(gone[i].objects, 1)
		t.items = append(t.items, words(row(brief), func() []string { return []string{row(cells)} }))
	}
	byKind := m.byKind(title, gone)
	if long == nil {
		return choice{t, byKind}
	}
	open, end := m.fold("all names", false)
	names := m.byKind(open+"\n", long)
	names.close = end
	return choice{list{items: []part{t, either{names, list{}}}}, byKind}
}

// byKind names what goes, as far as there is room, and counts the rest.
func (m markdown) byKind(title string, gone []deletion) list {
	var order []string
	kinds := map[string][]manifest.ID{}
	for _, d := range gone {
		kind := kindOf(d.objects[0])
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], d.objects...)
	}
	l := list{open: title, quota: []int{50}, rest: func(n int) string {
		left := 0
		for _, kind := range order[len(order)-n:] {
			left += len(kinds[kind])
		}
		return m.more("deletion", "deletions")(left)
	}}
	for _, kind := range order {
		l.items = append(l.items, m.counted("", kind, kinds[kind]))
	}
	return l
}

func levelSign(level risk.Level) string {
	switch level {
	case risk.Block:
		return "⛔ "
	case risk.Caution:
		return "⚠️ "
	}
	return ""
}

// restarts forecasts which workloads roll, by reason.
func (m markdown) restarts() part {
	if len(m.Restarts) == 0 {
		return nil
	}
	l := list{
		open:  fmt.Sprintf("\n#### ↻ %s\n\n", m.restarted()),
		quota: []int{50},
		rest:  m.more("reason", "reasons"),
	}
	for _, by := range m.byWhy() {
		l.items = append(l.items, m.restarting(by))
	}
	return l
}

func (m markdown) restarting(w why) part {
	head := "- " + prose(w.why) + ": "
	named := func(limit, each int) string {
		var said []string
		for _, w := range w.workloads {
			said = append(said, m.names(w.objects, each)+" ("+m.rolls(w, m.where)+")")
		}
		return head + strings.Join(limited(said, limit), ", ") + "\n"
	}
	return words(head+count(w.count, "workload", "workloads")+"\n", func() []string {
		return []string{named(25, manyNames), named(10, 4), named(3, 2)}
	})
}

func (m markdown) images() part {
	if len(m.Images) == 0 {
		return nil
	}
	var rows [][]string
	var objects [][]manifest.ID
	for _, i := range m.Images {
		repository := code(cut(i.Repository, longestName))
		if i.Was != "" {
			repository += ", was " + code(cut(i.Was, longestName))
		}
		rows = append(rows, []string{repository, m.steps(i.From, i.To), imageStep(i.Step), m.where(i.Where), ""})
		objects = append(objects, i.Workloads)
	}
	return m.stepped("\n#### Images\n\n", []string{"image", "from → to", "step", "where", "workloads"}, rows, objects)
}

// stepped is a table whose last column names objects, fewer where room is short.
func (m markdown) stepped(title string, head []string, rows [][]string, objects [][]manifest.ID) part {
	for i := range rows {
		rows[i][len(head)-1] = m.names(objects[i], 1)
	}
	head, rows = filled(head, rows)
	t := m.table(title, head, "image", "images")
	for i, cells := range rows {
		t.items = append(t.items, words(row(cells), func() []string {
			more := slices.Clone(cells)
			more[len(more)-1] = m.names(objects[i], 6)
			return []string{row(more)}
		}))
	}
	return t
}

// imageStep is a note on a step, what deserves attention in bold.
func imageStep(step string) string {
	switch note := imageNote(step); step {
	case "major":
		return "**major**"
	case "digest":
		return "same tag, **new digest**"
	case "unpinned":
		return "**digest dropped**"
	default:
		return prose(note)
	}
}

func (m markdown) charts() part {
	if len(m.Charts) == 0 {
		return nil
	}
	var rows [][]string
	for _, c := range m.Charts {
		name := code(cut(c.Name, longestName))
		if c.Was != "" {
			name += ", was " + code(cut(c.Was, longestName))
		}
		var releases []string
		for _, r := range c.Releases {
			releases = append(releases, code(cut(r, longestName)))
		}
		rows = append(rows, []string{name, m.steps(c.From, c.To), imageStep(c.Step), strings.Join(limited(releases, manyTargets), ", "), m.where(c.Where), c.cause()})
	}
	head, rows := filled([]string{"chart", "from → to", "step", "releases", "where", "cause of"}, rows)
	t := m.table("\n#### Charts\n\n", head, "chart", "charts")
	for _, cells := range rows {
		t.items = append(t.items, words(row(cells), nil))
	}
	return t
}

func (m markdown) footer() string {
	var parts []string
	if m.Command != "" {
		command := code(m.Command)
		for limit := longestFooter; len(command) > longestFooter; limit /= 2 {
			command = code(cut(m.Command, limit))
		}
		parts = append(parts, "reproduce with "+command)
	}
	link := "[full report](" + address(m.options.Report) + ")"
	switch report := m.options.Report; {
	case report == "":
	case !strings.HasPrefix(report, "https://") && !strings.HasPrefix(report, "http://"):
		parts = append(parts, "full report: "+code(cut(report, longestTitle)))
	case len(link) <= longestFooter:
		parts = append(parts, link)
	}
	if parts == nil {
		return ""
	}
	return "\n---\n" + strings.Join(parts, " · ") + "\n"
}
