package diff

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/manifest"
)

// What stands in the place of a sensitive value may be the one that it was before:
// it is masked too, in a field of its own, in a value inside of a text, in a line.

// changed masks both sides of a field that has another value: what only one of
// them shows to be sensitive is hidden in the other, too.
func (m masker) changed(f Field, keys []string, l letters) Field {
	old, wasText := f.Before.(string)
	now, isText := f.After.(string)
	before, after := m.side(keys, f.Before, l), m.side(keys, f.After, l)
	hitBefore, hitAfter := !equal(before, f.Before), !equal(after, f.After)
	if !hitBefore && !hitAfter {
		return f
	}
	if wasText && isText && f.Inner != nil && !m.hides(keys, old) && !m.hides(keys, now) {
		if was, short := m.counterparts(f.Inner.Fields); !short {
			extra := newSecrets(was)
			before, after := sameLines(extra.text(before.(string), l), extra.text(after.(string), l))
			f.Before, f.After = before, after
			f.Inner = inner(before, after, f.Class)
			return f
		}
		hitBefore = !hitAfter
	}
	if wasText && isText && hitBefore && hitAfter {
		rest := func(v any) string { return inline.ReplaceAllString(toText(v), "") }
		hitBefore = rest(before) == rest(after) // else what differs beside them may belong to them
	}
	f.Inner = nil
	if hitBefore != hitAfter { // the other one may be what the variable was
		l = letters{}
		before, after = m.all(f.Before, l, keys), m.all(f.After, l, keys)
	}
	f.Before, f.After = before, after
	return f
}

func toText(v any) string {
	if masked, ok := v.(Masked); ok {
		return "(" + string(masked) + ")"
	}
	text, _ := v.(string)
	return text
}

// counterparts are the values in whose place sensitive ones came, or that came
// in theirs, inside of a text. It tells if one is too short to be found there.
func (m masker) counterparts(fields []Field) (values []string, short bool) {
	for _, f := range fields {
		if f.Status != manifest.Changed || f.Order || isTree(f.Before) || isTree(f.After) {
			continue
		}
		for _, side := range [][2]any{{f.Before, f.After}, {f.After, f.Before}} {
			sensitive, other := strings.TrimSuffix(token(side[0]), "\n"), strings.TrimSuffix(token(side[1]), "\n")
			if text, ok := side[0].(string); ok {
				sensitive = text
			}
			if text, ok := side[1].(string); ok {
				other = text
			}
			if m.In(sensitive) && !m.In(other) {
				values = append(values, other)
				short = short || utf8.RuneCountInString(strings.TrimSpace(other)) < shortest
			}
		}
	}
	return values, short
}

// all masks a scalar whatever it is, and a tree as trees are.
func (m masker) all(v any, l letters, keys []string) any {
	switch v.(type) {
	case nil, map[string]any, []any:
		return m.tree(keys, v)
	}
	return l.of(token(v))
}

// sameLines masks two texts, in which sensitive values are masked, by the line:
// where only one side had a sensitive value, what the line's counterpart says
// is masked too.
func sameLines(before, after string) (string, string) {
	old, now := lines(before), lines(after)
	for _, s := range align(old, now) {
		if !s.same {
			hideCounterparts(old[s.i1:s.i2], now[s.j1:s.j2])
			hideCounterparts(now[s.j1:s.j2], old[s.i1:s.i2])
		}
	}
	return strings.Join(old, ""), strings.Join(now, "")
}

// hideCounterparts masks what stood where masked now has a sensitive value: the
// lines of the same key, or all where there is none.
func hideCounterparts(masked, other []string) {
	keys, all := map[string]bool{}, false
	for _, line := range masked {
		if inline.MatchString(line) {
			keys[keyOfLine.FindString(line)] = true
		}
	}
	if len(keys) == 0 {
		return
	}
	found := map[string]bool{}
	for _, line := range other {
		found[keyOfLine.FindString(line)] = true
	}
	for key := range keys {
		all = all || key == "" || !found[key]
	}
	for i, line := range other {
		if !inline.MatchString(line) && (all || keys[keyOfLine.FindString(line)]) {
			other[i] = maskedLine(line)
		}
	}
}

var (
	inline = regexp.MustCompile(`\(value [A-Z]+\)`)
	// keyOfLine is the part of a line that says what it is about.
	keyOfLine = regexp.MustCompile(`^\s*(?:- )?["']?[\w./-]{1,80}["']?\s*[:=]\s*`)
)

func maskedLine(line string) string {
	text, end := strings.CutSuffix(line, "\n")
	text = keyOfLine.FindString(text) + "(masked)"
	if end {
		text += "\n"
	}
	return text
}
