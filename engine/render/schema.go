package render

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

const schemaURL = "file:///values.schema.json"

// compiledSchema is a chart's values.schema.json.
type compiledSchema struct {
	schema  *jsonschema.Schema // nil where what it refers to is needed and not there
	refused []string           // what it refers to outside of itself
}

// compileSchema never opens a file or a connection: a $ref to elsewhere allows
// everything and is remembered for a warning. Helm would fetch it.
func compileSchema(text []byte) (*compiledSchema, error) {
	if text == nil {
		return nil, nil
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	loader := &refusing{}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(loader)
	if err := compiler.AddResource(schemaURL, parsed); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile(schemaURL)
	if err != nil && len(loader.urls) == 0 {
		return nil, err
	}
	return &compiledSchema{schema: schema, refused: loader.urls}, nil
}

type refusing struct{ urls []string }

func (r *refusing) Load(url string) (any, error) {
	r.urls = append(r.urls, url)
	return true, nil
}

// checkSchemas validates the values of a chart and its sub-charts, each against
// its own schema, as Helm does.
func (j *job) checkSchemas(ch *chart.Chart, vals map[string]any, at []string) {
	n := j.chart.nodes[ch.Lock]
	if n.schema != nil {
		if len(n.schema.refused) > 0 {
			j.note(Note{
				Summary: "values.schema.json refers to " + strings.Join(n.schema.refused, ", ") + ", which is not followed",
				Detail:  "What the schema asks for there is not checked: a render reads nothing outside of the chart.",
				Remedy:  "Put the definitions into the schema itself.",
				Source:  &manifest.Source{File: n.prefix + "values.schema.json"},
			})
		}
		if n.schema.schema != nil {
			var invalid *jsonschema.ValidationError
			if err := n.schema.schema.Validate(vals); errors.As(err, &invalid) {
				j.violations(n, invalid, at)
			} else if err != nil {
				j.fail(diag.Errorf(j.subject(), "the values of chart %q cannot be checked against its schema", n.chart.Name()).Detailf("%s", diag.Sentence(err.Error())))
			}
		}
	}
	for _, sub := range ch.Dependencies() {
		below := append(at[:len(at):len(at)], sub.Name())
		switch v := vals[sub.Name()].(type) {
		case nil:
		case map[string]any:
			j.checkSchemas(sub, v, below)
		default:
			j.fail(j.about(below, fmt.Sprintf("the values of sub-chart %q are %s, not a map", sub.Name(), typeName(v))))
		}
	}
}

// violations reports every value that a schema refuses, once per reason.
func (j *job) violations(n *node, e *jsonschema.ValidationError, at []string) {
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		j.violation(n, e, append(at[:len(at):len(at)], e.InstanceLocation...), "matches none of the forms that the schema allows", reasons(e))
		return
	case *kind.AdditionalProperties:
		for _, property := range k.Properties {
			path := append(append(at[:len(at):len(at)], e.InstanceLocation...), property)
			j.violation(n, e, path, "is not known to the chart's schema", nil)
		}
		return
	case *kind.Required:
		for _, property := range k.Missing {
			path := append(append(at[:len(at):len(at)], e.InstanceLocation...), property)
			j.violation(n, e, path, "is missing", nil)
		}
		return
	}
	if len(e.Causes) == 0 {
		j.violation(n, e, append(at[:len(at):len(at)], e.InstanceLocation...), "is refused by the chart's schema: "+localized(e), nil)
		return
	}
	for _, cause := range e.Causes {
		j.violations(n, cause, at)
	}
}

func (j *job) violation(n *node, e *jsonschema.ValidationError, path []string, what string, why []string) {
	node, _ := j.valueAt(path)
	if node != nil && node.Sensitive {
		if s, ok := node.Value.(string); ok && s != "" {
			what = strings.ReplaceAll(what, s, node.Brief())
		}
		why = nil
	}
	d := j.about(path, fmt.Sprintf("value `%s` %s", dotted(path), what))
	if len(why) > 0 {
		d = d.Detailf("%s", strings.TrimSpace(d.Detail+" "+strings.Join(why, " ")))
	}
	_, pointer, _ := strings.Cut(e.SchemaURL, "#")
	for _, part := range e.ErrorKind.KeywordPath() {
		pointer += "/" + part
	}
	place := j.chart.Place(manifest.Source{File: n.prefix + "values.schema.json"})
	d = d.Also(place, "asked for at %s of the chart's schema", pointer)
	if _, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		d = d.Suggest(path[len(path)-1], n.schemaProperties(e.SchemaURL))
	}
	j.fail(d)
}

// reasons are the leaves of an error that has several, as sentences.
func reasons(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		at := ""
		if len(e.InstanceLocation) > 0 {
			at = "`" + dotted(e.InstanceLocation) + "`: "
		}
		return []string{at + localized(e) + "."}
	}
	var all []string
	for _, cause := range e.Causes {
		all = append(all, reasons(cause)...)
	}
	return all
}

func localized(e *jsonschema.ValidationError) string {
	return e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

// schemaProperties lists the property names that the schema at a URL knows, for
// a suggestion.
func (n *node) schemaProperties(url string) []string {
	_, pointer, _ := strings.Cut(url, "#")
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(n.chart.Schema))
	if err != nil {
		return nil
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		m, ok := parsed.(map[string]any)
		if !ok {
			return nil
		}
		parsed = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	m, _ := parsed.(map[string]any)
	properties, _ := m["properties"].(map[string]any)
	var names []string
	for name := range properties {
		names = append(names, name)
	}
	return names
}

// about starts an error about a value, at the line that set it.
func (j *job) about(path []string, summary string) diag.Diagnostic {
	d := diag.Errorf(origin(j.rel.Values, path, j.subject()), "%s", summary)
	switch node, from := j.valueAt(path); {
	case node == nil:
	case from == fromChart:
		d = d.Also(node.Origin, "the chart's own default")
	case node.Layer != "":
		d = d.Detailf("It is set by %s.", node.Layer)
	}
	return d
}

// where a value comes from.
type source uint8

const (
	fromNowhere source = iota
	fromRelease
	fromChart
)

// valueAt finds a value by its path from the top chart: in the release's values
// or in the values.yaml of a chart on the way.
func (j *job) valueAt(path []string) (*values.Node, source) {
	if n := find(j.rel.Values, path); n != nil {
		return n, fromRelease
	}
	return j.chart.defaultAt(path)
}

// defaultAt finds a value in the charts' own values.yaml files.
func (c *Chart) defaultAt(path []string) (*values.Node, source) {
	for n, rest := c.top, path; n != nil; {
		if found := find(c.defaults(n), rest); found != nil {
			return found, fromChart
		}
		if len(rest) == 0 {
			break
		}
		n, rest = n.child(rest[0]), rest[1:]
	}
	return nil, fromNowhere
}

// child is the sub-chart that goes by a name, alias or not.
func (n *node) child(name string) *node {
	for _, d := range n.chart.Metadata.Dependencies {
		if d.Alias == name {
			name = d.Name
			break
		}
	}
	for _, child := range n.children {
		if child.chart.Name() == name {
			return child
		}
	}
	return nil
}

// defaults is a chart's values.yaml with the lines of its values. It is read
// for messages only.
func (c *Chart) defaults(n *node) *values.Node {
	for _, f := range c.Input.Files {
		if f.Name == n.prefix+"values.yaml" {
			root, _ := values.ParseYAML(c.Place(manifest.Source{File: f.Name}).File, f.Data)
			return root
		}
	}
	return nil
}

// find walks maps and lists by the keys of a path. What lies below a sensitive
// value is sensitive.
func find(root *values.Node, path []string) *values.Node {
	n, sensitive := root, false
	for _, key := range path {
		if n == nil {
			return nil
		}
		sensitive = sensitive || n.Sensitive
		switch v := n.Value.(type) {
		case map[string]*values.Node:
			n = v[key]
		case []*values.Node:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			n = v[i]
		default:
			return nil
		}
	}
	if sensitive && n != nil && !n.Sensitive {
		hidden := *n
		hidden.Sensitive = true
		return &hidden
	}
	return n
}

func origin(root *values.Node, path []string, otherwise diag.Range) diag.Range {
	for i := len(path); i > 0; i-- {
		if n := find(root, path[:i]); n != nil && n.Origin.File != "" {
			return shownAt(n, otherwise)
		}
	}
	return otherwise
}

// shownAt is the place of a value, unless its line would show what is sensitive.
func shownAt(n *values.Node, otherwise diag.Range) diag.Range {
	if n.Sensitive {
		return otherwise
	}
	return n.Origin
}

// dotted writes a path as a person would, see values.Path.
func dotted(path []string) string {
	p := make(values.Path, 0, len(path))
	for _, key := range path {
		if i, err := strconv.Atoi(key); err == nil && len(p) > 0 {
			p = p.Item(i)
		} else {
			p = p.Key(key)
		}
	}
	return p.String()
}

// subject is where a diagnostic about the whole release points.
func (j *job) subject() diag.Range { return subject(j.rel) }

func subject(rel *plan.Release) diag.Range {
	if rel.Chart != nil && rel.Chart.Range.File != "" {
		return rel.Chart.Range
	}
	return rel.Range
}
