package engine

import "fmt"

// PanicError is a bug of Weir or of a library, caught where it happened.
type PanicError struct {
	Where string // the release that was worked on
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("weir has a bug: working on %s ended with: %v", e.Where, e.Value)
}
