package review

import (
	"strings"
	"unicode/utf8"
)

// opened is fields as they are shown where lines are cut at about limit
// characters. A text whose changed lines do not fit, such as a document of JSON
// on one line, is shown by its own fields where it has some: a cut line would not
// tell what changed. 0 is no limit.
func opened(fields []placed, limit int) []placed {
	var all []placed
	for i, f := range fields {
		if f.Inner == nil || len(f.Inner.Fields) == 0 || !isCut(f.Inner.Text, limit) {
			if all != nil {
				all = append(all, f)
			}
			continue
		}
		if all == nil {
			all = append(make([]placed, 0, len(fields)+len(f.Inner.Fields)), fields[:i]...)
		}
		inside := make([]placed, len(f.Inner.Fields))
		for j, inner := range f.Inner.Fields {
			inside[j] = placed{inner, f.label + ": " + label(inner)}
			inside[j].Path = append(f.Path[:len(f.Path):len(f.Path)], inner.Path...)
		}
		all = append(all, opened(inside, limit)...)
	}
	if all == nil {
		return fields
	}
	return all
}

// isCut tells whether a changed line of hunks is longer than what is shown of one.
func isCut(hunks string, limit int) bool {
	if limit <= 0 || len(hunks) <= limit+cutNote {
		return false
	}
	for line := range strings.Lines(hunks) {
		if (line[0] == '-' || line[0] == '+') && utf8.RuneCountInString(line) > limit+cutNote {
			return true
		}
	}
	return false
}

// hunkLines are the lines of hunks of about limit characters each. Where as many
// lines go as come in their place, a long one is cut around what differs.
func hunkLines(hunks string, limit int) []string {
	all := lines(hunks)
	for i := 0; i < len(all); {
		gone := run(all[i:], "-")
		came := run(all[i+gone:], "+")
		if gone > 0 && gone == came {
			for j := i; j < i+gone; j++ {
				before, after := cutPair(all[j][1:], all[j+gone][1:], limit)
				all[j], all[j+gone] = "-"+before, "+"+after
			}
			i += 2 * gone
			continue
		}
		all[i] = cut(all[i], limit)
		i++
	}
	return all
}

// run counts the first lines that begin with sign.
func run(lines []string, sign string) int {
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], sign) {
		n++
	}
	return n
}
