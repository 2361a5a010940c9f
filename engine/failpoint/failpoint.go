// Package failpoint marks the places where Weir changes something that outlives
// the process: a file, a ref, a remote. Each calls Before first. The ordinary
// binary does nothing there; one built with `-tags failpoints` can be killed at
// any of them, which is how integration/killed_test.go shows that a run may be
// stopped anywhere. integration/failpoints_test.go reads the code and finds
// writes that have none.
//
// It never returns an error, and never decides anything: a place that behaves
// otherwise under test would test something else.
package failpoint
