package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

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
			said = append(said, inMarkdown().rolls(m.Review, w, each, m.where))
		}
		return head + strings.Join(limited(said, limit), "; ") + "\n"
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
	case "major", "downgrade":
		return "**" + note + "**"
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

// mostColumns is how many columns the matrix has at most.
const mostColumns = 8

// fleet says where which release changes in which way. Targets where all
// releases change in the same way share a column.
func (m markdown) fleet() part {
	releases := releasesOf(m.sheets)
	classes := m.classes(releases)
	if len(m.Targets) < 2 || len(classes) == 0 || m.atlas.common != nil {
		return nil
	}
	still := len(m.Targets) - m.changing()
	rest := ""
	if still > 0 {
		rest = fmt.Sprintf("\n%s not change.\n", count(still, "target does", "targets do"))
	}
	if len(classes) > mostColumns {
		return m.fleetList(rest, releases)
	}
	head := []string{"release"}
	for _, w := range classes {
		head = append(head, prose(m.atlas.of(w)))
	}
	t := m.table("\n#### Where\n\n", head, "release", "releases")
	t.close = rest
	for _, s := range releases {
		cells := []string{m.name(s)}
		for _, w := range classes {
			cells = append(cells, cell(s, w[0]))
		}
		t.items = append(t.items, words(row(cells), nil))
	}
	return t
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
func (m markdown) fleetList(rest string, releases []sheet) part {
	l := list{open: "\n#### Where\n\n", close: rest, quota: []int{30}, rest: m.more("release", "releases")}
	for _, s := range releases {
		ways := func(limit int) string {
			var said []string
			for i, g := range s.Groups {
				way := ""
				if len(s.Groups) > 1 {
					way = "**" + diff.Letter(i) + "** "
				}
				said = append(said, fmt.Sprintf("%s%s on %s", way, g.Counts, m.where(g.Where)))
			}
			return "- " + m.name(s) + ": " + strings.Join(limited(said, limit), "; ") + "\n"
		}
		l.items = append(l.items, words(fmt.Sprintf("- %s: %s\n", m.name(s), count(len(s.Groups), "way", "ways")), func() []string {
			return []string{ways(12), ways(4)}
		}))
	}
	return l
}
