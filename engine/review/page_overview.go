package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// pageSection is a table above the objects. Its title is the one of the other
// views; where a filter hides rows, the page counts what is left of its noun.
type pageSection struct {
	Noun   string     `json:"noun"`
	Title  string     `json:"title"`
	Head   []string   `json:"head"`
	Folded bool       `json:"folded,omitempty"`
	Matrix bool       `json:"matrix,omitempty"` // the places are columns
	Items  []pageItem `json:"items"`
}

// pageItem is a row of it, with what it is filtered by.
type pageItem struct {
	Level    risk.Level   `json:"l,omitempty"`
	Waived   bool         `json:"waived,omitempty"`
	Count    int          `json:"n"` // for how many it stands
	Cells    [][]pagePart `json:"c"`
	Place    int          `json:"p"` // -1: none
	Releases []int        `json:"r"` // empty: any
}

// pagePart is a part of a cell: one of its fields.
type pagePart struct {
	Text    string     `json:"t,omitempty"`
	Code    string     `json:"c,omitempty"`
	Faint   string     `json:"f,omitempty"`
	Names   []pageName `json:"o,omitempty"`
	Release *int       `json:"r,omitempty"`
}

// pageName is an object, and its row or -1.
type pageName struct {
	Name string `json:"n"`
	Row  int    `json:"r"`
}

func (p *pager) overview() []pageSection {
	var all []pageSection
	add := func(s pageSection) {
		if len(s.Items) > 0 {
			all = append(all, s)
		}
	}
	add(p.findings("Blockers", p.of(risk.Block)))
	add(p.deletions())
	cautions, told := p.cautions(p.gone())
	section := p.findings("Cautions", cautions)
	if told > 0 {
		section.Title = fmt.Sprintf("Cautions (%s, and %s among the deletions)", number(len(cautions)), number(told))
	}
	add(section)
	add(p.findings("Accepted", p.waived()))
	notes := p.findings("Notes", p.notes())
	notes.Folded = true
	add(notes)
	add(p.sentences("Acceptances", p.Stale))
	add(p.sentences("Remarks", p.Review.Notes))
	add(p.restarts())
	add(p.images())
	add(p.charts())
	add(p.fleet())
	return all
}

func titled(noun string, n int) string { return fmt.Sprintf("%s (%s)", noun, number(n)) }

func cellOf(s string) []pagePart { return []pagePart{{Text: s}} }

// names are objects, with the rows that are about them.
func (p *pager) names(release string, hook bool, ids []manifest.ID) (pagePart, []int) {
	var part pagePart
	var releases []int
	kind := ""
	for _, id := range ids {
		name := named(id)
		if k := kindOf(id) + " "; k == kind {
			name = strings.TrimPrefix(name, k)
		} else {
			kind = k
		}
		row := -1
		rows := p.rows[subject{release, id, hook}]
		if release == "" {
			rows = p.rows[subject{object: id}]
		}
		for i, r := range rows {
			if i == 0 {
				row = r
			}
			releases = with(releases, p.made[r].Release)
		}
		part.Names = append(part.Names, pageName{name, row})
	}
	return part, releases
}

func with(all []int, n int) []int { return []int(Where(all).with(n)) }

// releaseOf is the number of a release.
func (p *pager) releasesOf(names ...string) []int {
	var all []int
	for i, s := range p.sheets {
		for _, name := range names {
			if s.Name == name {
				all = append(all, i)
			}
		}
	}
	return all
}

func (p *pager) findings(noun string, hits []Hit) pageSection {
	s := pageSection{Noun: noun, Title: titled(noun, len(hits)), Head: []string{"Object", "Why", "Where"}}
	for _, f := range grouped(hits) {
		var about []pagePart
		releases := p.releasesOf(f.Release)
		switch {
		case f.Object != manifest.ID{}:
			part, _ := p.names(f.Release, f.Hook, f.objects)
			about = append(about, part)
		case f.Release != "":
			about = append(about, pagePart{Text: p.letters.subject(f, 1)})
		default:
			about = append(about, pagePart{Text: p.letters.subject(f, 1)})
		}
		if len(f.Path) > 0 {
			about = append(about, pagePart{Code: printable(cut(f.Path.String(), longestLine))})
		}
		why := []pagePart{{Text: p.reason(f.Hit)}}
		if f.Waived != nil {
			why = append(why, pagePart{Faint: "– " + p.accepted(f.Waived)})
		}
		why = append(why, pagePart{Faint: "(" + printable(f.Rule) + ")"})
		s.Items = append(s.Items, pageItem{Level: f.Level, Waived: f.Waived != nil, Count: len(f.objects), Cells: [][]pagePart{about, why}, Place: p.place(f.Where), Releases: releases})
	}
	return s
}

func (p *pager) deletions() pageSection {
	goes := p.gone()
	s := pageSection{Noun: "Deletions", Title: titled("Deletions", goes.objects), Head: []string{"Object", "What really happens", "Where"}}
	for _, d := range goes.releases {
		said, undeclared := p.letters.departs(d, p.atlas)
		what := []pagePart{{Text: said}}
		if undeclared != "" {
			what = append(what, pagePart{Text: "– " + undeclared})
		}
		s.Items = append(s.Items, pageItem{Cells: [][]pagePart{{{Text: "release " + printable(d.name)}}, what}, Place: p.place(d.where), Releases: p.releasesOf(d.name)})
	}
	for _, d := range slices.Concat(goes.told, goes.quiet) {
		part, releases := p.names("", false, d.objects)
		what := cellOf(printable(d.consequence))
		if d.rule != "" {
			what = append(what, pagePart{Faint: "(" + printable(d.rule) + ")"})
		}
		s.Items = append(s.Items, pageItem{Level: d.level, Count: d.count, Cells: [][]pagePart{{part}, what}, Place: p.place(d.where), Releases: releases})
	}
	return s
}

func (p *pager) sentences(noun string, all []string) pageSection {
	s := pageSection{Noun: noun, Title: noun}
	for _, sentence := range all {
		s.Items = append(s.Items, pageItem{Count: 1, Cells: [][]pagePart{cellOf(printable(sentence))}, Place: -1})
	}
	return s
}

func (p *pager) restarts() pageSection {
	s := pageSection{Noun: "Restarts", Title: "Restarts: " + p.restarted(), Head: []string{"Workload", "Why", "Where"}}
	for _, by := range p.byWhy() {
		for _, w := range by.workloads {
			part, releases := p.names("", false, w.objects)
			pods := strings.TrimSpace(p.letters.pods(p.Review, w, func(Where) string { return "" }))
			s.Items = append(s.Items, pageItem{Count: len(w.objects), Cells: [][]pagePart{{part}, {{Text: printable(by.why)}, {Faint: pods}}}, Place: p.place(w.where), Releases: releases})
		}
	}
	return s
}

func (p *pager) images() pageSection {
	s := pageSection{Noun: "Images", Title: titled("Images", len(p.Images)), Head: []string{"Image", "From → to", "Where"}}
	for _, i := range p.Images {
		part, releases := p.names("", false, i.Workloads)
		s.Items = append(s.Items, pageItem{Count: 1, Cells: [][]pagePart{p.stepper(i.Repository, i.Was), {{Text: p.stepped(i.From, i.To, i.Step)}, part}}, Place: p.place(i.Where), Releases: releases})
	}
	return s
}

func (p *pager) charts() pageSection {
	s := pageSection{Noun: "Charts", Title: titled("Charts", len(p.Charts)), Head: []string{"Chart", "From → to", "Where"}}
	for _, c := range p.Charts {
		moves := []pagePart{{Text: p.stepped(c.From, c.To, c.Step)}}
		if cause := c.cause(); cause != "" {
			moves = append(moves, pagePart{Faint: cause})
		}
		releases := p.releasesOf(c.Releases...)
		for _, r := range releases {
			moves = append(moves, pagePart{Release: &r})
		}
		s.Items = append(s.Items, pageItem{Count: 1, Cells: [][]pagePart{p.stepper(c.Name, c.Was), moves}, Place: p.place(c.Where), Releases: releases})
	}
	return s
}

func (p *pager) stepper(name, was string) []pagePart {
	parts := []pagePart{{Code: printable(name)}}
	if was != "" {
		parts = append(parts, pagePart{Faint: "was " + printable(was)})
	}
	return parts
}

func (p *pager) stepped(from, to, step string) string {
	said := p.letters.steps(from, to)
	if note := imageNote(step); note != "" {
		said += " (" + printable(note) + ")"
	}
	return said
}

// fleet says where which release changes in which way, as the matrix of Markdown
// does: targets where all releases change in the same way share a column.
func (p *pager) fleet() pageSection {
	classes := p.classes(p.sheets)
	if len(p.Targets) < 2 || len(classes) == 0 || p.atlas.common != nil {
		return pageSection{}
	}
	s := pageSection{Noun: "Where", Title: "Where", Head: []string{"Release"}, Matrix: true}
	if still := len(p.Targets) - p.changing(); still > 0 {
		s.Title += "; " + count(still, "target does", "targets do") + " not change"
	}
	wide := len(classes) > mostColumns
	if wide {
		s.Matrix = false
		s.Head = []string{"Release", "Changes"}
	} else {
		for _, w := range classes {
			s.Head = append(s.Head, p.atlas.of(w))
		}
	}
	for i, sheet := range p.sheets {
		cells := [][]pagePart{{{Release: &i}}}
		switch {
		case wide:
			var ways []pagePart
			for j, g := range sheet.Groups {
				way := ""
				if len(sheet.Groups) > 1 {
					way = diff.Letter(j) + " "
				}
				ways = append(ways, pagePart{Text: way + g.Counts.String() + " on " + p.atlas.of(g.Where)})
			}
			cells = append(cells, ways)
		default:
			for _, w := range classes {
				cells = append(cells, cellOf(strings.ReplaceAll(cell(sheet, w[0]), "**", "")))
			}
		}
		s.Items = append(s.Items, pageItem{Level: sheet.level, Count: 1, Cells: cells, Place: p.place(sheet.where), Releases: []int{i}})
	}
	return s
}
