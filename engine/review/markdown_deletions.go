package review

import (
	"fmt"
	"slices"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// manyNames is how many objects a row names; all names follow in a fold.
const manyNames = 8

// deletions lists what goes and what that really means: in a table with a row for
// each release that goes as a whole, for objects of one kind and meaning, and for
// those with nothing to lose; by kind where that has no room.
func (m markdown) deletions() part {
	if m.goes.objects == 0 && len(m.goes.releases) == 0 {
		return nil
	}
	title := fmt.Sprintf("\n#### 🗑 %s\n\n", count(m.goes.objects, "deletion", "deletions"))
	var rows, briefly [][]string
	for _, d := range m.goes.releases {
		row := []string{"release " + code(cut(d.name, longestName)), "", inMarkdown().departs(d, m.atlas)}
		rows, briefly = append(rows, row), append(briefly, row)
	}
	var long []deletion
	for _, d := range m.goes.told {
		consequence := prose(cut(d.consequence, longestLine))
		if d.rule != "" {
			consequence += " (" + code(cut(d.rule, longestName)) + ")"
		}
		row := []string{levelSign(d.level) + m.names(d.objects, manyNames), m.where(d.where), consequence}
		brief := slices.Clone(row)
		brief[0] = levelSign(d.level) + m.names(d.objects, 1)
		rows, briefly = append(rows, row), append(briefly, brief)
		if len(d.objects) > manyNames+1 {
			long = append(long, d)
		}
	}
	if rest := m.goes.others(); rest != "" {
		rows, briefly = append(rows, []string{rest, "", ""}), append(briefly, []string{rest, "", ""})
	}
	head, both := filled([]string{"object", "where", "what really happens"}, append(rows, briefly...))
	rows, briefly = both[:len(rows)], both[len(rows):]
	t := m.table(title, head, "deletion", "deletions")
	t.rest = nil
	for i, cells := range rows {
		t.items = append(t.items, words(row(briefly[i]), func() []string { return []string{row(cells)} }))
	}
	byKind := m.byKind(title, slices.Concat(m.goes.told, m.goes.quiet))
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
	kinds, counts := map[string][]manifest.ID{}, map[string]int{}
	for _, d := range gone {
		for i, id := range d.objects { // of blockers they are of several kinds
			kind := kindOf(id)
			if kinds[kind] == nil {
				order = append(order, kind)
			}
			kinds[kind] = append(kinds[kind], id)
			counts[kind] += d.on[i]
		}
	}
	l := list{open: title, quota: []int{50}, rest: func(n int) string {
		left := 0
		for _, kind := range order[len(order)-n:] {
			left += counts[kind]
		}
		return m.more("deletion", "deletions")(left)
	}}
	for _, kind := range order {
		l.items = append(l.items, m.counted("", kind, counts[kind], kinds[kind]))
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
