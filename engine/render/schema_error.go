package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// invalidSchema says what is wrong with a values.schema.json, with the line of
// the first mistake.
func (c *Chart) invalidSchema(n *node, err error) diag.Diagnostic {
	at := manifest.Source{File: n.prefix + "values.schema.json"}
	detail, remedy := "", "Correct the schema."
	var syntax *json.SyntaxError
	var invalid *jsonschema.ValidationError
	var dangling *jsonschema.JSONPointerNotFoundError
	switch {
	case errors.As(json.Unmarshal(n.chart.Schema, new(any)), &syntax):
		at.Line = 1 + bytes.Count(n.chart.Schema[:min(syntax.Offset, int64(len(n.chart.Schema)))], []byte("\n"))
		detail, remedy = diag.Sentence(syntax.Error()), "Correct the JSON here or in the lines above."
	case schemaMistake(err, &invalid):
		var first []string
		detail, first = mistakes(invalid)
		root, _ := values.ParseYAML(at.File, n.chart.Schema) // JSON is YAML, with lines
		at.Line = origin(root, first, diag.Range{}).Start.Line
	case errors.As(err, &dangling):
		detail = fmt.Sprintf("It refers to %s, which is not there.", strings.TrimPrefix(dangling.URL, schemaURL))
		remedy = "Correct the $ref, or put the definition into the schema."
	default:
		detail = diag.Sentence(strings.TrimPrefix(strings.ReplaceAll(err.Error(), schemaURL, ""), "jsonschema: "))
		remedy = "Schemas have to be whole: a $ref to another file or to the network is never followed."
	}
	return diag.Errorf(c.Place(at), "values.schema.json of chart %q is not usable", n.chart.Name()).Detailf("%s", detail).Remedyf("%s", remedy)
}

// schemaMistake finds what the schema of schemas says of a schema; the library
// wraps it without Unwrap.
func schemaMistake(err error, target **jsonschema.ValidationError) bool {
	var outer *jsonschema.SchemaValidationError
	return errors.As(err, &outer) && errors.As(outer.Err, target)
}

// mistakes is a sentence with the pointers of all that is wrong, and the path of
// the first.
func mistakes(e *jsonschema.ValidationError) (sentence string, first []string) {
	found := map[string][]string{}
	paths := map[string][]string{}
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		pointer := "#"
		for _, key := range e.InstanceLocation {
			pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		}
		found[pointer], paths[pointer] = append(found[pointer], localized(e)), e.InstanceLocation
	}
	walk(e)
	pointers := slices.Sorted(maps.Keys(found))
	var parts []string
	for _, pointer := range pointers {
		slices.Sort(found[pointer])
		parts = append(parts, fmt.Sprintf("at %s: %s", pointer, strings.Join(slices.Compact(found[pointer]), ", or ")))
	}
	return diag.Sentence(strings.Join(parts, "; ")), paths[pointers[0]]
}
