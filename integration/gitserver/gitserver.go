// Package gitserver runs real Git servers for tests: git-http-backend behind
// net/http (http.go), OpenSSH's sshd (ssh.go), and the network in front of either
// with the faults of a network (line.go). They serve the repositories below a
// directory, which a test makes and looks at with git itself.
//
// It never imitates a server: what it adds is who may come in and what goes
// wrong. A program that is missing skips the test, or fails it where
// WEIR_NO_SKIP is set.
package gitserver

import (
	"os"
	"testing"
)

// missing ends a test that a program of this machine is missing for.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("WEIR_NO_SKIP") != "" {
		t.Fatal("missing: " + what)
	}
	t.Skip("SKIPPED, missing: " + what)
}
