package kube

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/weir-dev/weir/schema/diag"
)

// Validate finds what this minor's API server would not read in an object of
// Kubernetes' own kinds, as its strict decoding and server-side apply do:
// unknown fields, values of another type, missing fields. The object is a tree
// of nil, bool, int64, float64, string, []any and map[string]any.
//
// Of kinds that are not Kubernetes' own, or that this minor does not serve, it
// checks the metadata alone: see CRD.Validate and Gap. Which values make sense
// together is checked in the API server's own code, and not here.
func (t *Table) Validate(object map[string]any) []Invalid {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	shapes := t.data.shapes[t.minor-t.data.oldest]()
	w := walk{minor: t.minor}
	if of := shapes[apiVersion+" "+kind]; of != nil {
		w.structure(object, of)
		return w.sorted()
	}
	w.enter("metadata")
	w.value(object["metadata"], shapes["v1 ConfigMap"].fields["metadata"])
	return slices.DeleteFunc(w.sorted(), func(f Invalid) bool { return f.Wrong == Unknown }) // dropped, more or less loudly
}

// walk goes through one object, in no order: most objects have nothing to sort.
type walk struct {
	minor int
	at    Place
	found []Invalid
	hints map[string]string // by type and field; see hint
}

func (w *walk) report(wrong Wrong, format string, args ...any) {
	w.found = append(w.found, Invalid{Place: slices.Clone(w.at), Wrong: wrong, Reason: fmt.Sprintf(format, args...)})
}

// sorted is what was found, by place.
func (w *walk) sorted() []Invalid {
	slices.SortStableFunc(w.found, func(a, b Invalid) int { return a.Place.compare(b.Place) })
	return w.found
}

func (w *walk) enter(step any) { w.at = append(w.at, step) }
func (w *walk) leave()         { w.at = w.at[:len(w.at)-1] }

// value checks anything but null, which Kubernetes reads as not being there.
func (w *walk) value(v any, of *shape) {
	if v == nil {
		return
	}
	switch of.basic {
	case anything:
		return
	case structure:
		if m, ok := v.(map[string]any); ok {
			w.structure(m, of)
			return
		}
	case dictionary:
		if m, ok := v.(map[string]any); ok {
			for key, v := range m {
				w.enter(key)
				w.value(v, of.of)
				w.leave()
			}
			return
		}
	case list:
		if l, ok := v.([]any); ok {
			for i, item := range l {
				w.enter(i)
				w.value(item, of.of)
				w.leave()
			}
			return
		}
	default:
		w.scalar(v, of.basic)
		return
	}
	w.report(Type, "%s is %s, and must be %s", w.at, typeName(v), of.basic)
}

func (w *walk) structure(m map[string]any, of *shape) {
	for key, v := range m {
		w.enter(key)
		if field := of.fields[key]; field != nil {
			w.value(v, field)
		} else {
			w.report(Unknown, "unknown field %q%s", w.at.String(), w.hint(of, key))
		}
		w.leave()
	}
	for _, key := range of.needs {
		if m[key] == nil && !w.inStatus() {
			w.enter(key)
			w.report(Missing, "%s is missing", w.at)
			w.leave()
		}
	}
}

// inStatus tells whether the walk is in what API servers replace by their own.
func (w *walk) inStatus() bool { return len(w.at) > 0 && w.at[0] == "status" }

// hint says what became of a field, or which one was meant. It is looked for
// once in an object: CRDs repeat a field hundreds of times.
func (w *walk) hint(of *shape, key string) string {
	asked := of.name + " " + key
	hint, known := w.hints[asked]
	if !known {
		if w.hints == nil {
			w.hints = map[string]string{}
		}
		hint = hintFor(of, key, w.minor)
		w.hints[asked] = hint
	}
	return hint
}

func hintFor(of *shape, key string, minor int) string {
	for _, s := range elsewhere(of.name, key) {
		if s.from > minor {
			return ": it comes with Kubernetes " + name(s.from)
		}
		if s.to < minor {
			return ": it was removed in Kubernetes " + name(s.to+1)
		}
	}
	if nearest := diag.Nearest(key, slices.Collect(maps.Keys(of.fields))); nearest != "" {
		return fmt.Sprintf(": did you mean %q?", nearest)
	}
	return ""
}

// scalar checks as the Go types of the API read JSON. A float without a
// fraction counts as an integer: YAML's 1.0 is written to the server as 1.
func (w *walk) scalar(v any, want basic) {
	ok := false
	switch want {
	case text:
		_, ok = v.(string)
	case boolean:
		_, ok = v.(bool)
	case int32s, int64s:
		i, isInteger := integer(v)
		if isInteger && want == int32s && (i < math.MinInt32 || i > math.MaxInt32) {
			w.report(Value, "%s does not fit into 32 bits", w.at)
			return
		}
		ok = isInteger
	case number:
		ok = typeName(v) == "a number" || typeName(v) == "an integer"
	case base64s:
		switch v := v.(type) {
		case string:
			if _, err := base64.StdEncoding.DecodeString(v); err != nil {
				w.report(Value, "%s is not base64", w.at)
			}
			ok = true
		case []any: // numbers, each a byte
			ok = true
		}
	case timestamp:
		var s string
		if s, ok = v.(string); ok {
			if _, err := time.Parse(time.RFC3339, s); err != nil {
				w.report(Value, "%s is not a time as in 2006-01-02T15:04:05Z", w.at)
			}
		}
	case microstamp:
		var s string
		if s, ok = v.(string); ok {
			if _, err := time.Parse("2006-01-02T15:04:05.000000Z07:00", s); err != nil {
				w.report(Value, "%s is not a time as in 2006-01-02T15:04:05.000000Z", w.at)
			}
		}
	case quantity:
		switch v := v.(type) {
		case string:
			if _, err := resource.ParseQuantity(strings.TrimSpace(v)); err != nil {
				w.report(Value, "%s is not a quantity as in 500m or 1Gi", w.at)
			}
			ok = true
		case int64, float64:
			ok = true
		}
	case intOrString:
		i, isInteger := integer(v)
		if isInteger && (i < math.MinInt32 || i > math.MaxInt32) {
			w.report(Value, "%s does not fit into 32 bits", w.at)
			return
		}
		_, isText := v.(string)
		ok = isInteger || isText
	}
	if !ok {
		w.report(Type, "%s is %s, and must be %s", w.at, typeName(v), want)
	}
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<63
	}
	return 0, false
}

func (b basic) String() string {
	switch b {
	case text:
		return "a string"
	case boolean:
		return "a boolean"
	case int32s, int64s:
		return "an integer"
	case number:
		return "a number"
	case base64s:
		return "a string of base64"
	case timestamp, microstamp:
		return "a string with a time"
	case quantity:
		return "a quantity, a number or a string as in 500m or 1Gi"
	case intOrString:
		return "an integer or a string"
	case list:
		return "a list"
	case dictionary, structure:
		return "a map"
	}
	return "anything"
}

// typeName is what a person calls the type of a value.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", v)
}
