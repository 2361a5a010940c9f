package review

import (
	"fmt"
	"slices"
	"strings"

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
	Rest   string     `json:"rest,omitempty"`   // what is quiet, in words
	Items  []pageItem `json:"items"`
}

// pageItem is a row of it, with what it is filtered by.
type pageItem struct {
	Level    risk.Level   `json:"l,omitempty"`
	Waived   bool         `json:"waived,omitempty"`
	Quiet    bool         `json:"quiet,omitempty"` // behind a button
	Count    int          `json:"n"`               // for how many it stands
	Cells    [][]pagePart `json:"c"`
	Place    int          `json:"p"` // -1: none
	Releases []int        `json:"r"` // empty: any
}

// pagePart is a part of a cell: one of its fields. Text begins a line, and is what
// a release is called where it leads to one.
type pagePart struct {
	Text    string     `json:"t,omitempty"`
	Code    string     `json:"c,omitempty"`
	Faint   string     `json:"f,omitempty"`
	Names   []pageName `json:"o,omitempty"`
	Release *int       `json:"r,omitempty"`
}

// pageName is an object, its row or -1, and in which namespaces it and those
// before it are where these are several.
type pageName struct {
	Name string `json:"n"`
	Row  int    `json:"r"`
	In   string `json:"in,omitempty"`
}

func (p *pager) overview() []pageSection {
	var all []pageSection
	add := func(s pageSection) {
		if len(s.Items) > 0 {
			all = append(all, s)
		}
	}
	add(p.findings("Blockers", p.of(risk.Block)))
	goes := p.gone()
	add(p.deletions(goes))
	cautions, told := p.cautions(goes)
	section := p.findings("Cautions", cautions)
	if told > 0 {
		section.Title = fmt.Sprintf("Cautions (%s, and %s among the deletions)", number(len(cautions)), number(told))
	}
	add(section)
	add(p.findings("Accepted", p.waived()))
	notes := p.findings("Notes", p.notes())
	notes.Folded = len(notes.Items) > manyNotes
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

// names are objects, with the rows that are about them and the releases of these:
// of one release, or of any where that is empty.
func (p *pager) names(release string, hook bool, ids []manifest.ID) (pagePart, []int) {
	type key struct{ kind, name string }
	rows := map[key]int{}
	var releases []int
	for _, id := range ids {
		found := p.rows[subject{release, id, hook}]
		if release == "" {
			found = p.rows[subject{object: id}]
		}
		for _, row := range found {
			if k := (key{kindOf(id), printable(id.Name)}); rows[k] == 0 {
				rows[k] = row + 1
			}
			releases = with(releases, p.made[row].Release)
		}
	}
	var part pagePart
	all, kind := things(ids), ""
	for i, t := range all {
		name := pageName{Name: t.name, Row: rows[key{t.kind, t.name}] - 1}
		if len(t.namespaces) == 1 && t.namespaces[0] != "" {
			name.Name = t.namespaces[0] + "/" + t.name
		}
		if t.kind != kind {
			kind, name.Name = t.kind, t.kind+" "+name.Name
		}
		if len(t.namespaces) > 1 && (i+1 == len(all) || !slices.Equal(all[i+1].namespaces, t.namespaces)) {
			name.In = p.letters.inside(t.namespaces)
			kind = "" // to be said again
		}
		part.Names = append(part.Names, name)
	}
	return part, releases
}

func with(all []int, n int) []int { return []int(Where(all).with(n)) }

// releasesOf are the numbers of releases.
func (p *pager) releasesOf(names ...string) []int {
	var all []int
	for i, s := range p.sheets {
		if slices.Contains(names, s.Name) {
			all = append(all, i)
		}
	}
	return all
}

// link is a release, by which the page can be filtered.
func (p *pager) link(text string, release int) pagePart {
	return pagePart{Text: text, Release: &release}
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
		case len(releases) == 1:
			about = append(about, p.link(p.letters.subject(f, 1), releases[0]))
		default:
			about = append(about, pagePart{Text: p.letters.subject(f, 1)})
		}
		if len(f.Path) > 0 {
			about = append(about, pagePart{Code: printable(cut(f.Path.String(), longestLine))})
		}
		why := []pagePart{{Text: p.reason(f.Hit)}, {Faint: "(" + printable(f.Rule) + ")"}}
		if f.Waived != nil {
			why = append(why, pagePart{Text: p.accepted(f.Waived)})
		}
		s.Items = append(s.Items, pageItem{Level: f.Level, Waived: f.Waived != nil, Count: len(things(f.objects)), Cells: [][]pagePart{about, why}, Place: p.place(f.Where), Releases: releases})
	}
	return s
}

// deletions are those of releases as a whole, then the objects with something to
// lose; the others are behind a button.
func (p *pager) deletions(goes farewell) pageSection {
	s := pageSection{Noun: "Deletions", Title: titled("Deletions", goes.objects), Head: []string{"Object", "What really happens", "Where"}, Rest: goes.others()}
	for _, d := range goes.releases {
		what := cellOf(p.letters.departs(d, p.atlas))
		item := pageItem{Cells: [][]pagePart{{{Text: "release " + printable(d.name)}}, what}, Place: p.place(d.where), Releases: p.releasesOf(d.name)}
		if len(item.Releases) == 1 {
			item.Cells[0][0].Release = &item.Releases[0]
		}
		s.Items = append(s.Items, item)
	}
	if s.Rest == "" {
		s.Rest = "show the objects"
	}
	for i, d := range slices.Concat(goes.told, goes.quiet) {
		part, releases := p.names("", false, d.objects)
		what := cellOf(printable(d.consequence))
		if d.rule != "" {
			what = append(what, pagePart{Faint: "(" + printable(d.rule) + ")"})
		}
		s.Items = append(s.Items, pageItem{Level: d.level, Quiet: i >= len(goes.told), Count: d.count, Cells: [][]pagePart{{part}, what}, Place: p.place(d.where), Releases: releases})
	}
	return s
}

func (p *pager) sentences(noun string, all []string) pageSection {
	s := pageSection{Noun: noun, Title: noun}
	for _, sentence := range told(all, len(all)) {
		s.Items = append(s.Items, pageItem{Count: 1, Cells: [][]pagePart{cellOf(printable(sentence))}, Place: -1})
	}
	return s
}

func (p *pager) restarts() pageSection {
	s := pageSection{Noun: "Restarts", Title: "Restarts: " + strings.Replace(strings.Replace(p.restarted(), " restarts", "", 1), " restart", "", 1), Head: []string{"Workload", "Why", "Where"}}
	for _, by := range p.byWhy() {
		for _, w := range by.workloads {
			ids := w.objects
			for _, spot := range w.spots[1:] {
				for _, id := range w.objects {
					id.Namespace = spot.Object.Namespace
					ids = append(slices.Clip(ids), id)
				}
			}
			part, releases := p.names("", false, ids)
			for i := range part.Names {
				part.Names[i].In = "" // which is said with the pods
			}
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
			moves = append(moves, p.link(p.called(r), r))
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

// called is what a release is called.
func (p *pager) called(release int) string {
	name, _ := p.sheets[release].title()
	return printable(name)
}

// fleet says where which release changes in which way, as the matrix of Markdown
// does: targets where all releases change in the same way share a column.
func (p *pager) fleet() pageSection {
	releases := releasesOf(p.sheets)
	classes := p.classes(releases)
	if len(p.Targets) < 2 || len(classes) == 0 || p.atlas.common != nil {
		return pageSection{}
	}
	s := pageSection{Noun: "Where", Title: "Where", Head: []string{"Release", "Changes"}, Matrix: len(classes) <= mostColumns}
	if still := len(p.Targets) - p.changing(); still > 0 {
		s.Title += "; " + count(still, "target does", "targets do") + " not change"
	}
	if s.Matrix {
		s.Head = s.Head[:1]
		for _, w := range classes {
			s.Head = append(s.Head, p.atlas.of(w))
		}
	}
	for i, sheet := range p.sheets {
		if sheet.CreateNamespace {
			continue
		}
		cells := [][]pagePart{{p.link(p.called(i), i)}}
		if s.Matrix {
			for _, w := range classes {
				cells = append(cells, cellOf(strings.ReplaceAll(cell(sheet, w[0]), "**", "")))
			}
		} else {
			var ways []pagePart
			for _, g := range sheet.Groups {
				each := ""
				if len(g.Where) > 1 {
					each = " each"
				}
				ways = append(ways, pagePart{Text: g.Counts.String() + each + " on " + p.atlas.of(g.Where)})
			}
			cells = append(cells, ways)
		}
		s.Items = append(s.Items, pageItem{Level: sheet.level, Count: 1, Cells: cells, Place: p.place(sheet.where), Releases: []int{i}})
	}
	return s
}
