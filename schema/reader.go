package schema

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// reader takes plain values out of evaluated attributes. It converts nothing:
// `version = 1.20` is not the text "1.20", so it says what to quote.
type reader struct{ list *diag.List }

func (r reader) wrong(x *expression, n *values.Node, takes, remedy string) {
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("%q takes %s", x.name, takes), Subject: n.Origin,
		Detail: fmt.Sprintf("Found %s.", nodeType(n)), Remedy: remedy,
	}
	if n.Sensitive { // its line would be shown
		d.Subject = x.at()
	} else if n.Origin.File != x.file || n.Origin.Start.Line < x.whole.Start.Line || n.Origin.Start.Line > x.whole.End.Line {
		d.Related = []diag.Related{{Range: x.at(), Note: "used here"}}
	}
	*r.list = append(*r.list, d)
}

func nodeType(n *values.Node) string {
	switch n.Value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a bool"
	case int64, float64:
		return "a number"
	case []*values.Node:
		return "a list"
	default:
		return "an object"
	}
}

// quote is the remedy for a value that lacks quotes.
func quote(n *values.Node) string {
	switch n.Value.(type) {
	case int64, float64, bool:
		return "Put it in quotes, or use tostring(…)."
	default:
		return "Write a string in quotes."
	}
}

func (r reader) string(x *expression, n *values.Node) (string, bool) {
	s, ok := n.Value.(string)
	if !ok {
		r.wrong(x, n, "a string", quote(n))
		return "", false
	}
	return s, r.public(x, n)
}

// public refuses sensitive values where everything is shown and committed.
func (r reader) public(x *expression, n *values.Node) bool {
	if !n.Sensitive {
		return true
	}
	r.fail(x.at(), fmt.Sprintf("%q cannot be sensitive", x.name), "What stands here is shown, and committed to the state repository.",
		"Use a variable that is not sensitive.")
	return false
}

func (r reader) bool(x *expression, n *values.Node) (bool, bool) {
	if b, ok := n.Value.(bool); ok {
		return b, true
	}
	r.wrong(x, n, "true or false", "Write true or false, without quotes, or an expression like `env.name == \"dev\"`.")
	return false, false
}

// placed is a string with its place.
type placed struct {
	text string
	at   diag.Range
}

func (r reader) strings(x *expression, n *values.Node) ([]placed, bool) {
	all, ok := n.Value.([]*values.Node)
	if !ok {
		remedy := "Write a list, as in [\"a\", \"b\"]."
		if s, is := n.Value.(string); is && !n.Sensitive {
			remedy = fmt.Sprintf("Write a list: [%q].", s)
		}
		r.wrong(x, n, "a list of strings", remedy)
		return nil, false
	}
	out := make([]placed, 0, len(all))
	for _, e := range all {
		s, is := e.Value.(string)
		if !is {
			r.wrong(x, e, "a list of strings", quote(e))
			ok = false
			continue
		}
		if !r.public(x, e) {
			return nil, false
		}
		out = append(out, placed{s, e.Origin})
	}
	return out, ok
}

func (r reader) object(x *expression, n *values.Node) (map[string]*values.Node, bool) {
	if m, ok := n.Value.(map[string]*values.Node); ok {
		return m, true
	}
	r.wrong(x, n, "an object", "Write an object, as in { key = \"value\" }.")
	return nil, false
}

func (r reader) stringMap(x *expression, n *values.Node) (map[string]string, bool) {
	m, ok := r.object(x, n)
	if !ok {
		return nil, false
	}
	out := make(map[string]string, len(m))
	for _, k := range slices.Sorted(slices.Values(keys(m))) {
		s, is := m[k].Value.(string)
		if !is {
			r.wrong(x, m[k], "an object of strings", fmt.Sprintf("The value of %q: %s", k, lower(quote(m[k]))))
			ok = false
			continue
		}
		if !r.public(x, m[k]) {
			return nil, false
		}
		out[k] = s
	}
	return out, ok
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func (r reader) counts(x *expression, n *values.Node) (map[string]Count, bool) {
	m, ok := r.object(x, n)
	if !ok {
		return nil, false
	}
	out := make(map[string]Count, len(m))
	for _, k := range slices.Sorted(slices.Values(keys(m))) {
		i, is := m[k].Value.(int64)
		if !is || i < 0 {
			r.wrong(x, m[k], "whole numbers", fmt.Sprintf("Write the number of replicas of %q without quotes, 0 or more.", k))
			ok = false
			continue
		}
		out[k] = Count{i, m[k].Origin}
	}
	return out, ok
}

func (r reader) duration(x *expression, n *values.Node) (time.Duration, bool) {
	s, ok := r.string(x, n)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		r.fail(n.Origin, fmt.Sprintf("%q is not a duration", s), "", "Write a number with a unit: \"90s\", \"5m\", \"1h30m\".")
		return 0, false
	}
	return d, true
}

func (r reader) date(at placed) (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, at.text)
	if err != nil {
		r.fail(at.at, fmt.Sprintf("%q is not a date", at.text), "", "Write year, month and day: \"2026-12-31\".")
	}
	return day, err == nil
}

func (r reader) oneOf(x *expression, s string, at diag.Range) bool {
	if x.attr == nil || x.attr.OneOf == nil || slices.Contains(x.attr.OneOf, s) {
		return true
	}
	remedy := fmt.Sprintf("Write %s.", strings.ReplaceAll(enumerate(x.attr.OneOf), " and ", " or "))
	if n := diag.Nearest(s, x.attr.OneOf); n != "" {
		remedy = sentences(fmt.Sprintf("Did you mean %q?", n), remedy)
	}
	r.fail(at, fmt.Sprintf("%q cannot be %q", x.name, s), "", remedy)
	return false
}

func (r reader) fail(at diag.Range, summary, detail, remedy string) {
	r.add(diag.Diagnostic{Summary: summary, Subject: at, Detail: detail, Remedy: remedy})
}

func (r reader) add(d diag.Diagnostic) { *r.list = append(*r.list, d) }
