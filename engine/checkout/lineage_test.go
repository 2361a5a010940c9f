package checkout_test

import (
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/checkout"
)

// TestLineage asks for every pair of commits of a history with a merge, one that
// goes its own way, and a shallow clone of it.
func TestLineage(t *testing.T) {
	at := t.TempDir()
	git(t, at, "init", "-q", "-b", "main")
	commit := func(name, date string) {
		dated(t, at, date, "commit", "-q", "--allow-empty", "-m", name)
		git(t, at, "tag", name)
	}
	commit("first", "1700000000 +0000")
	commit("second", "1600000000 +0000") // of a machine with another clock
	git(t, at, "switch", "-q", "-c", "side", "first")
	commit("side", "1700000300 +0000")
	git(t, at, "switch", "-q", "main")
	dated(t, at, "1700000400 +0000", "merge", "-q", "--no-ff", "-m", "merge", "second", "side")
	git(t, at, "tag", "merge")
	commit("last", "1700000500 +0000")
	git(t, at, "switch", "-q", "-c", "other", "second")
	commit("other", "1700000600 +0000")

	names := []string{"first", "second", "side", "merge", "last", "other"}
	id := func(name string) string { return strings.TrimSpace(git(t, at, "rev-parse", "refs/tags/"+name)) }
	words := map[checkout.Lineage]string{checkout.Unrelated: "/", checkout.Same: "=", checkout.Older: "<", checkout.Newer: ">", checkout.Unknown: "?"}
	table := func(dir string) string {
		c, err := checkout.Of(dir)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, one := range names {
			for _, other := range names {
				lineage, err := c.Lineage(id(one), id(other))
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString(words[lineage])
			}
			b.WriteString(" " + one + "\n")
		}
		return b.String()
	}
	same(t, "lineage", table(at), `=<<<<< first
>=/<<< second
>/=<</ side
>>>=</ merge
>>>>=/ last
>>///= other
`)
	shallow := t.TempDir()
	git(t, at, "clone", "-q", "--depth", "2", "--branch", "last", "--single-branch", "file://"+at, shallow)
	same(t, "lineage in a shallow clone", table(shallow), `=????? first
?=???? second
??=??? side
???=<? merge
???>=? last
?????= other
`)
	lineage, err := checkout.Checkout{}.Lineage(id("first"), id("last"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "without a repository", words[lineage], "?")
}
