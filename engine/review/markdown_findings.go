package review

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

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
	hits, told := m.Review.cautions(m.goes)
	if len(hits) == 0 {
		return nil
	}
	title, also := count(len(hits), "caution", "cautions"), ""
	if told > 0 {
		also = fmt.Sprintf(", and %s among the deletions", number(told))
	}
	head, foot := "\n#### ⚠️ "+title+also+"\n\n", ""
	if len(grouped(hits)) > openCautions {
		head, foot = m.fold("⚠️ <b>"+title+"</b>"+also+": "+m.rules(hits), false)
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
		for _, s := range told(m.Stale, manyNames) {
			stale.items = append(stale.items, words("- ⚠️ "+prose(cut(s, longestLine))+"\n", nil))
		}
		parts = append(parts, stale)
	}
	if len(m.Notes) > 0 {
		notes := list{open: "\n", rest: m.more("remark", "remarks")}
		for _, s := range told(m.Notes, manyNames) {
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
	reason := prose(cut(h.reason(), 2*longestLine))
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
		l.items = append(l.items, m.counted(code(cut(k.rule, longestName))+" ", k.kind, len(objects[k]), objects[k]))
	}
	return l
}

// counted is a line with a number of objects of a kind, and as many of their
// names as there is room for.
func (m markdown) counted(head, kind string, n int, ids []manifest.ID) part {
	head = "- " + head + "**" + number(n) + " × " + prose(cut(kind, longestName)) + "**"
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
