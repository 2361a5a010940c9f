package kube

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed table.txt
var tableText string

// data is the table of all minors. It does not change once read.
type data struct {
	oldest, newest int
	kinds          map[groupKind]*kind
	shapes         []func() shapes // by minor, from the oldest
}

type groupKind struct{ group, kind string }

type kind struct {
	namespaced bool
	served     map[string][]span // by version, ascending
}

// span is a range of minors, both ends included.
type span struct{ from, to int }

func has(spans []span, minor int) bool {
	for _, s := range spans {
		if s.from <= minor && minor <= s.to {
			return true
		}
	}
	return false
}

// read parses the table once, when it is first asked for.
var read = sync.OnceValue(func() *data {
	d, err := parseTable(tableText)
	if err != nil {
		panic("kube: table.txt: " + err.Error()) // part of the binary, and tested
	}
	return d
})

// parseTable reads lines of "group kind scope version:minors …", where minors
// are like 14-21,23 and the core group is "-".
func parseTable(text string) (*data, error) {
	d := &data{kinds: map[groupKind]*kind{}}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
			continue
		case fields[0] == "minors" && len(fields) == 2:
			spans, err := parseSpans(fields[1])
			if err != nil {
				return nil, err
			}
			d.oldest, d.newest = spans[0].from, spans[0].to
			d.shapes = lazyShapes(d.oldest, d.newest)
			continue
		case len(fields) < 4:
			return nil, fmt.Errorf("line %q has too few fields", line)
		}
		group := fields[0]
		if group == "-" {
			group = ""
		}
		k := &kind{namespaced: fields[2] == "namespaced", served: make(map[string][]span, len(fields)-3)}
		for _, field := range fields[3:] {
			version, minors, _ := strings.Cut(field, ":")
			spans, err := parseSpans(minors)
			if err != nil {
				return nil, err
			}
			k.served[version] = spans
		}
		d.kinds[groupKind{group, fields[1]}] = k
	}
	return d, nil
}

func parseSpans(text string) ([]span, error) {
	var spans []span
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		if err != nil {
			return nil, err
		}
		to, err := strconv.Atoi(last)
		if err != nil {
			return nil, err
		}
		spans = append(spans, span{from, to})
	}
	return spans, nil
}
