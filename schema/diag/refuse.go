package diag

import (
	"errors"
	"strings"
)

// refusal is an error that a person can repair.
type refusal struct {
	list  List
	cause error
}

func (r *refusal) Error() string {
	lines := make([]string, len(r.list))
	for i, d := range r.list {
		lines[i] = d.Summary
		if d.Subject.File != "" {
			lines[i] = d.Subject.File + ": " + d.Summary
		}
	}
	return strings.Join(lines, "; ")
}

func (r *refusal) Unwrap() error { return r.cause }

// Refuse makes an error of what a person has to know and do, for code that
// returns errors; Refused gives the diagnostics back.
func Refuse(d ...Diagnostic) error { return &refusal{list: d} }

// RefuseFor is Refuse with the error that the diagnostics explain, for errors.Is
// and errors.As. Its text is not shown.
func RefuseFor(cause error, d ...Diagnostic) error { return &refusal{d, cause} }

// Refused returns the diagnostics of an error. It is false for a failure of the
// machine.
func Refused(err error) (List, bool) {
	var r *refusal
	if errors.As(err, &r) {
		return r.list, true
	}
	return nil, false
}
