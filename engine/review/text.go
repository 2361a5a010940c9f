package review

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// printable writes whatever a reader would not see, or see in another place, as
// an escape: control characters, bidirectional marks, characters without width.
// It leaves one line of one.
func printable(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isHidden(c):
			quoted := strconv.QuoteRuneToASCII(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(c)
		}
		i += size
	}
	return b.String()
}

func isHidden(c rune) bool {
	return c == utf8.RuneError || !unicode.IsPrint(c) || c > unicode.MaxLatin1 && unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// lines are the lines of a text, or of hunks of one, each printable, tabs drawn as
// spaces. A carriage return at their ends is shown where not all have one.
func lines(text string) []string {
	split := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	end := "\r"
	if slices.ContainsFunc(split, func(line string) bool { return !strings.HasSuffix(line, end) && !strings.HasPrefix(line, "@@") }) {
		end = ""
	}
	for i, line := range split {
		split[i] = printable(strings.ReplaceAll(strings.TrimSuffix(line, end), "\t", "    "))
	}
	return split
}

// cut shortens a line to about limit characters and says by how many.
func cut(line string, limit int) string {
	n := utf8.RuneCountInString(line)
	if limit <= 0 || n <= limit+cutNote {
		return line
	}
	return string([]rune(line)[:limit]) + fmt.Sprintf("… (+%s characters)", number(n-limit))
}

// cutNote is about what the note of a cut takes: nothing shorter is cut off.
const cutNote = 24

// cutPair shortens two lines to about limit characters each, around the first
// character in which they differ.
func cutPair(before, after string, limit int) (string, string) {
	if limit <= 0 || max(utf8.RuneCountInString(before), utf8.RuneCountInString(after)) <= limit+cutNote {
		return before, after
	}
	b, a := []rune(before), []rune(after)
	same := 0
	for same < len(b) && same < len(a) && b[same] == a[same] {
		same++
	}
	from := 0
	if context := limit / 4; same > limit*3/4 {
		from = max(0, min(same-context, max(len(b), len(a))-limit)) // all that there is room for
	}
	window := func(text []rune) string {
		if from == 0 {
			return cut(string(text), limit)
		}
		return "…" + cut(string(text[min(from, len(text)):]), limit)
	}
	return window(b), window(a)
}

// number writes thousands with commas.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count is a number and its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// isBlock tells whether a value takes more than one line.
func isBlock(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	case string:
		return strings.Contains(strings.TrimSuffix(v, "\n"), "\n")
	}
	return false
}

// value writes a value on one line, as canonical YAML has it.
func value(v any) string {
	switch v := v.(type) {
	case diff.Masked:
		return printable(string(v))
	case described:
		return printable(string(v))
	case map[string]any, []any:
		return flow(v)
	}
	return printable(strings.TrimSuffix(string(manifest.AppendEncode(nil, plain(v))), "\n"))
}

// flow writes a collection on one line.
func flow(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = flow(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var b strings.Builder
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(value(key) + ": " + flow(v[key]))
		}
		return "{" + b.String() + "}"
	}
	return value(v)
}

// block writes a value as lines of YAML.
func block(v any) []string {
	if text, ok := v.(string); ok {
		return lines(text)
	}
	return lines(string(manifest.AppendEncode(nil, plain(v))))
}

// plain is a value as the encoder knows them: masked ones as their text, what is
// no JSON as Go prints it.
func plain(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int, int64, uint64, float64:
		return v
	case diff.Masked:
		return string(v)
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = plain(item)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, item := range v {
			l[i] = plain(item)
		}
		return l
	}
	return fmt.Sprint(v)
}

// named is an object's name for people: the group only where the kind is none of
// Kubernetes' own.
func named(id manifest.ID) string {
	kind, name := kindOf(id), id.Name
	if id.Namespace != "" {
		name = id.Namespace + "/" + name
	}
	return printable(kind + " " + name)
}

func kindOf(id manifest.ID) string {
	switch {
	case !strings.Contains(id.Group, "."), strings.HasSuffix(id.Group, ".k8s.io"):
		return printable(id.Kind)
	}
	return printable(id.Kind + "." + id.Group)
}
