package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/weir-dev/weir/schema/diag"
)

// crdWalk goes through one custom resource.
type crdWalk struct {
	walk
	patterns *patterns
}

// patterns are the regular expressions of a CustomResourceDefinition, each
// compiled once however many values it is for. Safe for concurrent use.
type patterns struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp // nil where Go has no such syntax
}

func (p *patterns) compile(pattern string) *regexp.Regexp {
	p.mu.Lock()
	defer p.mu.Unlock()
	re, known := p.compiled[pattern]
	if !known {
		if p.compiled == nil {
			p.compiled = map[string]*regexp.Regexp{}
		}
		re, _ = regexp.Compile(pattern)
		p.compiled[pattern] = re
	}
	return re
}

// check finds where a value does not satisfy a schema.
func (w *crdWalk) check(v any, s node) {
	if v == nil && s["nullable"] == true {
		return
	}
	if want := s.typeOf(); !hasType(v, want) {
		w.report(Type, "%s is %s, and must be %s", w.at, typeName(v), typeWords[want])
		return
	}
	if enum := s.list("enum"); enum != nil && !slices.ContainsFunc(enum, func(e any) bool { return equal(e, v) }) {
		w.report(Value, "%s is none of the values that its schema allows: %s", w.at, values(enum))
	}
	switch v := v.(type) {
	case string:
		w.text(v, s)
	case int64:
		w.number(float64(v), s)
	case float64:
		w.number(v, s)
	case []any:
		w.size(len(v), s, "minItems", "maxItems", "items")
		if items := s.node("items"); items != nil {
			for i, item := range v {
				w.enter(i)
				w.check(item, items)
				w.leave()
			}
		}
	case map[string]any:
		w.fields(v, s)
	}
	w.alternatives(v, s)
}

func (w *crdWalk) text(v string, s node) {
	w.size(utf8.RuneCountInString(v), s, "minLength", "maxLength", "characters")
	if pattern := s.text("pattern"); pattern != "" {
		if re := w.patterns.compile(pattern); re != nil && !re.MatchString(v) {
			w.report(Value, "%s does not match the pattern %s", w.at, pattern)
		}
	}
}

func (w *crdWalk) number(v float64, s node) {
	if least, ok := float(s["minimum"]); ok {
		switch exclusive := s["exclusiveMinimum"] == true; {
		case exclusive && v <= least:
			w.report(Value, "%s must be more than %v", w.at, s["minimum"])
		case v < least:
			w.report(Value, "%s must be at least %v", w.at, s["minimum"])
		}
	}
	if most, ok := float(s["maximum"]); ok {
		switch exclusive := s["exclusiveMaximum"] == true; {
		case exclusive && v >= most:
			w.report(Value, "%s must be less than %v", w.at, s["maximum"])
		case v > most:
			w.report(Value, "%s must be at most %v", w.at, s["maximum"])
		}
	}
}

func (w *crdWalk) size(n int, s node, least, most, of string) {
	if min, ok := float(s[least]); ok && float64(n) < min {
		w.report(Value, "%s must have at least %s", w.at, counted(s[least], of))
	}
	if max, ok := float(s[most]); ok && float64(n) > max {
		w.report(Value, "%s must have at most %s", w.at, counted(s[most], of))
	}
}

func counted(n any, of string) string {
	if n == int64(1) {
		of = strings.TrimSuffix(of, "s")
	}
	return fmt.Sprint(n, " ", of)
}

func (w *crdWalk) fields(v map[string]any, s node) {
	w.size(len(v), s, "minProperties", "maxProperties", "fields")
	for key := range v {
		if field, known := s.property(key); known && field != nil {
			w.enter(key)
			w.check(v[key], field)
			w.leave()
		}
	}
	required := s.list("required")
	if s["x-kubernetes-embedded-resource"] == true {
		required = append([]any{"apiVersion", "kind"}, required...)
	}
	for _, key := range required {
		key, _ := key.(string)
		if _, there := v[key]; !there {
			w.enter(key)
			w.report(Missing, "%s is missing", w.at)
			w.leave()
		}
	}
}

// alternatives checks allOf, anyOf, oneOf and not. Where a part of a schema is
// not evaluated it counts as satisfied, and what rests on it is not judged.
func (w *crdWalk) alternatives(v any, s node) {
	for _, all := range s.list("allOf") {
		w.check(v, asNode(all))
	}
	if any := s.list("anyOf"); any != nil && w.count(v, any) == 0 {
		w.report(Value, "%s", w.noneOf(any, "at least one"))
	}
	if one := s.list("oneOf"); one != nil {
		switch n := w.count(v, one); {
		case n == 0:
			w.report(Value, "%s", w.noneOf(one, "one"))
		case n > 1 && !slices.ContainsFunc(one, func(s any) bool { return !w.isEvaluated(asNode(s)) }):
			w.report(Value, "%s", w.noneOf(one, "only one"))
		}
	}
	if not := s.node("not"); not != nil && w.isEvaluated(not) && w.satisfies(v, not) {
		if names, ok := onlyRequired([]any{map[string]any(not)}); ok {
			w.report(Value, "%smust not have %s", w.subject(), strings.Join(names, ", "))
			return
		}
		w.report(Value, "%sis what its schema forbids", w.subject())
	}
}

func (w *crdWalk) noneOf(alternatives []any, how string) string {
	if names, ok := onlyRequired(alternatives); ok {
		return fmt.Sprintf("%smust have %s of %s", w.subject(), how, strings.Join(names, ", "))
	}
	return fmt.Sprintf("%smust match %s of the alternatives in its schema", w.subject(), how)
}

// subject begins a sentence about where the walk is.
func (w *crdWalk) subject() string {
	if len(w.at) == 0 {
		return "the object "
	}
	return w.at.String() + " "
}

// onlyRequired tells alternatives that are but a choice of fields.
func onlyRequired(alternatives []any) (names []string, ok bool) {
	for _, a := range alternatives {
		a := asNode(a)
		required := a.list("required")
		if len(a) != 1 || len(required) != 1 {
			return nil, false
		}
		name, _ := required[0].(string)
		names = append(names, name)
	}
	return names, len(names) > 0
}

func (w *crdWalk) count(v any, alternatives []any) (n int) {
	for _, a := range alternatives {
		if w.satisfies(v, asNode(a)) {
			n++
		}
	}
	return n
}

func (w *crdWalk) satisfies(v any, s node) bool {
	alone := crdWalk{patterns: w.patterns}
	alone.check(v, s)
	return len(alone.found) == 0
}

// evaluated are the words of a schema that check understands, or that say
// nothing of what is valid. Read only.
var evaluated = map[string]bool{
	"type": true, "nullable": true, "enum": true, "properties": true, "additionalProperties": true, "items": true,
	"required": true, "allOf": true, "anyOf": true, "oneOf": true, "not": true, "pattern": true,
	"minLength": true, "maxLength": true, "minItems": true, "maxItems": true, "minProperties": true, "maxProperties": true,
	"minimum": true, "maximum": true, "exclusiveMinimum": true, "exclusiveMaximum": true,
	"x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": true,
	"default": true, "description": true, "title": true, "example": true, "externalDocs": true,
}

// isEvaluated tells whether check judges all that a schema says.
func (w *crdWalk) isEvaluated(s node) bool {
	for word, v := range s {
		if !evaluated[word] {
			return false
		}
		switch word {
		case "pattern":
			if w.patterns.compile(s.text(word)) == nil {
				return false
			}
		case "properties":
			for _, p := range asNode(v) {
				if !w.isEvaluated(asNode(p)) {
					return false
				}
			}
		case "items", "additionalProperties", "not":
			if !w.isEvaluated(asNode(v)) {
				return false
			}
		case "allOf", "anyOf", "oneOf":
			for _, a := range s.list(word) {
				if !w.isEvaluated(asNode(a)) {
					return false
				}
			}
		}
	}
	return true
}

// typeOf is the type that a schema asks for; empty for any.
func (n node) typeOf() string {
	if n["x-kubernetes-int-or-string"] == true {
		return "int-or-string"
	}
	return n.text("type")
}

// typeWords is what a person calls the types of a schema. Read only.
var typeWords = map[string]string{
	"string": "a string", "boolean": "a boolean", "integer": "an integer", "number": "a number",
	"array": "a list", "object": "a map", "int-or-string": "an integer or a string",
}

func hasType(v any, want string) (ok bool) {
	_, isInteger := integer(v)
	switch want {
	case "string":
		_, ok = v.(string)
	case "boolean":
		_, ok = v.(bool)
	case "integer":
		ok = isInteger
	case "number":
		_, ok = float(v)
	case "array":
		_, ok = v.([]any)
	case "object":
		_, ok = v.(map[string]any)
	case "int-or-string":
		_, isText := v.(string)
		ok = isText || isInteger
	default:
		return true
	}
	return ok
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	}
	return 0, false
}

func equal(a, b any) bool {
	if x, ok := float(a); ok {
		y, ok := float(b)
		return ok && x == y
	}
	return reflect.DeepEqual(a, b)
}

// values lists what an enum allows, as far as a person reads it.
func values(enum []any) string {
	const most = 12
	var texts []string
	for i, v := range enum {
		if i == most {
			texts = append(texts, fmt.Sprintf("and %d more", len(enum)-most))
			break
		}
		text, err := json.Marshal(v)
		if err != nil {
			continue // a number that is none
		}
		texts = append(texts, strings.Trim(string(text), `"`))
	}
	return strings.Join(texts, ", ")
}

func didYouMean(given string, fields map[string]any) string {
	if nearest := diag.Nearest(given, slices.Collect(maps.Keys(fields))); nearest != "" {
		return fmt.Sprintf("did you mean %q? ", nearest)
	}
	return ""
}
