// Package diag is the list of findings that every stage of the relay returns
// instead of stopping at the first: a user's mistake is a Diagnostic, a
// machine's failure stays an error. It never prints by itself and never reads
// a file: format.go lays a list out as text, given somebody else's sources.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity tells a mistake that stops the run from one that does not.
type Severity uint8

const (
	Error Severity = iota
	Warning
)

// String is the word that people and programs read: error, warning.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText writes String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	default:
		return fmt.Errorf("severity %q: error and warning are known", text)
	}
	return nil
}

// Pos is a place in a file. Line and Column count from 1, the column in
// characters; a zero Line means the whole file, a zero Column the whole line.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
}

// Range is a stretch of a file. File is slash-separated and relative to the
// project, so that output is the same in any checkout.
type Range struct {
	File  string `json:"file"`
	Start Pos    `json:"start"`
	End   Pos    `json:"end"`
	// Text is the line at Start where File cannot be opened by its name, as
	// inside a chart archive; empty otherwise.
	Text string `json:"text,omitempty"`
}

// Related is a further line that is part of the story: the first definition,
// the value that was passed, the reference that led here.
type Related struct {
	Range Range  `json:"range,omitzero"`
	Note  string `json:"note"`
}

// Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity  `json:"severity"`
	Summary  string    `json:"summary"`           // one line, no full stop
	Subject  Range     `json:"subject,omitzero"`  // the guilty range; zero where there is none
	Detail   string    `json:"detail,omitempty"`  // what was found, in sentences
	Remedy   string    `json:"remedy,omitempty"`  // what to do, in sentences; "Did you mean …?" goes here
	Related  []Related `json:"related,omitempty"` // all other lines involved
}

// List is what a stage found. The zero value is empty and ready for use.
type List []Diagnostic

// HasErrors tells whether the list holds more than warnings.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted returns the list in source order without repetitions.
func (l List) Sorted() List {
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, compare)
	return slices.CompactFunc(sorted, func(a, b Diagnostic) bool {
		return compare(a, b) == 0 && a.Detail == b.Detail && a.Remedy == b.Remedy
	})
}

func compare(a, b Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.Subject.File, b.Subject.File),
		cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line),
		cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Summary, b.Summary),
	)
}
