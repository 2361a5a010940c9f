package review

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
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
	m.goes = r.gone()
	document := list{open: m.title()}
	document.items, document.quota = m.sections()
	document.rest = m.more("part of the review", "parts of the review")
	if r.Verdict != Same {
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
	goes    farewell
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
	point := func(p Point) string { return p.side(func(s string) string { return code(cut(s, longestTitle)) }) }
	points := "\n" + m.compared(point) + "\n"
	if m.atlas.common == nil {
		return words(points, nil)
	}
	return words(points, func() []string {
		return []string{points + "\n" + inMarkdown().sameEverywhere(m.Review, m.atlas, m.sheets) + "\n"}
	})
}

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

func (m markdown) footer() string {
	var parts []string
	if m.Command != "" {
		command := code(m.Command)
		for limit := longestFooter; len(command) > longestFooter; limit /= 2 {
			command = code(cut(m.Command, limit))
		}
		parts = append(parts, "reproduce with: "+command)
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
