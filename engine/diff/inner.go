package diff

import (
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// inner compares two texts inside: those that have lines, and those that are
// both YAML or JSON with something in it. It is nil for others.
func inner(before, after string, class Class) *Inner {
	i := &Inner{Format: "text"}
	old, isOld := parseText(before)
	now, isNow := parseText(after)
	if isOld && isNow && isMap(old) == isMap(now) {
		i.Format = formatOf(before, after)
		c := &comparison{classes: classifier{fixed: class}}
		c.values(nil, old, now)
		i.Fields = c.found
	} else if !strings.Contains(strings.TrimSuffix(before, "\n"), "\n") && !strings.Contains(strings.TrimSuffix(after, "\n"), "\n") {
		return nil
	}
	if !strings.HasSuffix(before, "\n") && !strings.HasSuffix(after, "\n") { // nothing to tell of the end
		before, after = before+"\n", after+"\n"
	}
	i.Text = Text(Hunks(before, after, contextLines))
	return i
}

// contextLines is how many lines around a change are shown.
const contextLines = 3

func isMap(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// parseText reads a text that is one document of YAML or JSON and holds a map or
// a list. A line of prose with a colon in it is none.
func parseText(s string) (any, bool) {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" || !isJSON(trimmed) && !strings.Contains(trimmed, "\n") {
		return nil, false
	}
	documents, failed := manifest.Read([]byte(s))
	if len(failed) > 0 || len(documents) != 1 || !isTree(documents[0].Tree) {
		return nil, false
	}
	return documents[0].Tree, true
}

func isJSON(trimmed string) bool { return trimmed[0] == '{' || trimmed[0] == '[' }

func formatOf(texts ...string) string {
	for _, s := range texts {
		if !isJSON(strings.TrimSpace(s)) {
			return "yaml"
		}
	}
	return "json"
}
