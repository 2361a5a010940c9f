package values

import (
	"errors"
	"io"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// guilty is the line where a file stops being YAML: the text above it can be
// read, the text up to it cannot. The parser's own number is often that of the
// block around it, many lines above, or missing. Zero where it cannot be told.
func (s *source) guilty() int {
	// A text cut between two top-level keys is whole, so the search goes there
	// first and only then into the lines of one key.
	cuts := []int{0}
	for i, line := range s.lines {
		if i > 0 && line != "" && !strings.ContainsAny(line[:1], " \t\r#-]}\"'") {
			cuts = append(cuts, i)
		}
	}
	cuts = append(cuts, len(s.lines))
	if s.reads(len(s.lines)) {
		return 0
	}
	first := sort.Search(len(cuts)-1, func(i int) bool { return !s.reads(cuts[i+1]) })
	from, to := cuts[first], cuts[first+1]
	if to-from > 500 {
		return from + 1 + sort.Search(to-from-1, func(i int) bool { return !s.reads(from + i + 1) })
	}
	for n := to - 1; n > from; n-- {
		if s.reads(n) {
			return n + 1
		}
	}
	return from + 1
}

// reads tells whether the first n lines are YAML.
func (s *source) reads(n int) bool {
	decoder := yaml.NewDecoder(strings.NewReader(strings.Join(s.lines[:n], "\n") + "\n"))
	for {
		if _, err := decode(decoder); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
