package kube

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// schemasText is about 180 KB for all minors, because a type stands there once
// with the minors of its fields: as text it can be read when it changes, and
// one minor of it is parsed in few milliseconds.
//
//go:embed schemas.txt
var schemasText string

// basic is how Kubernetes reads a value.
type basic uint8

const (
	anything basic = iota
	text
	boolean
	int32s
	int64s
	number
	base64s
	timestamp
	microstamp
	quantity
	intOrString
	list
	dictionary
	structure
)

// shape is the type of a value. It does not change once read.
type shape struct {
	basic  basic
	of     *shape            // items of a list, values of a dictionary
	name   string            // of a structure: apps/v1.DeploymentSpec
	fields map[string]*shape // of a structure
	needs  []string          // fields that must be there, sorted
}

// words are the types that schemas.txt writes as one word. Read only.
var words = map[string]*shape{
	"any":           {basic: anything},
	"string":        {basic: text},
	"bool":          {basic: boolean},
	"int32":         {basic: int32s},
	"int64":         {basic: int64s},
	"number":        {basic: number},
	"bytes":         {basic: base64s},
	"time":          {basic: timestamp},
	"microtime":     {basic: microstamp},
	"quantity":      {basic: quantity},
	"int-or-string": {basic: intOrString},
}

// shapes are the types of one minor's objects, by "apps/v1 Deployment".
type shapes map[string]*shape

// lazyShapes reads each minor's types once, when they are first asked for.
func lazyShapes(oldest, newest int) []func() shapes {
	minors := make([]func() shapes, newest-oldest+1)
	for i := range minors {
		minors[i] = sync.OnceValue(func() shapes {
			s, err := parseSchemas(schemasText, oldest+i)
			if err != nil {
				panic("kube: schemas.txt: " + err.Error()) // part of the binary, and tested
			}
			return s
		})
	}
	return minors
}

// parseSchemas reads one minor of schemas.txt, whose head tells how it is
// written.
func parseSchemas(text string, minor int) (shapes, error) {
	kinds := shapes{}
	types := map[string]*shape{}
	var in *shape // the type whose fields are being read; nil where the minor lacks it
	var inPackage string
	for line := range lines(text) {
		if rest, ok := strings.CutPrefix(line, " "); ok {
			if in == nil {
				continue
			}
			if err := in.field(rest, inPackage, minor, types); err != nil {
				return nil, err
			}
			continue
		}
		name, minors, kind, err := header(line)
		if err != nil {
			return nil, err
		}
		if in = nil; !has(minors, minor) {
			continue
		}
		in, inPackage = named(types, name), name[:strings.IndexByte(name, '.')]
		in.fields = map[string]*shape{}
		if kind != "" {
			kinds[kind] = in
		}
	}
	for name, s := range types {
		if s.fields == nil {
			return nil, fmt.Errorf("%s is not described for 1.%d", name, minor)
		}
	}
	return kinds, nil
}

// lines yields what is neither a comment nor the line of the minors.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			var line string
			line, text, _ = strings.Cut(text, "\n")
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "minors ") {
				continue
			}
			if !yield(line) {
				return
			}
		}
	}
}

// header reads "apps/v1.Deployment 14-37 apps/v1 Deployment".
func header(line string) (name string, minors []span, kind string, err error) {
	name, rest, _ := strings.Cut(line, " ")
	spans, kind, _ := strings.Cut(rest, " ")
	if !strings.Contains(name, ".") {
		return "", nil, "", fmt.Errorf("line %q names no type", line)
	}
	minors, err = parseSpans(spans)
	return name, minors, kind, err
}

// field adds "selector! meta/v1.LabelSelector 16-37".
func (s *shape) field(text, inPackage string, minor int, types map[string]*shape) error {
	name, rest, _ := strings.Cut(text, " ")
	of, minors, limited := strings.Cut(rest, " ")
	if limited {
		spans, err := parseSpans(minors)
		if err != nil {
			return err
		}
		if !has(spans, minor) {
			return nil
		}
	}
	name, needed := strings.CutSuffix(name, "!")
	if needed {
		s.needs = append(s.needs, name) // sorted as the file is
	}
	var err error
	s.fields[name], err = parseType(of, inPackage, types)
	return err
}

func parseType(text, inPackage string, types map[string]*shape) (*shape, error) {
	if of, ok := strings.CutPrefix(text, "[]"); ok {
		items, err := parseType(of, inPackage, types)
		return &shape{basic: list, of: items}, err
	}
	if of, ok := strings.CutPrefix(text, "{}"); ok {
		values, err := parseType(of, inPackage, types)
		return &shape{basic: dictionary, of: values}, err
	}
	switch dot := strings.IndexByte(text, '.'); {
	case dot == 0:
		return named(types, inPackage+text), nil
	case dot > 0:
		return named(types, text), nil
	}
	if word := words[text]; word != nil {
		return word, nil
	}
	return nil, fmt.Errorf("type %q is not known", text)
}

func named(types map[string]*shape, name string) *shape {
	s := types[name]
	if s == nil {
		s = &shape{basic: structure, name: name}
		types[name] = s
	}
	return s
}

// elsewhere lists the minors in which a type has a field.
func elsewhere(typeName, fieldName string) []span {
	var found []span
	var minors []span // of the type, once it is found
	for line := range lines(schemasText) {
		rest, isField := strings.CutPrefix(line, " ")
		switch {
		case !isField && minors != nil:
			return sorted(found)
		case !isField && strings.HasPrefix(line, typeName+" "):
			_, minors, _, _ = header(line)
		case isField && minors != nil:
			name, rest, _ := strings.Cut(rest, " ")
			if strings.TrimSuffix(name, "!") != fieldName {
				continue
			}
			if _, spans, limited := strings.Cut(rest, " "); limited {
				of, _ := parseSpans(spans)
				found = append(found, of...)
				continue
			}
			found = append(found, minors...)
		}
	}
	return sorted(found)
}

func sorted(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	return spans
}
