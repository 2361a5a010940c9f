//go:build !failpoints

package failpoint

// Before is called right before each single write; what is the kind of it, path
// the file, ref or remote.
func Before(what, path string) {}
