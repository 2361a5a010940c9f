package render

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// parseFailure is a template that text/template cannot read.
type parseFailure struct {
	source manifest.Source
	text   []byte
	msg    string
	hint   string // a name that may be meant
}

func (e *parseFailure) Error() string { return e.msg }

var parseMessage = regexp.MustCompile(`(?s)^template: (.*?):(\d+)(?::\d+)?: (.*)$`)

func (c *Chart) parseError(f *setFile, err error) error {
	if _, ok := asLimit(err); ok {
		return err
	}
	failure := &parseFailure{source: manifest.Source{File: f.file}, msg: err.Error()}
	if m := parseMessage.FindStringSubmatch(err.Error()); m != nil {
		failure.source.Line, _ = strconv.Atoi(m[2])
		failure.msg = m[3]
	}
	for _, file := range c.Input.Files {
		if file.Name == f.file {
			failure.text = file.Data
		}
	}
	failure.reword()
	return failure
}

var (
	undefined = regexp.MustCompile(`^function "(.+)" not defined$`)
	unclosed  = regexp.MustCompile(`^(?:unclosed action|unclosed left paren|unterminated .*) started at .*:(\d+)$`)
)

// reword says what text/template means.
func (e *parseFailure) reword() {
	if m := undefined.FindStringSubmatch(e.msg); m != nil {
		names := append(slices.Collect(maps.Keys(plainFunctions())), "include", "tpl", "required", "fail", "lookup")
		e.msg, e.hint = fmt.Sprintf("there is no function %q", m[1]), diag.DidYouMean(m[1], names)
	}
	if m := unclosed.FindStringSubmatch(e.msg); m != nil {
		e.msg = "what begins here with {{ is not closed"
		e.source.Line, _ = strconv.Atoi(m[1])
	}
	if e.msg == "unexpected EOF" {
		e.msg = "an if, range, with, define or block has no end"
	}
}

// frame is one step of the way to an error in a template.
type frame struct {
	template string // the file's name for Helm, or textName
	line     int
	column   int
	running  string // the template that was running: a file or a definition
	node     string // the failing part of it
}

var frameMessage = regexp.MustCompile(`(?s)^template: (.+?):(\d+):(\d+): executing "(.*?)" at <(.*?)>: (.*)$`)
var calling = regexp.MustCompile(`^error calling (\S+): `)

// frames takes text/template's message apart: its errors say where in no other
// way. The outermost frame comes first; msg is what is left.
func frames(err error) (way []frame, function, msg string) {
	msg = err.Error()
	for {
		msg = strings.TrimPrefix(msg, "in a text given to tpl: ")
		m := frameMessage.FindStringSubmatch(msg)
		if m == nil {
			return way, function, msg
		}
		f := frame{template: m[1], running: m[4], node: strings.NewReplacer(" | "+printFunction, "").Replace(m[5])}
		f.line, _ = strconv.Atoi(m[2])
		f.column, _ = strconv.Atoi(m[3])
		way, msg, function = append(way, f), m[6], ""
		if c := calling.FindStringSubmatch(msg); c != nil {
			function, msg = c[1], msg[len(c[0]):]
		}
	}
}

// executionError is a failed execution as a person wants to read it: the line
// of the template, the way there, the values involved.
func (j *job) executionError(p *prepared, err error) diag.Diagnostic {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return diag.Errorf(j.subject(), "rendering was interrupted")
	}
	way, function, msg := frames(err)
	set := p.shape.set
	var text string
	var inText *tplError
	if errors.As(err, &inText) {
		for e := inText; errors.As(e.err, &inText); {
			e = inText
		}
		text = inText.text
	}
	at := -1
	for i, f := range way {
		if set.byTag[f.template] != nil {
			at = i
		}
	}
	if limit, ok := asLimit(err); ok {
		d := diag.Errorf(j.subject(), "chart %q takes too much: %s", j.chart.top.chart.Name(), string(limit))
		if at >= 0 {
			d = d.Also(j.line(set, way[at]), "where it was stopped")
		}
		return d.Remedyf("Charts are run within limits: look for an endless loop or recursion in the chart, or in the values that it loops over.")
	}
	if at < 0 { // nothing says where
		return diag.Errorf(j.subject(), "the templates of chart %q fail", j.chart.top.chart.Name()).Detailf("%s", diag.Sentence(plainWords(msg)))
	}
	d := diag.Errorf(j.line(set, way[at]), "%s", summary(err, way[len(way)-1], function, msg))
	var said *failure
	if errors.As(err, &said) {
		d = d.Detailf("%s", said.whole())
	}
	if text != "" {
		last := way[len(way)-1]
		if last.template == textName {
			d = more(d, "It happens in line %d of a text that the template gives to tpl: %s", last.line, quoteLine(lineOf([]byte(text), last.line)))
		} else {
			d = more(d, "It happens in a text that the template gives to tpl: %s", quoteLine(lineOf([]byte(text), 1)))
		}
	}
	for _, f := range slices.Backward(way[:at]) {
		if set.byTag[f.template] != nil {
			d = d.Also(j.line(set, f), "called from here")
		}
	}
	d = j.involved(d, set, way, text)
	d = d.Also(j.subject(), "the chart is used here")
	if said != nil {
		return d.Remedyf("The chart's author asks for this: set the values as the message says.")
	}
	var unknown unknownTemplate
	switch {
	case errors.As(err, &unknown):
		return d.Suggest(string(unknown), definitions(set)).Remedyf("Define it in the chart, or depend on the library that does.")
	case strings.Contains(d.Detail, notSet):
		return d.Remedyf("Set it in the release's values, or let the template do without it.")
	}
	return d.Remedyf("Correct the template, or the values that it reads here.")
}

// definitions are the names that include can find.
func definitions(set *set) []string {
	var names []string
	for _, t := range set.proto.Templates() {
		names = append(names, t.Name())
	}
	return names
}

func quoteLine(line string) string {
	line = strings.TrimSpace(line)
	if r := []rune(line); len(r) > 100 {
		line = string(r[:100]) + "…"
	}
	return "`" + line + "`"
}

// line is the place of a frame.
func (j *job) line(set *set, f frame) diag.Range {
	source := set.sourceOf(f.template, f.line)
	r := j.place(source)
	r.Start.Column, r.End.Column = f.column+1, f.column+1
	line := j.chart.textLine(source.File, f.line)
	if at := strings.Index(line, f.node); f.node != "" && at >= 0 && strings.Count(line, f.node) == 1 {
		// text/template points behind the first name of `.Values.a.b`.
		r.Start.Column = utf8.RuneCountInString(line[:at]) + 1
		r.End.Column = r.Start.Column + utf8.RuneCountInString(f.node)
	}
	return r
}

// summary is the innermost message without Go's words.
func summary(err error, last frame, function, msg string) string {
	var said *failure
	if errors.As(err, &said) {
		return said.summary()
	}
	var unknown unknownTemplate
	if errors.As(err, &unknown) {
		return fmt.Sprintf("template %q is included, but not defined in the chart", string(unknown))
	}
	msg = plainWords(msg)
	switch {
	case function != "" && !strings.HasPrefix(function, "weir_"):
		return oneLine(fmt.Sprintf("`%s` fails: %s", function, msg))
	case last.node != "":
		return oneLine(fmt.Sprintf("`%s` fails: %s", last.node, msg))
	}
	return oneLine(msg)
}

// summary is what the chart's author says, word for word where it is one line.
func (e *failure) summary() string {
	if msg := strings.TrimSpace(e.msg); msg != "" && !strings.Contains(msg, "\n") {
		return "the chart says: " + msg
	}
	return "the chart refuses what it is given"
}

// whole is what does not fit into the summary, its lines as they are.
func (e *failure) whole() string {
	msg := strings.Trim(strings.ReplaceAll(e.msg, "\r\n", "\n"), "\n")
	if !strings.Contains(strings.TrimSpace(msg), "\n") {
		return ""
	}
	return "The chart says:\n\n    " + strings.ReplaceAll(msg, "\n", "\n    ") + "\n"
}

// more adds a sentence to the detail.
func more(d diag.Diagnostic, format string, args ...any) diag.Diagnostic {
	switch {
	case strings.HasSuffix(d.Detail, "\n"):
		d.Detail += "\n"
	case d.Detail != "":
		d.Detail += " "
	}
	d.Detail += fmt.Sprintf(format, args...)
	return d
}

func oneLine(s string) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
}

var goWords = []struct {
	pattern *regexp.Regexp
	words   string
}{
	{regexp.MustCompile(`nil pointer evaluating interface \{\}\.(\S+)`), "`$1` is asked of something that is not set"},
	{regexp.MustCompile(`nil data; no entry for key "(.*?)"`), "`$1` is asked of something that is not set"},
	{regexp.MustCompile(`can't evaluate field (\S+) in type (.+)`), "`$1` is asked of $2"},
	{regexp.MustCompile(`wrong type for value; expected (.+?); got (.+)`), "$1 is wanted, not $2"},
	{regexp.MustCompile(`invalid value; expected (.+)`), "$1 is wanted, but nothing is there"},
	{regexp.MustCompile(`range can't iterate over (.*)`), "a list or a map is wanted to range over, not `$1`"},
	{regexp.MustCompile(`wrong number of args for (\S+): want (.+?) got (\d+)`), "$1 wants $2 arguments, not $3"},
	{regexp.MustCompile(`incompatible types for comparison`), "values of different types are compared"},
	{regexp.MustCompile(`index of untyped nil`), "an element of something that is not set is asked for"},
	{regexp.MustCompile(`runtime error: integer divide by zero`), "division by zero"},
	{regexp.MustCompile(`runtime error: `), ""},
	{regexp.MustCompile(`map\[string\]interface \{\}|chartutil\.Values|map\[string\]any`), "a map"},
	{regexp.MustCompile(`\[\]interface \{\}|\[\]string|\[\]any`), "a list"},
	{regexp.MustCompile(`(in type |wanted, not |expected |got |asked of |^)(string)\b`), "${1}a string"},
	{regexp.MustCompile(`(in type |wanted, not |expected |got |asked of |^)(int|int64|float64)\b`), "${1}a number"},
	{regexp.MustCompile(`(in type |wanted, not |expected |got |asked of |^)(bool)\b`), "${1}a boolean"},
	{regexp.MustCompile(`interface \{\}`), "a value without fields"},
}

// plainWords takes Go out of a message.
func plainWords(msg string) string {
	for _, w := range goWords {
		msg = w.pattern.ReplaceAllString(msg, w.words)
	}
	return msg
}

var valuePath = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// involved adds where the values come from that the failing part reads.
func (j *job) involved(d diag.Diagnostic, set *set, way []frame, text string) diag.Diagnostic {
	last := way[len(way)-1]
	reads := last.node
	if !strings.Contains(reads, ".Values") {
		line := text
		if f := set.byTag[last.template]; f != nil {
			line = j.chart.textLine(f.file, last.line)
		} else if last.template == textName {
			line = lineOf([]byte(text), last.line)
		}
		reads = line
	}
	scope := scopeOf(set, way[0].template)
	seen := map[string]bool{}
	for _, m := range valuePath.FindAllStringSubmatch(reads, -1) {
		path := slices.Concat(scope, strings.Split(m[1][1:], "."))
		name := dotted(path)
		if seen[name] {
			continue
		}
		seen[name] = true
		d = j.valueInvolved(d, path)
	}
	return d
}

const notSet = "is not set, neither by the release nor by the chart."

func (j *job) valueInvolved(d diag.Diagnostic, path []string) diag.Diagnostic {
	name := dotted(path)
	node, from := j.valueAt(path)
	for i := len(path) - 1; node == nil && i > 0; i-- { // the nearest that is set says why
		above, whose := j.valueAt(path[:i])
		if above == nil {
			continue
		}
		if _, isMap := above.Value.(map[string]*values.Node); isMap {
			break
		}
		node, from, name = above, whose, dotted(path[:i])
	}
	switch {
	case node == nil:
		return more(d, "`%s` %s", name, notSet)
	case from == fromChart:
		return d.Also(shownAt(node, j.subject()), "`%s` is %s, the chart's own default", name, node.Brief())
	}
	return d.Also(shownAt(node, j.subject()), "`%s` is %s", name, node.Brief())
}

// scopeOf is the path in the values of the chart that a template belongs to.
func scopeOf(set *set, template string) []string {
	f := set.byTag[template]
	if f == nil {
		return nil
	}
	parts := strings.Split(f.scope, "/charts/")
	return parts[1:]
}

// textLine is a line of one of the chart's files.
func (c *Chart) textLine(file string, line int) string {
	for _, f := range c.Input.Files {
		if f.Name == file {
			return lineOf(f.Data, line)
		}
	}
	return ""
}

// findKey is the path of a key that holds no map though a sub-chart's values
// belong there.
func findKey(rel *plan.Release, name string) []string {
	var search func(n *values.Node, at []string) []string
	search = func(n *values.Node, at []string) []string {
		m := n.Map()
		if child, ok := m[name]; ok && child.Map() == nil {
			return append(at[:len(at):len(at)], name)
		}
		for key, child := range m {
			if found := search(child, append(at[:len(at):len(at)], key)); found != nil {
				return found
			}
		}
		return nil
	}
	return search(rel.Values, nil)
}
